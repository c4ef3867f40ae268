// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// An Examination says how closely a machine is looked at for [diagnose.Judge].
type Examination struct {
	// Deep reads struct tcp_info of every connection, however many there are.
	Deep bool
	// Alone says that there is no other look to compare this one with: then it
	// keeps less.
	Alone bool
	// Owners looks up whose the sockets are that findings will be about.
	Owners bool
	// Books keeps the kernel's own numbers from before and behind the rows, to
	// set beside them.
	Books bool
	// Within is the time since an earlier look, 0 without one.
	Within time.Duration
	// Since is that earlier look; nil without one. Listeners that dropped
	// connections since are in trouble.
	Since *diagnose.Machine
}

// An Examined machine is ready to be judged.
type Examined struct {
	Machine *diagnose.Machine
	Report  *Report
	// Books are what Examination.Books asked for, one for each of
	// Machine.Spaces; nil for a listing, which has none.
	Books []*diagnose.Books
	// Format names the kind of listing; empty for others.
	Format string
}

// Partial reports whether something was lost that could have been read.
func (e *Examined) Partial() bool { return e.Report.Partial() }

// Tally counts the sockets of all namespaces that were read.
func (e *Examined) Tally() *query.Tally {
	sum := &query.Tally{}
	for _, space := range e.Machine.Spaces {
		for s := range tcp.AllStates.All() {
			for kind, n := range space.Sockets.Tally.Of(s).Kinds {
				sum.Add(s, socket.Kind(kind), n)
			}
		}
	}
	return sum
}

// An examiner fills a machine as a scan goes on.
type examiner struct {
	Examination

	machine *diagnose.Machine
	space   *diagnose.Space // that is being read
	books   []*diagnose.Books
	gaps    []problem.Gap
}

func (x *examiner) scan() Scan {
	return Scan{Fields: diagnose.ReadingFields().Union(diagnose.DeepFields()), onNamespace: x.enter, afterRows: x.leave}
}

// leave ends a namespace of the live host.
func (x *examiner) leave() {
	if x.Books {
		files, missing := procfs.ReadFacts(bookFiles())
		b := x.books[len(x.books)-1]
		before := b.Now
		b.Before, b.Now = &before, factsOf(files, missing)
	}
}

// enter begins a namespace with its facts, and says which fields of its sockets
// to read.
func (x *examiner) enter(ns *snapshot.Namespace) socket.FieldSet {
	facts := factsOf(ns.Files, ns.Missing)
	complete(&x.machine.Host, facts)
	x.space = &diagnose.Space{
		Netns: &socket.Netns{Inode: ns.Inode, Name: ns.Name, Container: ns.Container},
		Facts: facts, Sockets: &diagnose.Reading{Queues: x.queues(ns.Inode, facts), Idle: diagnose.IdleOf(facts)},
	}
	_, x.space.Initial = facts.Sysctls["net.ipv4.tcp_max_orphans"] // see onlyInitial
	x.ports(ns.Inode, facts)
	x.machine.Spaces = append(x.machine.Spaces, x.space)
	if x.Books {
		x.books = append(x.books, &diagnose.Books{Sockets: &x.space.Sockets.Tally, OwnersKnown: true, Now: facts})
	}
	if x.Deep || facts.Gauges["Tcp.CurrEstab"] <= diagnose.DeepLimit {
		return diagnose.ReadingFields().Union(diagnose.DeepFields())
	}
	for _, name := range diagnose.DeepWatches() {
		facts.Absent[name] = knowledge.Text{En: "more than 100,000 connections: --deep looks at each", Zh: "连接超过 100,000 个：--deep 会逐个查看"}
	}
	return diagnose.ReadingFields()
}

func (x *examiner) queues(inode uint64, facts diagnose.Facts) *diagnose.QueueReading {
	q := &diagnose.QueueReading{
		Somaxconn: numbersOf(inode, facts.Sysctls["net.core.somaxconn"]), ListenDrops: map[uint64]uint64{}, Alone: x.Alone,
	}
	if n, ok := facts.Counters["TcpExt.ListenDrops"]; ok {
		q.ListenDrops[inode] = n
	}
	return q
}

// ports prepares the reading of local ports; without the range it stays empty.
func (x *examiner) ports(inode uint64, facts diagnose.Facts) {
	ports := &diagnose.PortReading{Rules: map[uint64]*diagnose.PortRules{}, Within: x.Within}
	x.space.Sockets.Ports = ports
	if _, known := facts.Sysctls[diagnose.SysctlPortRange]; !known {
		return // the facts say why
	}
	rules, err := diagnose.ParsePortRules(facts.Sysctls)
	if err != nil {
		x.gaps = append(x.gaps, problem.Gap{Source: "ports", Reason: err.Error()})
		return
	}
	ports.Rules[inode] = rules
}

// add takes a row.
func (x *examiner) add(s *socket.Socket) bool {
	x.space.Sockets.Add(s)
	return true
}

// examined is the end.
func (x *examiner) examined(report *Report) *Examined {
	report.Gaps = append(report.Gaps, x.gaps...)
	x.machine.Gaps = report.Gaps
	return &Examined{Machine: x.machine, Report: report, Books: x.books}
}

// Examine reads the live host's namespaces with all that the rules look at.
// Errors are those of [Rows].
func Examine(ctx context.Context, o Options, e Examination) (*Examined, error) {
	files, missing := procfs.ReadFacts(hostPatterns())
	x := &examiner{Examination: e, machine: &diagnose.Machine{
		Kernel: strings.TrimSpace(files["/proc/sys/kernel/osrelease"]), Host: hostFacts(factsOf(files, missing)),
	}}
	report, err := Rows(ctx, o, x.scan(), x.add)
	if err != nil {
		return nil, err
	}
	x.machine.Others = othersThan(ctx, o, report)
	x.machine.Files = sysctlFiles()
	if e.Owners {
		gaps, err := x.owners(ctx, o)
		if err != nil {
			return nil, err
		}
		report.Gaps = append(report.Gaps, asides(gaps)...)
	}
	return x.examined(report), nil
}

// asides marks gaps in owners: no verdict rests on them, so that nothing was
// lost by them.
func asides(gaps []problem.Gap) []problem.Gap {
	out := slices.Clone(gaps)
	for i := range out {
		out[i].Structural = true
	}
	return out
}

// sysctlFiles are the lines that set kernel parameters on this host.
func sysctlFiles() []diagnose.SysctlLine {
	lines := []diagnose.SysctlLine{} // read, if there are none
	for _, f := range audit.Search("/").Files {
		for _, l := range f.Lines {
			if l.Assigns() {
				lines = append(lines, diagnose.SysctlLine{File: l.File, Line: l.Number, Key: l.Key, Value: l.Value})
			}
		}
	}
	return lines
}

// othersThan counts the namespaces that were not read; nil when not known.
func othersThan(ctx context.Context, o Options, report *Report) *int {
	if o.scope() == "all" {
		n := report.unread
		return &n
	}
	n, err := netns.CountOthers(ctx)
	if err != nil {
		return nil
	}
	return &n // of one other namespace: that of this process in its place
}

// ExamineSnapshot is [Examine] of a saved machine.
func ExamineSnapshot(ctx context.Context, f *snapshot.File, e Examination) (*Examined, error) {
	x := &examiner{Examination: e, machine: &diagnose.Machine{
		Kernel: f.Machine.Kernel, Others: f.Machine.OtherNamespaces, Host: hostFacts(factsOf(f.Machine.Files, f.Machine.Missing)),
	}}
	scan := x.scan()
	if e.Owners { // they are in the file
		scan.Fields = scan.Fields.Union(ownerFields())
	}
	report, err := RowsSnapshot(ctx, f, scan, x.add)
	if err != nil {
		return nil, err
	}
	x.savedAsides(f, report)
	return x.examined(report), nil
}

// savedAsides is asides for a snapshot, where they are told only if somebody's
// owner is.
func (x *examiner) savedAsides(f *snapshot.File, report *Report) {
	told := len(x.troubled(true)) > 0
	for _, space := range x.machine.Spaces {
		told = told || space.Sockets.Kept() > 0
	}
	for _, g := range f.Tail.Gaps {
		if g.When != snapshot.WhenProcesses && g.When != snapshot.WhenPlaces {
			continue
		}
		report.Gaps = slices.DeleteFunc(report.Gaps, func(other problem.Gap) bool { return other == g.Gap })
		if told {
			report.Gaps = append(report.Gaps, asides([]problem.Gap{g.Gap})...)
		}
	}
}

// ExamineListing is [Examine] of a listing, which may be no more than counts by
// state. Errors are those of [RowsListing].
func ExamineListing(ctx context.Context, r io.Reader, name string) (*Examined, error) {
	x := &examiner{machine: &diagnose.Machine{Listing: true, Host: listingFacts()}}
	x.space = &diagnose.Space{Facts: listingFacts(), Sockets: &diagnose.Reading{Queues: &diagnose.QueueReading{}, Ports: &diagnose.PortReading{}}}
	x.machine.Spaces = []*diagnose.Space{x.space}
	report, result, err := rowsListing(ctx, r, name, Scan{Fields: diagnose.ReadingFields()}, x.add)
	switch {
	case err != nil && result.Format == listing.StateCounts && result.Counts.Total() > 0:
		x.space.Sockets = &diagnose.Reading{Tally: fromListing(result).Tally, Counts: true}
		report = &Report{Engine: "listing", Exact: result.Broken == 0, Gaps: result.Gaps}
		report.limits(result.Limits)
	case err != nil:
		return nil, err
	}
	out := x.examined(report)
	out.Format = result.Format.String()
	return out, nil
}

// listingFacts are those of a listing: none.
func listingFacts() diagnose.Facts {
	f := emptyFacts()
	f.Absent[""] = knowledge.Text{En: "a listing has no counters and no kernel parameters", Zh: "列表中没有计数器和内核参数"}
	return f
}
