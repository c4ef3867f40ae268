// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Basis is the kind of evidence of a finding. It limits the severity.
type Basis uint8

const (
	// Counts are numbers of sockets alone: at most a notice.
	Counts Basis = iota
	// Limit is a limit that a number comes close to.
	Limit
	// Loss is a counter of losses that grew in the window.
	Loss
	// Setting is a kernel parameter whose value does harm by itself.
	Setting
	// Lasting are sockets that existed at both readings.
	Lasting
)

// A Finding is the result of a rule that found something.
type Finding struct {
	Code     string
	Severity Severity
	Basis    Basis
	// Summary says in one line what is wrong, with the numbers.
	Summary knowledge.Text
	// Detail says more, one sentence each: what the summary means on this machine,
	// which parameter to change and which not.
	Detail []knowledge.Text
	// Now is the sentence of Detail that says what to do first, in place of the rule's
	// general advice; empty if there is none.
	Now knowledge.Text
	// Whose is the sentence of Detail that only repeats Owner.
	Whose knowledge.Text
	// Later is the sentence of Detail that says which parameter to change, in place of
	// the rule's general advice; empty if there is none.
	Later    knowledge.Text
	Evidence []Evidence
	// About is what the finding is about: a listener or a destination; the zero value
	// for the whole namespace. [Finding.Subject] writes it as text.
	About About
	Owner *socket.Owner // owner of what About names; nil if it has none or the owner is not known
	// Changes are kernel parameters whose change would help, the most effective first.
	Changes []Change
	// Check is a command that shows whether a remedy helped; if empty, the rule's
	// command.
	Check command.Line
	// Asks says that Check is shown although nothing is wrong: it shows what the rule
	// could not see.
	Asks bool
	// Emergency is a command that shows and closes the sockets that the finding
	// counts, if that buys time; otherwise empty.
	Emergency command.Line
	// Missing are facts that would have told more.
	Missing []Missing

	// Others is how many further findings of the rule this one stands for, see
	// [FindingsKept]; 0 for an ordinary finding.
	Others uint64

	Netns    *socket.Netns // nil for the whole host
	Explains []Explained   // findings that this one causes

	samples   []knowledge.Text // those of Detail that say which sample of the sockets was read
	drifts    []drift          // parameters that do not have their default values
	rows      []Kept           // the sockets that the finding counts, as far as they were kept
	ofOwner   bool             // the finding is about Owner
	timeWaits bool             // the finding is about connections in TIME_WAIT
	// Numbers that decide whether this finding covers another one.
	states           map[tcp.State]uint64 // sockets by state
	aborts, timeouts uint64               // connections that ended abnormally, and how many of these by a timeout
	ports            heldPorts
}

// heldPorts are local ports that are not available for a destination.
type heldPorts struct{ taken, bound int }

// Evidence is a number on which a finding rests.
type Evidence struct {
	Name  string // name of the counter, state, parameter or computed value
	Value float64
	Unit  string // "" for a count; B, s, 1/s, %, pages
	// Threshold is the limit with which the value was compared; nil if there is none.
	Threshold *float64
}

// A Change is a kernel parameter to set.
type Change struct {
	Key   string
	Value string // "" if no value can be recommended
	Why   knowledge.Text
}

// Explained is a finding that another finding causes.
type Explained struct {
	Finding Finding
	Why     knowledge.Text
}

// say writes a text in both languages with the same values, all formatted by %s. It
// writes whole numbers with commas, and a value that is a text in the language of the
// format. In the English format, words agree with a number as [numbered] says.
func say(en, zh string, values ...any) knowledge.Text {
	english, chinese := make([]any, len(values)), make([]any, len(values))
	for i, v := range values {
		english[i], chinese[i] = readable(v), readable(v)
		if t, ok := v.(knowledge.Text); ok {
			english[i], chinese[i] = t.En, t.Zh
		}
	}
	return knowledge.Text{En: fmt.Sprintf(numbered(en, values), english...), Zh: closed(fmt.Sprintf(zh, chinese...))}
}

// closed removes the blank after a full-width parenthesis and the blanks around a
// Chinese value. They come from formats that put blanks around their values.
func closed(zh string) string {
	var b strings.Builder
	runes := []rune(strings.ReplaceAll(zh, "） ", "）"))
	for i, r := range runes {
		if r == ' ' && i > 0 && i+1 < len(runes) && unicode.Is(unicode.Han, runes[i-1]) && unicode.Is(unicode.Han, runes[i+1]) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func readable(v any) any {
	switch n := v.(type) {
	case int:
		return commas(uint64(max(n, 0)))
	case int64:
		return commas(uint64(max(n, 0)))
	case uint64:
		return commas(n)
	case float64:
		return decimal(n)
	default:
		return v
	}
}

// decimal writes three significant digits.
func decimal(f float64) string {
	switch {
	case f >= 100:
		return commas(uint64(f + 0.5))
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	default:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
}

func commas(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// above is evidence with the threshold with which it was compared.
func above(name string, value float64, unit string, threshold float64) Evidence {
	return Evidence{Name: name, Value: value, Unit: unit, Threshold: &threshold}
}
