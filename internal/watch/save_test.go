// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"os/exec"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
)

// TestSavedBeforeTheFirstLook: the host can be saved while a new question has no answer
// yet, which on a large host takes seconds; without a way to save it, it is said.
func TestSavedBeforeTheFirstLook(t *testing.T) {
	o := Options{Source: engine.NewListing(nil, ""), Every: time.Second, Now: func() time.Time { return time.Date(2026, 11, 30, 20, 32, 25, 0, time.UTC) }}
	for _, save := range []func(string) *exec.Cmd{nil, func(string) *exec.Cmd { return nil }} {
		o.Save = save
		m, err := newModel(o, func(question) {})
		if err != nil {
			t.Fatal(err)
		}
		m.press("s", "")
		switch {
		case save == nil && (m.save != "" || m.notice == ""):
			t.Errorf("saved as %q, says %q", m.save, m.notice)
		case save != nil && (m.save != "tcpvitals-20261130-203225.snap" || m.notice != ""):
			t.Errorf("saved as %q, says %q", m.save, m.notice)
		}
	}
}
