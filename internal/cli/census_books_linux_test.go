// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestCensusVerbose: in a new namespace with a listener and a bound socket, census
// explains every number of the kernel.
func TestCensusVerbose(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listener := openSocket(t, ns)
	must(t, unix.Bind(listener, endpoint(1, 7001)))
	must(t, unix.Listen(listener, 5))
	must(t, unix.Bind(openSocket(t, ns), endpoint(1, 7002)))
	var census report.CensusDocument
	answer(t, ns, &census, "census", "-v")
	seen := map[string]report.CensusComparison{}
	for _, c := range census.Reconciliation {
		seen[c.Name] = c
		if !c.Explained {
			t.Errorf("unexplained: %+v", c)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d comparisons: %+v", len(seen), seen)
	}
	if c := seen["in-use"]; c.Theirs == nil || c.Theirs.Count != 1 || c.Rest != 0 {
		t.Errorf("one listener is in use: %+v", c)
	}
	if c := seen["allocated"]; c.Theirs == nil || c.Theirs.Count < 2 {
		t.Errorf("two sockets are allocated: %+v", c)
	}
}
