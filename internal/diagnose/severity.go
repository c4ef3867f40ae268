// SPDX-License-Identifier: Apache-2.0

package diagnose

// Severity tells how much something matters.
type Severity uint8

const (
	// OK means that nothing is wrong.
	OK Severity = iota
	// Unknown means that a fact needed for a verdict could not be read.
	Unknown
	// Info is good to know; nothing is wrong.
	Info
	// Notice is worth knowing; nothing is lost at present.
	Notice
	// Warning means that a limit is near.
	Warning
	// Critical means that connections are being lost.
	Critical
)

// String returns the severity in one word.
func (s Severity) String() string {
	return [...]string{"ok", "unknown", "info", "notice", "warning", "critical"}[s]
}

// ParseSeverity reads what [Severity.String] writes, and the short forms warn
// and crit.
func ParseSeverity(word string) (s Severity, ok bool) {
	switch word {
	case "warn":
		return Warning, true
	case "crit":
		return Critical, true
	}
	for s := OK; s <= Critical; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return OK, false
}
