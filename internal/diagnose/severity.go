// SPDX-License-Identifier: Apache-2.0

package diagnose

// Severity tells how much something matters.
type Severity uint8

const (
	// OK means that nothing is wrong.
	OK Severity = iota
	// Unknown means that what would tell could not be read.
	Unknown
	// Notice is worth knowing; nothing is lost at present.
	Notice
	// Warning means that a limit is near.
	Warning
	// Critical means that connections are being lost.
	Critical
)

// String returns the severity in one word.
func (s Severity) String() string {
	return [...]string{"ok", "unknown", "notice", "warning", "critical"}[s]
}
