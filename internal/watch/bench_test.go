// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// million is a look at so many sockets, each a group of its own, with the first
// rows of them.
func million(b *testing.B, n int) *look {
	b.Helper()
	keys, err := query.ParseKeys("remote,dport")
	if err != nil {
		b.Fatal(err)
	}
	l := &look{exact: true, rows: []*socket.Socket{}}
	groups := query.NewGroups(query.GroupOptions{Keys: keys})
	s := &socket.Socket{State: tcp.TimeWait, Known: socket.FieldsOf(socket.FieldState, socket.FieldRemote, socket.FieldLocal), Local: netip.MustParseAddrPort("10.0.0.1:80")}
	for i := range n {
		s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 16), byte(i >> 8)}), uint16(1024+i%256))
		groups.Add(s)
		l.tally.Add(s.State, socket.Mini, 1)
		if len(l.rows) < mostRows {
			l.rows = append(l.rows, s.Clone())
		}
	}
	l.groups = groups.Top(mostGroups)
	return l
}

// BenchmarkKeyToFrame: from a key to the frame that shows it, and from a look to
// the first frame of it, on the largest screen that is tested. The 99th of a
// hundred is what a person feels.
func BenchmarkKeyToFrame(b *testing.B) {
	l := million(b, 1_000_000)
	for name, of := range map[string]screen{"states": diagram, "groups": groups, "sockets": sockets} {
		b.Run(name, func(b *testing.B) {
			m, err := newModel(Options{Source: engine.NewListing(nil, ""), Every: time.Second, Colour: true}, func(question) {})
			if err != nil {
				b.Fatal(err)
			}
			m.width, m.height = 200, 60
			m.show(of)
			at := time.Unix(0, 0)
			took := make([]time.Duration, 0, b.N)
			var first time.Duration
			keys := []string{"down", "pgdown", "right", "end", "up", "t", "home", "left"}
			for i := 0; b.Loop(); i++ {
				if i%100 == 0 { // a look
					begun := time.Now()
					fresh := *l
					fresh.serial = m.asked.serial
					at = at.Add(time.Second)
					m.take(&sampler.Sample[*look]{Look: sampler.Look{Seq: uint64(i/100 + 1), At: at, Since: time.Second}, Value: &fresh})
					_ = m.frame()
					first = max(first, time.Since(begun))
				}
				begun := time.Now()
				m.press(keys[i%len(keys)], "")
				_ = m.frame()
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms/key")
			b.ReportMetric(float64(first.Microseconds())/1000, "worst-ms/look")
		})
	}
}
