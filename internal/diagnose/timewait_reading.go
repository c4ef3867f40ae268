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

// timeWaits is what a reading keeps about TIME_WAIT sockets: on which side of a
// service they are. Its memory grows with the number of service ports, not with that
// of rows.
type timeWaits struct {
	listening portSet // ports on which any address listens
	served    uint64  // TIME_WAIT sockets on such ports
	// oldest is the age of the oldest TIME_WAIT socket; 0 if it is not known.
	oldest time.Duration
	// left are TIME_WAIT sockets on ports that have no listener and that connect()
	// does not choose either: those of a service that has stopped.
	left map[uint16]*leftPort
}

// add takes a row. Listeners come first, as in every dump. rules is nil if the range
// of local ports is not known; then no port can be said to belong to a stopped
// service.
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
		w.left[port].add(s)
	}
}

// leftPort is a port whose listener has gone, with its TIME_WAIT sockets.
type leftPort struct {
	port     uint16
	timeWait uint64
	// The ages of the youngest and the oldest socket. If the age of one is not known,
	// that of the youngest is 0.
	youngest, oldest time.Duration
}

func (l *leftPort) add(s *socket.Socket) {
	var age time.Duration
	if s.Known.Has(socket.FieldExpires) {
		age = max(0, timeWait-s.Expires)
	}
	if l.timeWait == 0 {
		l.youngest = age
	}
	l.youngest, l.oldest = min(l.youngest, age), max(l.oldest, age)
	l.timeWait++
}

const (
	// pauseFew is how many mean intervals between two closes make a pause an end: if
	// connections close at random, one pause in 1,100 is that long (exp(-7)).
	pauseFew = 7
	// pauseLeast is the shortest pause that is taken for an end.
	pauseLeast = 3 * time.Second
)

// ended reports whether connections of the port have stopped closing: none did in the
// window, and the pause is long beside the intervals before it. While connections close,
// the port is in use, by a service that comes back or by connections that go out from it.
func (l *leftPort) ended(window time.Duration) bool {
	interval := (l.oldest - l.youngest) / time.Duration(l.timeWait)
	return l.youngest >= max(window, pauseLeast, pauseFew*interval)
}

// leftPorts lists the ports of left, those with the most sockets first.
func (w *timeWaits) leftPorts() (all []*leftPort) {
	all = slices.Collect(maps.Values(w.left))
	slices.SortFunc(all, func(a, b *leftPort) int {
		return cmp.Or(cmp.Compare(b.timeWait, a.timeWait), cmp.Compare(a.port, b.port))
	})
	return all
}
