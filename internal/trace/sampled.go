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

// A sampled trace reads the classic tracepoint, where no program may be loaded or
// the kernel does not tell its types. It sees every change of the whole host and who
// made it; not why a connection ended that no process closed in order, nor in which
// network namespace.
type sampled struct {
	gathered

	reader  *tracepoint.Reader
	cgroups *procfs.CgroupTree
	stop    chan struct{}
	stopped sync.WaitGroup

	// Of the goroutine that reads, but for listening, which others fill before.
	born      map[uint64]birth // by where the socket lies
	listening map[uint16]bool
	actors    map[uint32]actor // by pid, forgotten each second
	forgotten time.Duration
}

// A birth is when a socket was established, and how.
type birth struct {
	at       time.Duration
	accepted bool
}

// An actor is a process as /proc told it.
type actor struct {
	procfs.Process

	kernel, there bool
	cgroup        uint64
}

const (
	// sampleEvery is how often samples are fetched: at 20,000 changes a second a
	// processor's ring then has a tenth of what there is room for.
	sampleEvery = 20 * time.Millisecond
	// keptBirths bounds how many open connections are known by their beginning.
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

// Begin begins to read, when it is known who listens.
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

// follow says since when the connection was one, and who opened it.
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
	case c.From == tcp.Close || c.From == tcp.SynSent || c.From == tcp.Listen: // what lay there before is another one
	case known:
		r.Born, r.Accepted = b.at, b.accepted
	default:
		r.Accepted = s.listening[c.Local.Port()]
	}
	if c.To == tcp.Close {
		delete(s.born, c.Socket)
	}
}

// sampledWhat says what a change is, as far as both states tell.
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

// actor names a process: one that has ended meanwhile cannot be named any more.
func (s *sampled) actor(pid uint32, at time.Duration) actor {
	if at-s.forgotten > time.Second { // a number may be given again
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

// Listening tells of a port that somebody listens on already.
func (s *sampled) Listening(_ uint32, port uint16) error {
	s.listening[port] = true
	return nil
}

// Cookies is false: a tracepoint tells none.
func (*sampled) Cookies() bool { return false }

// Gaps says what it does not see.
func (*sampled) Gaps() []problem.Gap {
	return []problem.Gap{problem.Unread(Engine, problem.TraceSampled)}
}

// Close stops reading.
func (s *sampled) Close() error {
	close(s.stop)
	s.stopped.Wait()
	return s.reader.Close()
}
