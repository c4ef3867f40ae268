// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// timeWaits is what a reading keeps of TIME_WAIT: which side of a service they
// are on. It grows with the number of service ports, not with that of rows.
type timeWaits struct {
	listening portSet // ports that have a listener, at whatever address
	served    uint64  // TIME_WAIT of such ports
	// oldest is for how long the oldest has been in TIME_WAIT; 0 when it is not known.
	oldest time.Duration
	// left are TIME_WAIT of ports that have no listener and that the kernel does
	// not hand out either: those of a service that has stopped.
	left map[uint16]*leftPort
}

// add takes a row. Listeners come first, as they do in every dump. rules is nil
// when the range of local ports is not known: then nothing can be left.
func (w *timeWaits) add(s *socket.Socket, rules *PortRules) {
	port := s.Local.Port()
	if s.State == tcp.TimeWait && s.Known.Has(socket.FieldExpires) {
		w.oldest = max(w.oldest, timeWait-s.Expires)
	}
	switch {
	case s.State == tcp.Listen:
		w.listening.add(port)
	case s.State != tcp.TimeWait:
	case w.listening.has(port):
		w.served++
	case rules != nil && !rules.inRange(port):
		if w.left == nil {
			w.left = map[uint16]*leftPort{}
		}
		if w.left[port] == nil {
			w.left[port] = &leftPort{port: port}
		}
		w.left[port].timeWait++
		w.left[port].remotes.add(s.Remote)
	}
}

// leftPort is a port whose listener has gone, and what it left behind.
type leftPort struct {
	port     uint16
	timeWait uint64
	remotes  sketch
}

// leftPorts lists them, the fullest first.
func (w *timeWaits) leftPorts() (all []*leftPort) {
	all = slices.Collect(maps.Values(w.left))
	slices.SortFunc(all, func(a, b *leftPort) int {
		return cmp.Or(cmp.Compare(b.timeWait, a.timeWait), cmp.Compare(a.port, b.port))
	})
	return all
}

// comes reports whether TIME_WAIT come to a port though nobody listens there: they
// are of connections that go out from it. earlier is the reading before.
func (w *timeWaits) comes(port uint16, earlier *timeWaits) bool {
	now, before := w.left[port], earlier.left[port]
	return now != nil && before != nil && now.remotes.since(before.remotes)
}
