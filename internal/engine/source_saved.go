// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io/fs"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Saved is a [Source] of a saved machine: it answers as the host did when it was
// saved, under the name of the engine that read the host.
type Saved struct {
	file  *snapshot.File
	name  string
	turn  sync.Mutex
	close func() error // nil when there is nothing to close
}

// NewSaved returns the machine of a snapshot. name is what errors call it.
func NewSaved(f *snapshot.File, name string) *Saved { return &Saved{file: f, name: name} }

// Rows is [Source.Rows].
func (m *Saved) Rows(ctx context.Context, q Scan, v Visitor) (*Report, error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	return timed(func() (*Report, error) { return m.rows(ctx, q, v) })
}

func (m *Saved) rows(ctx context.Context, q Scan, v Visitor) (*Report, error) {
	f := m.file
	r := &replay{
		File: f, filter: q.Filter, need: needsOf(q.fields()), visitor: v,
		report: &Report{Engine: f.Tail.Engine, Exact: f.Tail.Exact, Limits: f.Tail.Limits, Namespaces: len(f.Namespaces)},
	}
	r.need.processes = r.need.processes || r.need.owner && (f.Tail.NoCgroups || f.Tail.Engine == "procfs") // tables of procfs have no cgroups
	states, _, _ := query.Split(q.Filter, socket.FieldSet{})
	r.gaps(states)
	for ns := range f.Namespaces {
		if err := r.namespace(ctx, ns, q.Fields, states); err != nil {
			return nil, err
		}
	}
	r.report.Gaps = append(r.report.Gaps, undecided(r.report.Undecided)...)
	return r.report, nil
}

// Count is [Source.Count].
func (m *Saved) Count(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	if q.sampled() {
		return nil, fileOnly()
	}
	r, err := countRows(ctx, m.Rows, q, visit)
	if err == nil && q.Elsewhere {
		r.Elsewhere = m.file.Machine.OtherNamespaces
	}
	return r, err
}

// Explain is [Source.Explain].
func (*Saved) Explain(context.Context, Counting) (*Plan, error) { return nil, fileOnly() }

// About is [Source.About].
func (m *Saved) About() About {
	from := &m.file.Machine
	return About{
		Name: m.name, Host: from.Host, Taken: from.Taken, Boot: func() string { return from.Boot }, Scope: from.Scope, Redacted: from.Redacted, Facts: true,
	}
}

// Names is [Source.Names] for the machine that was saved.
func (m *Saved) Names() query.Options {
	f, q := m.file, fileNames()
	if f.Machine.Devices == nil {
		return q // several namespaces: no devices, as on the live host
	}
	q.Device = func(name string) (uint32, bool) { index, ok := f.Machine.Devices[name]; return index, ok }
	q.Cgroup = f.Cgroup
	q.Ephemeral = f.Machine.Ephemeral
	return q
}

// File returns the snapshot.
func (m *Saved) File() *snapshot.File { return m.file }

// Close is [Source.Close].
func (m *Saved) Close() error {
	if m.close == nil {
		return nil
	}
	return m.close()
}

// A replay answers one question from a snapshot.
type replay struct {
	*snapshot.File

	filter  *query.Filter
	need    needs
	visitor Visitor
	report  *Report
	stopped bool
}

// namespace shows the sockets of one namespace.
func (r *replay) namespace(ctx context.Context, ns int, fields socket.FieldSet, states tcp.StateSet) error {
	saved := &r.Namespaces[ns]
	space := &Space{
		Netns:  &socket.Netns{Inode: saved.Inode, Name: saved.Name, Container: saved.Container},
		Fields: fields, facts: savedFacts{saved}, report: r.report,
	}
	return space.visit(r.visitor, func() error {
		for _, some := range r.passes(states) {
			if err := r.Rows(ctx, snapshot.Want{Namespace: ns, States: some}, r.offer); err != nil {
				return err
			}
		}
		return nil
	})
}

// savedFacts are the facts that were saved with a namespace.
type savedFacts struct{ *snapshot.Namespace }

func (f savedFacts) sysctl(name string) (string, error) {
	value, ok := f.Files[sysctl.File(name)]
	if !ok {
		return "", fs.ErrNotExist
	}
	return strings.TrimSpace(value), nil
}

func (f savedFacts) counters() (map[string]uint64, error) {
	return procfs.ParseCounters(strings.NewReader(f.Files["/proc/net/netstat"]))
}

func (f savedFacts) files([]string) (map[string]string, []problem.Gap) { return f.Files, f.Missing }

// passes splits the states as sockdiagRows does, so that rows come in the same order.
func (r *replay) passes(states tcp.StateSet) []tcp.StateSet {
	late := states & deferred()
	if r.Tail.Engine != "sock_diag" || !r.need.owner || late == 0 {
		return []tcp.StateSet{states}
	}
	return []tcp.StateSet{states &^ late, late}
}

// offer shows a socket if the filter chooses it.
func (r *replay) offer(s *socket.Socket, byPlace *socket.Owner) bool {
	if r.stopped {
		return false
	}
	switch {
	case !r.need.owner:
		s.Owner = nil // the live host would not have looked for an owner
	case !r.need.processes:
		s.Owner = byPlace
	}
	switch r.filter.Match(s) {
	case query.Yes:
		r.stopped = !r.visitor.Row(s)
	case query.Unknown:
		r.report.Undecided++
	default: // nobody asked for it
	}
	return !r.stopped
}

// gaps adds the gaps that the live host would have met with this question.
func (r *replay) gaps(states tcp.StateSet) {
	for _, g := range r.Tail.Gaps {
		told := true
		switch g.When {
		case snapshot.Always:
		case snapshot.WhenBound:
			told = states.Has(tcp.Bound)
		case snapshot.WhenProcesses:
			told = r.need.processes
		case snapshot.WhenPlaces:
			told = r.need.places || r.need.processes || r.Machine.Scope != "self"
		case snapshot.WhenUsers:
			told = r.need.fields.Has(socket.FieldUser)
		default: // a condition of a later version: better shown than hidden
		}
		if told {
			r.report.Gaps = append(r.report.Gaps, g.Gap)
		}
	}
}
