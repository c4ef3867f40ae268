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

// Basis is what a finding rests on. It bounds the severity.
type Basis uint8

const (
	// Counts is numbers of sockets alone: never more than a notice.
	Counts Basis = iota
	// Limit is a limit that is approached.
	Limit
	// Loss is a counter of losses that moved in the window.
	Loss
	// Setting is a kernel parameter whose value does harm by itself.
	Setting
	// Lasting is sockets that were there at both readings.
	Lasting
)

// A Finding is a rule that fired.
type Finding struct {
	Code     string
	Severity Severity
	Basis    Basis
	// Summary says in one line what is the matter, with the numbers.
	Summary knowledge.Text
	// Detail says more, a sentence each: what it means here, which knob and
	// which not.
	Detail []knowledge.Text
	// Now is the one of Detail that says what to do at once, instead of what the rule
	// says to every finding; empty where none does.
	Now knowledge.Text
	// Whose is the one of Detail that says no more than Owner does.
	Whose knowledge.Text
	// Later is the one of Detail that says which knob, instead of what the rule says
	// to every finding; empty where none does.
	Later    knowledge.Text
	Evidence []Evidence
	// About is what it is about: a listener, a destination; nothing for the
	// namespace. [Finding.Subject] writes it.
	About About
	Owner *socket.Owner // of what it is about; nil when nobody is or it is not known
	// Changes are kernel parameters that would help, the first one most.
	Changes []Change
	// Check is a command that shows whether a remedy helped; the rule's when empty.
	Check command.Line
	// Asks says that Check is shown though nothing is wrong: it tells what was not
	// looked at.
	Asks bool
	// Emergency is a command that shows the sockets that it counts and closes
	// them, where that buys time; none elsewhere.
	Emergency command.Line
	// Missing is what would have told more.
	Missing []Missing

	// Others is how many findings of the rule this one stands for, which are not told
	// one by one, see [FindingsKept]; 0 for a finding that is one.
	Others uint64

	Netns    *socket.Netns // nil for the whole host
	Explains []Explained   // findings that this one is the cause of

	samples   []knowledge.Text // of Detail, what was looked at, where that was not all
	drifts    []drift          // parameters that are not at their default
	rows      []Kept           // the sockets that it counts, as far as they were kept
	ofOwner   bool             // it is about Owner
	timeWaits bool             // it is about connections in TIME_WAIT
	// What it has counted, for whether it covers another finding.
	states           map[tcp.State]uint64 // sockets in a state
	aborts, timeouts uint64               // connections that ended abnormally, and of these by a timeout
	ports            heldPorts
}

// heldPorts are local ports that a destination cannot have any more.
type heldPorts struct{ taken, bound int }

// Evidence is a number that a finding rests on.
type Evidence struct {
	Name  string // of the counter, state, parameter or computed value
	Value float64
	Unit  string // "" for a count; B, s, 1/s, %, pages
	// Threshold is what the value was compared with; nil when it was not.
	Threshold *float64
}

// A Change is a kernel parameter to set.
type Change struct {
	Key   string
	Value string // "" when no value can be named
	Why   knowledge.Text
}

// Explained is a finding that another one causes.
type Explained struct {
	Finding Finding
	Why     knowledge.Text
}

// say writes a text in both languages with the same values, all as %s. Whole
// numbers are written with commas, and a text is written in its language. In the
// English format, words follow a number as [numbered] says.
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

// closed leaves out the blank behind a full-width parenthesis, which a value in a
// format that sets values off by blanks ends with, and those around a Chinese one.
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

// decimal keeps three digits that count.
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

// above is evidence that was compared with a threshold.
func above(name string, value float64, unit string, threshold float64) Evidence {
	return Evidence{Name: name, Value: value, Unit: unit, Threshold: &threshold}
}
