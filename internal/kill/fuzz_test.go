// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"bytes"
	"testing"
)

// FuzzJournal: a log with any damage gives its readable runs, and a gap for each
// unreadable line.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"run":"a"}` + "\n" + `{"run":"a","killed":1}` + "\n{"))
	f.Add([]byte("\n\x00\n[]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		runs, gaps := parseJournal("log", text)
		if lines := bytes.Count(text, []byte("\n")) + 1; len(runs)+len(gaps) > lines {
			t.Errorf("%d runs and %d gaps of %d lines", len(runs), len(gaps), lines)
		}
	})
}

// FuzzSSH: the user controls SSH_CONNECTION.
func FuzzSSH(f *testing.F) {
	f.Add("192.0.2.7 51234 192.0.2.1 22")
	f.Add("::1%lo 1 ::1 65536")
	f.Fuzz(func(t *testing.T, text string) {
		if c := parseSSH(text); c != nil && (!c.local.IsValid() || !c.remote.IsValid()) {
			t.Errorf("%q is %+v", text, c)
		}
	})
}
