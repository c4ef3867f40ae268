// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// RowsSnapshot is [Rows] on a saved machine: it answers as the host itself did
// when it was saved, under the name of the engine that read it then.
func RowsSnapshot(ctx context.Context, f *snapshot.File, q Scan, visit Visit) (*Report, error) {
	r := &replay{
		File: f, filter: q.Filter, need: needsOf(q.fields()), visit: visit,
		report: &Report{Engine: f.Tail.Engine, Exact: f.Tail.Exact, Limits: f.Tail.Limits, Namespaces: len(f.Namespaces)},
	}
	r.need.processes = r.need.processes || r.need.owner && f.Tail.NoCgroups
	states, _, _ := query.Split(q.Filter, socket.FieldSet{})
	r.gaps(states)
	for ns := range f.Namespaces {
		r.recall(&f.Namespaces[ns], q)
		for _, some := range r.passes(states) {
			if err := f.Rows(ctx, snapshot.Want{Namespace: ns, States: some}, r.offer); err != nil {
				return nil, err
			}
		}
	}
	r.report.Gaps = append(r.report.Gaps, undecided(r.report.Undecided)...)
	return r.report, nil
}

// CensusSnapshot is [Census] on a saved machine.
func CensusSnapshot(ctx context.Context, f *snapshot.File) (*query.Census, error) {
	c, err := CountRows(nil, func(q Scan, visit Visit) (*Report, error) { return RowsSnapshot(ctx, f, q, visit) })
	if err != nil {
		return nil, err
	}
	c.OtherNamespaces = f.Machine.OtherNamespaces
	return c, nil
}

// SnapshotFilterOptions are the names that a filter may use on a saved machine.
func SnapshotFilterOptions(f *snapshot.File) query.Options {
	q := query.Options{Service: servicePort, Host: localhost}
	if f.Machine.Devices == nil {
		return q // several namespaces: as on the live host, see FilterOptions
	}
	q.Device = func(name string) (uint32, bool) { index, ok := f.Machine.Devices[name]; return index, ok }
	q.Cgroup = f.Cgroup
	q.Ephemeral = f.Machine.Ephemeral
	return q
}

// A replay answers one question from a snapshot.
type replay struct {
	*snapshot.File

	filter  *query.Filter
	need    needs
	visit   Visit
	report  *Report
	stopped bool
}

// recall takes from the saved files what the question wants beside sockets, as
// readSysctls and readCounters do on the live host.
func (r *replay) recall(ns *snapshot.Namespace, q Scan) {
	for _, name := range q.Sysctls {
		if value, ok := ns.Files[sysctl.File(name)]; ok {
			r.report.keep(ns.Inode, name, strings.TrimSpace(value))
		}
	}
	if q.OnSysctls != nil {
		q.OnSysctls(ns.Inode, r.report.Sysctls[ns.Inode])
	}
	if q.onNamespace != nil {
		q.onNamespace(ns)
	}
	if !q.Counters {
		return
	}
	all, err := procfs.ParseCounters(strings.NewReader(ns.Files["/proc/net/netstat"]))
	if err != nil {
		r.report.note(problem.Gap{Source: "/proc/net/netstat", Reason: err.Error()})
		return
	}
	if r.report.Counters == nil {
		r.report.Counters = Counters{}
	}
	r.report.Counters[ns.Inode] = all
}

// passes splits the states as sockdiagRows does, so that rows come in the same
// order.
func (r *replay) passes(states tcp.StateSet) []tcp.StateSet {
	late := states & deferred()
	if r.Tail.Engine != "sock_diag" || !r.need.owner || late == 0 {
		return []tcp.StateSet{states}
	}
	return []tcp.StateSet{states &^ late, late}
}

// offer shows a socket when the filter chooses it.
func (r *replay) offer(s *socket.Socket, byPlace *socket.Owner) bool {
	if r.stopped {
		return false
	}
	switch {
	case !r.need.owner:
		s.Owner = nil // the live host would not have looked for one
	case !r.need.processes:
		s.Owner = byPlace
	}
	switch r.filter.Match(s) {
	case query.Yes:
		r.stopped = !r.visit(s)
	case query.Unknown:
		r.report.Undecided++
	default: // not asked for
	}
	return !r.stopped
}

// gaps tells those that the live host would have met with this question.
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
		default: // of a later version: better told than kept back
		}
		if told {
			r.report.Gaps = append(r.report.Gaps, g.Gap)
		}
	}
}
