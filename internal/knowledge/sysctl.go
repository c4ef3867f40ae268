// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"iter"
	"slices"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Sysctl is everything worth knowing about one kernel parameter before it is
// changed, or found in a file. Entries of parameters that are gone have a key,
// a status, a summary, a history and verdicts, nothing else.
type Sysctl struct {
	Key     string // as sysctl(8) writes it: net.ipv4.tcp_fin_timeout
	Status  SysctlStatus
	Since   string // the Linux version of Status; "" when Live, or when it is not known
	Renamed string // the key that took its place, or ""
	Summary Text   // one line, no full stop: what it sets

	Unit    Text // seconds, packets, 0 or 1
	Default SysctlDefault
	History []Statement // what changed with which kernel

	// Kernel is what the kernel accepts, which is often more than makes sense.
	// Safe is what tcpvitals offers, inside Kernel.
	Kernel, Safe SysctlRange
	Direction    SysctlDirection // in which direction a change is safe
	Scope        SysctlScope
	Effect       SysctlEffect
	States       tcp.StateSet // the states whose sockets it acts on

	Risk   Text // what a change can break; of a removed parameter, what it did, to follow "removed in Linux ..;"
	Need   Text // the evidence that must precede a change
	Helped Text // how to see that the change helped

	Verdicts []SysctlVerdict // values to say something about when a file sets them
	Source   string          // where Unit, Default, Kernel and Effect are known from
	See      []string        // rules (TW03), states, counters, "myth 7", other keys
}

// SysctlStatus tells whether a parameter still does something.
type SysctlStatus uint8

const (
	// SysctlLive is a parameter that does what it says.
	SysctlLive SysctlStatus = iota
	// SysctlRemoved is one that current kernels do not have.
	SysctlRemoved
	// SysctlNoEffect is one that is there, is accepted, and is never read.
	SysctlNoEffect
	// SysctlReadOnly is one that only tells something.
	SysctlReadOnly
)

// SysctlDirection is the direction in which a parameter may be moved without
// giving up a protection.
type SysctlDirection uint8

const (
	// MoveNever is for parameters whose default is right everywhere.
	MoveNever SysctlDirection = iota
	// OnlyRaise is for limits: lowering them loses connections.
	OnlyRaise
	// OnlyLower is for times and retries that are long already.
	OnlyLower
	// MoveEither is for what depends on the host.
	MoveEither
)

// SysctlScope tells which network namespaces a parameter belongs to.
type SysctlScope uint8

const (
	// PerNetns parameters exist in each network namespace, which starts from
	// the kernel's default and not from the host's value.
	PerNetns SysctlScope = iota
	// CopiedToNetns parameters exist in each network namespace, which starts
	// with what the initial one has at that moment.
	CopiedToNetns
	// InitNetnsOnly parameters are absent in other namespaces.
	InitNetnsOnly
	// ReadOnlyElsewhere parameters can be read in all namespaces and set in the
	// initial one only.
	ReadOnlyElsewhere
	// WholeHost parameters have nothing to do with network namespaces.
	WholeHost
)

// SysctlEffect tells when a new value takes effect.
type SysctlEffect uint8

const (
	// AtOnce is with the next packet or allocation.
	AtOnce SysctlEffect = iota
	// AtSyn is with the next SYN that arrives.
	AtSyn
	// AtConnect is with the next connect() alone.
	AtConnect
	// AtPort is with the next port that is asked for: connect() or bind().
	AtPort
	// AtListen is with the next listen(): restart the application.
	AtListen
	// AtSocket is for sockets and connections made later.
	AtSocket
	// AtInherit is when a socket is made; an accepted connection takes what its
	// listener has.
	AtInherit
	// AtBuffers is for the three numbers of tcp_rmem and tcp_wmem: the second as
	// AtInherit, the others at once.
	AtBuffers
	// AtHandshake is with the next handshake, of sockets and listeners that are
	// there already too.
	AtHandshake
	// AtEntry is with the next packet of a conntrack entry.
	AtEntry
	// AtNamespace is for network namespaces made later.
	AtNamespace
	// AtTimer is for existing sockets too, when their timer next expires.
	AtTimer
	// AtClose is with the next close.
	AtClose
	// AtListenerClose is with the next close of a listener.
	AtListenerClose
	// AtDevice is for network devices that come up later.
	AtDevice
	// AtProbing is for tcp_mtu_probing: 1 with the next timeout of any connection,
	// 2 with the next handshake.
	AtProbing
)

// Sysctls returns the catalogue: every parameter that matters to TCP
// connection states, what depends on each other together.
func Sysctls() iter.Seq[Sysctl] { return slices.Values(catalogue()) }

// catalogue is made once: a rule of the doctor goes through it in every namespace.
var catalogue = sync.OnceValue(func() (all []Sysctl) {
	for _, group := range [][]Sysctl{
		synQueueSysctls(), timeWaitSysctls(), closeSysctls(), retransmitSysctls(), keepaliveSysctls(), portSysctls(),
		memorySysctls(), throughputSysctls(), pathSysctls(), protocolSysctls(), deviceSysctls(), conntrackSysctls(), fileSysctls(), deadSysctls(),
	} {
		all = append(all, group...)
	}
	return all
})

// SysctlOf returns the entry of a key. ok is false when the catalogue has none.
func SysctlOf(key string) (s Sysctl, ok bool) {
	for _, s := range catalogue() {
		if s.Key == key {
			return s, true
		}
	}
	return Sysctl{}, false
}
