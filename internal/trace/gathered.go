// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// gathered holds what is observed without a program in the kernel: counts, and
// records that have not been read yet. Safe for concurrent use.
type gathered struct {
	options Options

	turn    sync.Mutex
	edges   tracer.Edges
	owners  map[tracer.Owner]uint64
	records []tracer.Record
	lost    tracer.Losses
	failed  error
}

const (
	// keptRecords bounds how many records wait to be read.
	keptRecords = 1 << 16
	// keptOwners bounds the table of owners, as in the program.
	keptOwners = 4096
)

func newGathered(o Options) gathered {
	return gathered{options: o, owners: map[tracer.Owner]uint64{}}
}

// tell counts a change, and keeps a record if one is wanted.
func (g *gathered) tell(r *tracer.Record) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.edges[r.From&15][r.To&15]++
	if g.options.Owners && r.What != tracer.Changed {
		g.count(r)
	}
	if !g.wants(r) {
		return
	}
	if len(g.records) >= keptRecords {
		g.lost.Records++
		return
	}
	g.records = append(g.records, *r)
}

// wants reports whether a record is asked for.
func (g *gathered) wants(r *tracer.Record) bool {
	switch r.What {
	case tracer.Changed:
		return g.options.Events
	case tracer.Connects:
		return g.options.Events || g.options.Opens
	default:
		return g.options.Events || g.options.Rows
	}
}

// count adds one to the owner of the socket.
func (g *gathered) count(r *tracer.Record) {
	o := tracer.Owner{
		What: r.What, From: r.From, Netns: r.Netns, Port: r.Remote.Port(), Accepted: r.Accepted, V6: r.Local.Addr().Is6(),
		Kernel: r.Kernel, Cgroup: r.Cgroup, Actor: r.Actor, Process: r.Process,
	}
	if r.Accepted {
		o.Port = r.Local.Port()
	}
	if _, there := g.owners[o]; !there && len(g.owners) >= keptOwners {
		g.lost.Owners++
		return
	}
	g.owners[o]++
}

// fail keeps an error, which ends the trace.
func (g *gathered) fail(err error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.failed = err
}

// Records calls visit with the records since the last call.
func (g *gathered) Records(visit func(*tracer.Record) bool) error {
	g.turn.Lock()
	records, failed := g.records, g.failed
	g.records = nil
	g.turn.Unlock()
	for i := range records {
		if !visit(&records[i]) {
			break
		}
	}
	return failed
}

// Totals returns what was seen so far.
func (g *gathered) Totals() (*tracer.Totals, error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	t := &tracer.Totals{Edges: g.edges, Lost: g.lost}
	for o, n := range g.owners {
		t.Owners = append(t.Owners, tracer.OwnerCount{Owner: o, Count: n})
	}
	return t, g.failed
}

// Balance returns the transitions seen so far.
func (g *gathered) Balance() (tracer.Edges, error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	return g.edges, g.failed
}

// Closer returns known false: closers are not observed.
func (*gathered) Closer(uint64) (c tracer.Closer, known bool, err error) { return c, false, nil }

// Cost returns an error: there is no program whose time could be measured.
func (*gathered) Cost() (tracer.Cost, error) {
	return tracer.Cost{}, &problem.UnsupportedError{Feature: "--cost", Reason: "no program runs in the kernel", Zh: "这里不支持 --cost：内核中没有运行程序"}
}

// Stays returns none: they are not observed.
func (*gathered) Stays() (*tracer.Stays, error) { return &tracer.Stays{}, nil }

// ResetReason returns "": reasons are not observed.
func (*gathered) ResetReason(uint16) string { return "" }

// TellsResets is false.
func (*gathered) TellsResets() bool { return false }
