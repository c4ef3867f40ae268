// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
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
	Detail   []knowledge.Text
	Evidence []Evidence
	// Subject is what it is about: a listener's address, a destination, a
	// process; "" for the namespace.
	Subject string
	Owner   *socket.Owner // of the subject; nil when nobody is or it is not known
	// Changes are kernel parameters that would help, the first one most.
	Changes []Change
	// Check is a command that shows whether a remedy helped; the rule's when empty.
	Check string
	// Missing is what would have told more.
	Missing []Missing

	Netns    *socket.Netns // nil for the whole host
	Explains []Explained   // findings that this one is the cause of
}

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
// numbers are written with commas, and a text is written in its language.
func say(en, zh string, values ...any) knowledge.Text {
	english, chinese := make([]any, len(values)), make([]any, len(values))
	for i, v := range values {
		english[i], chinese[i] = readable(v), readable(v)
		if t, ok := v.(knowledge.Text); ok {
			english[i], chinese[i] = t.En, t.Zh
		}
	}
	return knowledge.Text{En: singular(fmt.Sprintf(en, english...)), Zh: fmt.Sprintf(zh, chinese...)}
}

// ones finds a single one of what sentences count, with up to two words between
// and the verb behind. It is compiled when first needed: most commands judge
// nothing.
var ones = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|[^0-9.,])1 ((?:[a-z-]+ ){0,2})(connection|socket|SYN|destination|close|client|packet|segment|namespace|orphan|peer|time)s( (?:were|are|have|wait)\b)?`)
})

// singular puts what there is one of into the singular: "1 SYNs were" reads badly.
func singular(english string) string {
	return ones().ReplaceAllStringFunc(english, func(found string) string {
		m := ones().FindStringSubmatch(found)
		verb := strings.NewReplacer("were", "was", "are", "is", "have", "has", "wait", "waits").Replace(m[4])
		return m[1] + "1 " + m[2] + m[3] + verb
	})
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
