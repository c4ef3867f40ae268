// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A TraceReading is how connections of a namespace were opened and ended during a
// trace. Its memory grows with the number of programs and of services that they use,
// up to tracedKinds.
type TraceReading struct {
	Took time.Duration

	kinds  map[tracedKind]*tracedCount
	untold uint64 // changes of kinds for which there was no room
}

// tracedKinds is how many kinds of ends are counted separately. A scanner may call
// more destinations; those are only counted in untold.
const tracedKinds = 16_384

// A tracedKind is the key under which ends are counted together.
type tracedKind struct {
	reason  socket.Reason
	from    tcp.State
	service service
	program program
}

// A service is the common end of connections: the local port if they were accepted,
// else the destination.
type service struct {
	accepted bool
	at       netip.AddrPort // if they were accepted, only the port
}

// String is the service as people write it.
func (s service) String() string {
	if s.accepted {
		return ":" + strconv.Itoa(int(s.at.Port()))
	}
	return s.at.String()
}

func (s service) about() About {
	if s.accepted {
		return About{Local: s.at}
	}
	return About{Remote: s.at}
}

// A program is who did something, without a pid, so that short-lived processes of one
// program are the same. Its name is empty if no process acted.
type program struct{ process, unit, container string }

// owner is the program in the form that findings use; nil for none.
func (p program) owner() *socket.Owner {
	if p == (program{}) {
		return nil
	}
	o := &socket.Owner{Confidence: socket.OwnerTraced, Unit: p.unit, Container: p.container}
	if p.process != "" {
		o.Process = &socket.Process{Name: p.process}
	}
	return o
}

type tracedCount struct {
	n     uint64
	timed uint64 // connections whose beginning the trace saw
	brief uint64 // of these, how many lived shorter than briefLife
}

// briefLife is the time that a connection with one question and one answer takes.
const briefLife = 100 * time.Millisecond

// Add takes a row of a trace: a connection that ends, or a call of connect().
func (r *TraceReading) Add(s *socket.Socket) {
	if s.Change == nil || s.Change.Reason == 0 {
		return
	}
	if r.kinds == nil {
		r.kinds = map[tracedKind]*tracedCount{}
	}
	k := tracedKind{reason: s.Change.Reason, from: s.Change.From, service: serviceOf(s), program: programOfRow(s)}
	c := r.kinds[k]
	if c == nil {
		if len(r.kinds) >= tracedKinds {
			r.untold++
			return
		}
		c = &tracedCount{}
		r.kinds[k] = c
	}
	c.n++
	if s.Change.Born {
		c.timed++
		if s.Change.Lasted < briefLife {
			c.brief++
		}
	}
}

func serviceOf(s *socket.Socket) service {
	if s.Direction == socket.Inbound {
		return service{accepted: true, at: netip.AddrPortFrom(netip.Addr{}, s.Local.Port())}
	}
	return service{at: plainPlace(s.Remote)}
}

func programOfRow(s *socket.Socket) (p program) {
	if o := s.Owner; o != nil {
		p.unit, p.container = o.Unit, o.Container
		if o.Process != nil {
			p.process = o.Process.Name
		}
	}
	return p
}

// traced returns the result of the trace; ok is false without one.
func (c *Case) traced() (r *TraceReading, ok bool) {
	r = c.Now.Trace
	if r == nil {
		c.Lacks("trace", text("nothing was traced: doctor --trace 10s, on the host itself", "没有跟踪：请在主机上运行 doctor --trace 10s"))
		return nil, false
	}
	if r.untold > 0 {
		c.Lacks("trace", say("%s end[s] of connections to more services than are kept apart", "有 %s 次连接结束涉及的服务过多，无法分别保存", r.untold))
	}
	return r, true
}

// rate is n per second of the trace.
func (r *TraceReading) rate(n uint64) float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(n) / r.Took.Seconds()
}

// A tracedGroup is the ends that a rule judges together: those of one program and one
// service.
type tracedGroup struct {
	program program
	service service
	tracedCount
	by map[socket.Reason]uint64
}

// groups groups the kinds that wants selects, the largest group first.
func (r *TraceReading) groups(wants func(tracedKind) bool) (all []*tracedGroup) {
	type key struct {
		program program
		service service
	}
	found := map[key]*tracedGroup{}
	for k, c := range r.kinds {
		if !wants(k) {
			continue
		}
		g := found[key{k.program, k.service}]
		if g == nil {
			g = &tracedGroup{program: k.program, service: k.service, by: map[socket.Reason]uint64{}}
			found[key{k.program, k.service}] = g
			all = append(all, g)
		}
		g.n, g.timed, g.brief = g.n+c.n, g.timed+c.timed, g.brief+c.brief
		g.by[k.reason] += c.n
	}
	slices.SortFunc(all, func(a, b *tracedGroup) int {
		if a.n != b.n {
			return cmp.Compare(b.n, a.n)
		}
		return cmp.Or(cmp.Compare(a.service.String(), b.service.String()), cmp.Compare(a.program.process, b.program.process),
			cmp.Compare(a.program.unit, b.program.unit), cmp.Compare(a.program.container, b.program.container))
	})
	return all
}

// endsConnection reports whether a kind is the end of an established connection. Every
// such connection ends once in one of these ways; changes after our FIN belong to a
// connection that was counted already.
func endsConnection(k tracedKind) bool {
	switch k.from {
	case tcp.Established, tcp.CloseWait, tcp.SynRecv:
		return k.reason != socket.Opened
	default:
		return false
	}
}

// ends is how many connections of each service ended.
func (r *TraceReading) ends() map[service]uint64 {
	of := map[service]uint64{}
	for k, c := range r.kinds {
		if endsConnection(k) {
			of[k.service] += c.n
		}
	}
	return of
}

// who names the program in a sentence.
func (g *tracedGroup) who() knowledge.Text { return ownerText(g.program.owner()) }

// where says on which side of which service the connections are.
func (s service) where() knowledge.Text {
	if s.accepted {
		return knowledge.Text{En: "accepted at " + s.String(), Zh: "在 " + s.String() + " 接受的"}
	}
	return knowledge.Text{En: "opened to " + s.String(), Zh: "到 " + s.String() + " 的"}
}

// shownTraced is how many programs or destinations get a finding of their own from a
// rule about traces; the others are counted.
const shownTraced = 5

// shownOf cuts the findings of a rule to those that are shown, and says in the last
// one how many more there are.
func shownOf(all []Finding) []Finding {
	if len(all) <= shownTraced {
		return all
	}
	more := len(all) - shownTraced
	all = all[:shownTraced]
	last := &all[shownTraced-1]
	last.Detail = append(last.Detail, say("%s more like this: tcpvitals trace --summary 10s", "同样的还有 %s 处：tcpvitals trace --summary 10s", more))
	return all
}
