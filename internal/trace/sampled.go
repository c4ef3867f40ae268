// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracepoint"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A sampled trace reads the classic tracepoint. It is used if no program may be
// loaded, or if the kernel has no BTF. It sees every change of the whole host and who
// made it. It does not see why a connection ended that no process closed in order,
// nor the network namespace.
type sampled struct {
	gathered

	reader  *tracepoint.Reader
	cgroups *procfs.CgroupTree
	stop    chan struct{}
	stopped sync.WaitGroup

	// Only the reading goroutine uses these, except listening, which is filled before
	// it starts.
	born      map[uint64]birth // by the address of the socket in kernel memory
	listening map[uint16]bool
	actors    map[uint32]actor // by pid; cleared each second
	forgotten time.Duration
}

// A birth is when, and by which side, a connection was opened.
type birth struct {
	at       time.Duration
	accepted bool
}

// An actor is a process as read from /proc.
type actor struct {
	procfs.Process

	kernel, there bool
	cgroup        uint64
}

const (
	// sampleEvery is how often samples are read. At 20,000 changes a second a
	// processor's ring is then a tenth full.
	sampleEvery = 20 * time.Millisecond
	// keptBirths bounds for how many open connections the beginning is remembered.
	keptBirths = 1 << 18
)

func startSampled(o Options, cgroups *procfs.CgroupTree) (*sampled, error) {
	reader, err := tracepoint.Open()
	if err != nil {
		return nil, err
	}
	s := &sampled{
		gathered: newGathered(o), reader: reader, cgroups: cgroups, stop: make(chan struct{}),
		born: map[uint64]birth{}, listening: map[uint16]bool{}, actors: map[uint32]actor{},
	}
	return s, nil
}

// Begin starts the reading. It is called after Listening has named all listening
// ports.
func (s *sampled) Begin() {
	s.stopped.Add(1)
	go s.run()
}

func (s *sampled) run() {
	defer s.stopped.Done()
	for {
		select {
		case <-s.stop:
			return
		case <-time.After(sampleEvery):
			s.read()
		}
	}
}

func (s *sampled) read() {
	s.reader.Read(func(c *tracepoint.Change) bool {
		s.tell(s.record(c))
		return true
	})
	s.turn.Lock()
	s.lost.Records = max(s.lost.Records, s.reader.Lost())
	s.turn.Unlock()
}

// record makes a record of a change.
func (s *sampled) record(c *tracepoint.Change) *tracer.Record {
	r := &tracer.Record{At: c.At, From: c.From, To: c.To, Local: c.Local, Remote: c.Remote, What: sampledWhat(c.From, c.To)}
	s.follow(c, r)
	r.Unseen = r.What == tracer.Vanished
	if r.What.Acts() {
		a := s.actor(c.PID, c.At)
		if r.Unseen = !a.there; a.there {
			r.PID, r.Process, r.Kernel, r.Actor = c.PID, a.Name, a.kernel, a.cgroup
			r.Start = time.Duration(a.Start) * procfs.ClockTick
		}
	}
	return r
}

// follow adds since when the connection exists, and who opened it.
func (s *sampled) follow(c *tracepoint.Change, r *tracer.Record) {
	if c.To == tcp.Listen {
		s.listening[c.Local.Port()] = true
		return
	}
	if c.To == tcp.Established && len(s.born) < keptBirths {
		s.born[c.Socket] = birth{c.At, c.From == tcp.SynRecv}
	}
	b, known := s.born[c.Socket]
	switch {
	case c.From == tcp.Close || c.From == tcp.SynSent || c.From == tcp.Listen: // an earlier socket at this address is a different one
	case known:
		r.Born, r.Accepted = b.at, b.accepted
	default:
		r.Accepted = s.listening[c.Local.Port()]
	}
	if c.To == tcp.Close {
		delete(s.born, c.Socket)
	}
}

// sampledWhat returns the kind of a change, as far as the two states tell.
func sampledWhat(from, to tcp.State) tracer.What {
	switch {
	case to == tcp.FinWait1:
		return tracer.ClosedFirst
	case to == tcp.LastAck:
		return tracer.ClosedAfter
	case to == tcp.SynSent:
		return tracer.Connects
	case to == tcp.Close && (from == tcp.Established || from == tcp.CloseWait || from == tcp.SynSent || from == tcp.SynRecv):
		return tracer.Vanished
	default:
		return tracer.Changed
	}
}

// actor returns the process of a pid; if the process has ended it cannot be named.
func (s *sampled) actor(pid uint32, at time.Duration) actor {
	if at-s.forgotten > time.Second { // pids are reused
		clear(s.actors)
		s.forgotten = at
	}
	a, known := s.actors[pid]
	if known {
		return a
	}
	a.Process, a.kernel, a.there = procfs.Own().Process(int32(pid))
	if a.there && s.cgroups != nil {
		if in, err := procfs.Own().ReadProcessCgroup(int32(pid)); err == nil {
			a.cgroup, _ = s.cgroups.ID(in.Path())
		}
	}
	s.actors[pid] = a
	return a
}

// Listening records a port that is already in LISTEN.
func (s *sampled) Listening(_ uint32, port uint16) error {
	s.listening[port] = true
	return nil
}

// Cookies returns false: the tracepoint has no cookies.
func (*sampled) Cookies() bool { return false }

// Gaps says what this way of watching does not see.
func (*sampled) Gaps() []problem.Gap {
	return []problem.Gap{problem.Unread(Engine, problem.TraceSampled)}
}

// Close stops reading.
func (s *sampled) Close() error {
	close(s.stop)
	s.stopped.Wait()
	return s.reader.Close()
}
