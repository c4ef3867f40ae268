// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Type is the type of a field's values.
type Type uint8

const (
	// TypeState is a state of a connection.
	TypeState Type = iota
	// TypeEnum is one of a few words; see Field.Words.
	TypeEnum
	// TypeBool is yes or no.
	TypeBool
	// TypeAddress is an IP address. A key may cut it to a prefix (remote/24).
	TypeAddress
	// TypeEndpoint is an IP address with a port.
	TypeEndpoint
	// TypePort is a port.
	TypePort
	// TypeCount is how many there are of something.
	TypeCount
	// TypeBytes is a size in bytes.
	TypeBytes
	// TypeRate is in bytes per second.
	TypeRate
	// TypeDuration is in nanoseconds.
	TypeDuration
	// TypeID is a number that names something: a uid, an inode, a pid.
	TypeID
	// TypeMask is a number of which single bits may be compared.
	TypeMask
	// TypeString is text.
	TypeString
	// TypeTime is a time, in nanoseconds since 1970.
	TypeTime
)

// String returns the type in one word.
func (t Type) String() string {
	return [...]string{
		"state", "enum", "bool", "address", "endpoint", "port", "count",
		"bytes", "rate", "duration", "id", "mask", "string", "time",
	}[t]
}

// Numeric reports whether values of the type are numbers that can be ordered.
func (t Type) Numeric() bool {
	switch t {
	case TypePort, TypeCount, TypeBytes, TypeRate, TypeDuration, TypeID, TypeMask:
		return true
	default:
		return false
	}
}

// Summable reports whether adding up values of the type makes sense.
func (t Type) Summable() bool { return t == TypeCount || t == TypeBytes || t == TypeRate }

// Unit returns what the type is measured in, as JSON keeps it, or "".
func (t Type) Unit() string {
	switch t {
	case TypeBytes:
		return "bytes"
	case TypeRate:
		return "bytes per second"
	case TypeDuration:
		return "nanoseconds"
	default:
		return ""
	}
}

// Source is a set of engines that can supply a field.
type Source uint8

const (
	// FromSockDiag is a NETLINK_SOCK_DIAG dump.
	FromSockDiag Source = 1 << iota
	// FromProc is /proc/net/tcp and tcp6.
	FromProc
	// FromListing is pasted text of netstat or ss.
	FromListing
	// FromSnapshot is a saved machine.
	FromSnapshot
	// FromHashwalk is the eBPF walk of the kernel's hash table.
	FromHashwalk
	// FromTrace is a trace of transitions, as they happen.
	FromTrace
)

// String lists the engines, separated by commas.
func (s Source) String() string {
	var names []string
	for i, name := range [...]string{"sockdiag", "procfs", "listing", "snapshot", "hashwalk", "trace"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Cost says how expensive a field is to read.
type Cost uint8

const (
	// CostFree fields come with every row.
	CostFree Cost = iota
	// CostAttribute fields are small attributes beside the row.
	CostAttribute
	// CostInfo fields come with struct tcp_info: three times the bytes of a
	// row, and the socket is locked while the kernel fills it.
	CostInfo
	// CostListeners fields need the listeners read before the rows.
	CostListeners
	// CostLookup fields need a file read for each distinct value.
	CostLookup
	// CostScan fields need a pass over /proc/PID/fd of every process.
	CostScan
)

// String returns the cost in a few words.
func (c Cost) String() string {
	return [...]string{"free", "attribute", "tcp_info", "listeners", "look-up", "process scan"}[c]
}

// Doc is a text in English and Chinese.
type Doc struct{ En, Zh string }

// Field is one entry of the field table: everything that the program knows about one
// field.
type Field struct {
	ID      FieldID
	Name    string   // as in filters, keys and columns
	Aliases []string // other spellings, ss's among them
	Type    Type
	Words   []string // the words of a TypeEnum by their number; "" is no word
	Doc     Doc
	Sources Source
	Cost    Cost
	// States are the states in which a socket can have the field; in others its value
	// is absent.
	States tcp.StateSet
	// From are the fields from which this one is derived; empty for a field that is
	// read.
	From FieldSet

	get func(*Socket) (Value, bool)
}

// Value returns the field of s. ok is false if it is unknown. The absent value says
// that s has no such value. A field that follows from the state is known without
// reading anything else.
func (f *Field) Value(s *Socket) (v Value, ok bool) {
	v, ok = f.get(s)
	if ok || !s.Known.Has(FieldState) {
		return v, ok
	}
	switch {
	case f.ID == FieldOrphan && !orphanable.Has(s.State), f.ID == FieldUnaccepted && !acceptable.Has(s.State):
		return Truth(false), true
	case !f.States.Has(s.State):
		return Value{}, true
	default:
		return v, false
	}
}

// JSON returns the field's key in JSON.
func (f *Field) JSON() string { return strings.ReplaceAll(f.Name, "-", "_") }

// Word returns the word of an enum's number, or "".
func (f *Field) Word(n uint64) string {
	if n >= uint64(len(f.Words)) {
		return ""
	}
	return f.Words[n]
}

// Number returns the number of an enum's word. Case does not matter.
func (f *Field) Number(word string) (n uint64, ok bool) {
	for i, w := range f.Words {
		if w != "" && strings.EqualFold(w, word) {
			return uint64(i), true
		}
	}
	return 0, false
}

// Prefixable reports whether a key may cut the field to a prefix.
func (f *Field) Prefixable() bool { return f.Type == TypeAddress }

// table is the field table. It is built on first use and never changed: commands that
// show no sockets start without it (19 page faults of 428 in version).
var table = sync.OnceValue(func() *[fieldCount]Field {
	return join(identityFields(), queueFields(), timerFields(), ownerFields(), infoFields(), memoryFields(), traceFields())
})

// join numbers the sections. A field in the wrong place is a bug that the tests of
// this package find.
func join(sections ...[]Field) *[fieldCount]Field {
	var all [fieldCount]Field
	n := 0
	for _, section := range sections {
		n += copy(all[n:], section)
	}
	return &all
}

// Field returns the entry of the field.
func (id FieldID) Field() *Field { return &table()[id] }

// Fields yields the table in order. The entries must not be changed.
func Fields() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		all := table()
		for i := range all {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

// Lookup returns the field of that name or alias. Case and the difference
// between '-' and '_' do not matter.
func Lookup(name string) (f *Field, ok bool) {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	all := table()
	for i := range all {
		if all[i].Name == name {
			return &all[i], true
		}
	}
	for i := range all {
		if slices.Contains(all[i].Aliases, name) {
			return &all[i], true
		}
	}
	return nil, false
}
