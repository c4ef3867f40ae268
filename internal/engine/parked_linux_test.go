// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestEndedConnectionsOnce: rows with owners contain every socket once, however many
// connections have ended: few enough to be kept until the others are read, more than
// there is room for, or so many TIME_WAIT that they are dumped separately. The
// inferred owners are the same in all cases.
func TestEndedConnectionsOnce(t *testing.T) {
	fields := socket.FieldSet{}
	for f := range socket.Fields() { // asking for all fields gives the longest messages
		fields.Add(f.ID)
	}
	for name, counts := range map[string]labtest.Counts{
		"few":            {tcp.Established: 4, tcp.FinWait2: 5, tcp.TimeWait: 6, tcp.LastAck: 3},
		"no room":        {tcp.Established: 4, tcp.FinWait2: 1500, tcp.TimeWait: 6},
		"many TIME_WAIT": {tcp.Established: 4, tcp.FinWait2: 5, tcp.TimeWait: 700},
	} {
		t.Run(name, func(t *testing.T) {
			held := labtest.Hold(t, counts, socket.IPv4)
			shown, twice, owners := labtest.Counts{}, 0, map[string]int{}
			met := map[uint64]bool{}
			held.Do(func() {
				h := opened(t, engine.Options{})
				_, err := each(t.Context(), h, engine.Scan{Filter: mustParse(t, "not state listening"), Fields: fields}, func(s *socket.Socket) bool {
					shown[s.State]++
					if met[s.Cookie] {
						twice++
					}
					met[s.Cookie] = true
					if s.State == tcp.TimeWait && s.Owner != nil {
						owners[fmt.Sprintf("%v %+v %s", s.Owner.Confidence, s.Owner.Process, s.Owner.Why)]++
					}
					return true
				})
				if err != nil {
					t.Error(err)
				}
			})
			for state, n := range counts {
				if shown[state] != n {
					t.Errorf("%d sockets in %v, made %d", shown[state], state, n)
				}
			}
			if twice > 0 {
				t.Errorf("%d sockets were shown twice", twice)
			}
			if len(owners) > 1 {
				t.Errorf("sockets made alike have owners %v", owners)
			}
		})
	}
}
