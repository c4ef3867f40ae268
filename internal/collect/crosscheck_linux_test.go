// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestCrossCheckOfWhatWasMade holds idle sockets in every state and sees that each of
// the kernel's own numbers is explained to the last socket.
func TestCrossCheckOfWhatWasMade(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			held := labtest.Hold(t, labtest.EveryState(), family)
			var census *query.Census
			var crossCheck *diagnose.CrossCheck
			var gaps []problem.Gap
			var err error
			held.Do(func() {
				census, crossCheck, gaps, err = collect.CensusWithCounters(context.Background(), opened(t, engine.Options{}))
			})
			if err != nil || len(gaps) > 0 || census.Total() == 0 {
				t.Fatalf("%v, gaps %v", err, gaps)
			}
			want := map[string][]diagnose.Agreement{
				knowledge.CompareEstablished: {diagnose.AgreeExplained},
				knowledge.CompareTimeWait:    {diagnose.AgreeExplained},
				knowledge.CompareInUse:       {diagnose.AgreeExplained},
				knowledge.CompareHalfOpen:    {diagnose.AgreeNotCounted},
				// Other tests on this host have orphans too.
				knowledge.CompareOrphans:   {diagnose.AgreeSame, diagnose.AgreeWiderScope, diagnose.AgreeMoved},
				knowledge.CompareAllocated: {diagnose.AgreeSame, diagnose.AgreeWiderScope, diagnose.AgreeMoved},
			}
			for _, c := range diagnose.Reconcile(crossCheck) {
				if !slices.Contains(want[c.Name], c.Agreement) {
					t.Errorf("%s: want %v, got %+v", c.Name, want[c.Name], c)
				}
				delete(want, c.Name)
			}
			if len(want) > 0 {
				t.Errorf("not compared: %v", want)
			}
		})
	}
}
