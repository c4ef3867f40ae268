// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strings"
	"testing"
	"time"
)

// TestNotReadStopped: what to do about a stopped process is to continue it, not to
// look for what its readers wait for.
func TestNotReadStopped(t *testing.T) {
	c := &Case{Machine: &Machine{}, Now: &Space{}, Before: &Space{}, hostBefore: &Facts{}, Window: 5 * time.Second}
	g := &ownedBy{processes: 1, rows: make([]Kept, 12)}
	for i := range g.rows {
		g.rows[i].stopped = true
	}
	if f := c.notRead(g); f.Severity != Warning || !strings.Contains(f.Now.En, "kill -CONT") {
		t.Errorf("%s, now: %q", f.Severity, f.Now.En)
	}
	g.rows[0].stopped = false
	if f := c.notRead(g); strings.Contains(f.Now.En, "kill -CONT") {
		t.Errorf("one is not stopped: %q", f.Now.En)
	}
}
