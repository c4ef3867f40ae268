// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// SysctlVerdict is what there is to say about a line that sets a parameter to
// certain values. The rules of "tune audit" and the answers of "tune plan" are
// these; the first that applies decides.
type SysctlVerdict struct {
	Kind   VerdictKind
	Values SysctlRange // the values it is about; the empty range is all
	Fewer  int64       // and, of a first and a last number, those with fewer numbers between than this; 0 when it does not matter
	When   []Elsewhere // all of these parameters have the given values
	// Recipe restricts the verdict to lines meant as a remedy for TIME_WAIT: a
	// comment above says so, or one of these other keys stands in the same file.
	Recipe []string
	// Counts is the state whose number of orphans on this host makes the verdict
	// tangible; 0 when there is none.
	Counts tcp.State
	Text   Text // what is wrong, without a full stop
	Do     Text // what to do instead, a sentence
	Source string
}

// VerdictKind is the kind of a verdict.
type VerdictKind uint8

const (
	// Harmful values lose connections or protection.
	Harmful VerdictKind = iota + 1
	// WrongMeaning values are accepted, and mean something else than they seem to.
	WrongMeaning
	// WithoutEffect values change nothing while other parameters are as they are.
	WithoutEffect
	// LowersDefault values raised an older default and lower today's.
	LowersDefault
	// Refused values are answered with EINVAL.
	Refused
)

// Elsewhere is a condition on another parameter.
type Elsewhere struct {
	Key    string
	Values SysctlRange
}

// Applies reports whether the verdict is about this value. lookup returns the
// value of another parameter, ok false when it is not known; then a condition
// on it does not hold. Recipe is for the caller to judge.
func (v SysctlVerdict) Applies(value string, lookup func(key string) (string, bool)) bool {
	if !v.Values.Empty() && !v.Values.Contains(value) || v.Fewer > 0 && !fewer(value, v.Fewer) {
		return false
	}
	for _, other := range v.When {
		if got, ok := lookup(other.Key); !ok || !other.Values.Contains(got) {
			return false
		}
	}
	return true
}

// fewer reports whether a first and a last number leave fewer than limit.
func fewer(value string, limit int64) bool {
	numbers, err := ParseSysctlNumbers(value)
	return err == nil && len(numbers) > 1 && numbers[1]-numbers[0]+1 < limit
}
