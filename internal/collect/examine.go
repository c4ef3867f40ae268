// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// An Examination says how closely Examine reads a machine for [diagnose.Judge].
type Examination struct {
	// Deep reads struct tcp_info of every connection, however many there are.
	Deep bool
	// NATTimeout is the silence after which a NAT or firewall on the path forgets a
	// connection, 0 if it is not known.
	NATTimeout time.Duration
	// Alone says that this reading will not be compared with another one: then less of
	// it is kept in memory.
	Alone bool
	// Owners looks up who owns the sockets that findings may be about.
	Owners bool
	// Traced says that a trace runs and knows who closed the sockets that no process
	// has open any more.
	Traced bool
	// CrossCheck keeps the kernel's own numbers of sockets from before and after
	// reading the rows, to compare them with the rows.
	CrossCheck bool
	// Within is the time since an earlier reading, 0 without one.
	Within time.Duration
	// Since is that earlier reading, nil without one. A listener that dropped
	// connections since then counts as in trouble.
	Since *diagnose.Machine
}

// An Examined machine is ready to be judged.
type Examined struct {
	Machine *diagnose.Machine
	Report  *engine.Report
	// CrossChecks are the results of [Examination].CrossCheck, one for each of
	// Machine.Spaces; nil for a listing, which has no such numbers.
	CrossChecks []*diagnose.CrossCheck
	// Format names the format of a listing; empty for other sources.
	Format string
	// Parts are the diagnoses of the single parts of a listing when nothing tells how
	// the parts are related; nil otherwise.
	Parts []*diagnose.Diagnosis
	// Ownerless says that a process that this user may not inspect holds a socket that
	// findings may be about.
	Ownerless bool
	// Judged tells which part of a listing was judged; nil if the listing has only one
	// part.
	Judged *problem.Gap
}

// Partial reports whether some data could have been read but was lost.
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

// An examiner fills a machine while a scan visits namespaces and rows.
type examiner struct {
	Examination

	machine     *diagnose.Machine
	space       *diagnose.Space // the namespace that is being read
	crossChecks []*diagnose.CrossCheck
	room        *diagnose.ListenerRoom
	gaps        []problem.Gap
	ownerless   bool              // see [Examined].Ownerless
	sysctls     map[string]string // parameters of the previous namespace
	counters    diagnose.Numbers  // numbers of the previous namespace
	gauges      diagnose.Numbers
}

func (x *examiner) scan() engine.Scan {
	return engine.Scan{Fields: diagnose.ReadingFields().Union(diagnose.DeepFields())}
}

// Leave ends a namespace. On a live host it reads the kernel's own numbers a second
// time.
func (x *examiner) Leave(space *engine.Space) error {
	x.space.Spread = space.Spread
	x.multipath(space)
	if !x.CrossCheck {
		return nil
	}
	if files, missing, ok := space.Again(counterFiles()); ok {
		b := x.crossChecks[len(x.crossChecks)-1]
		before := b.Now
		b.Before, b.Now = &before, factsOf(files, missing)
	}
	return nil
}

// multipath reads the MPTCP connections of a namespace that has some.
func (x *examiner) multipath(space *engine.Space) {
	established, _ := x.space.Gauges.Of(diagnose.GaugeMultipath)
	r := x.space.Sockets
	if !r.HasMultipath(established) {
		return
	}
	asked, err := space.Multipath(tcp.SetOf(tcp.CloseWait), r.AddMultipath)
	switch {
	case !asked:
		x.space.Absent[diagnose.MultipathHeld.String()] = knowledge.Absence{Code: knowledge.AbsentLive}
	case err != nil:
		x.space.Absent[diagnose.MultipathHeld.String()] = knowledge.Absence{Code: knowledge.AbsentFailed, Detail: knowledge.ErrorText(err)}
	default:
		r.AskedMultipath()
	}
}

// Enter begins a namespace: it takes the facts and says which fields of the sockets to
// read.
func (x *examiner) Enter(space *engine.Space) error {
	ns, facts := space.Netns, factsOf(space.Files(spacePatterns()))
	facts.Sysctls = x.shared(facts.Sysctls)
	facts.Counters, facts.Gauges = facts.Counters.Like(x.counters), facts.Gauges.Like(x.gauges)
	x.counters, x.gauges = facts.Counters, facts.Gauges
	complete(&x.machine.Host, facts)
	facts.Absent["/proc/PID/limits"] = knowledge.Absence{Code: knowledge.AbsentLive}
	facts.Absent[diagnose.FactUnlisted] = knowledge.Absence{Code: knowledge.AbsentLive}
	x.space = &diagnose.Space{
		Netns: ns,
		Facts: facts, Sockets: &diagnose.Reading{Queues: x.queues(ns.Inode, facts), Idle: diagnose.IdleOf(facts), NATTimeout: x.NATTimeout},
	}
	_, x.space.Initial = facts.Sysctls["net.ipv4.tcp_max_orphans"] // see onlyInitial
	x.ports(ns.Inode, facts)
	x.machine.Spaces = append(x.machine.Spaces, x.space)
	if x.CrossCheck {
		x.crossChecks = append(x.crossChecks, &diagnose.CrossCheck{Sockets: &x.space.Sockets.Tally, OwnersKnown: true, Now: facts})
	}
	if established, _ := facts.Gauges.Of("Tcp.CurrEstab"); x.Deep || established <= diagnose.DeepLimit {
		return nil
	}
	for _, name := range diagnose.DeepWatches() {
		facts.Absent[name] = knowledge.Absence{Code: knowledge.AbsentCostly}
	}
	space.Fields = diagnose.ReadingFields()
	return nil
}

// shared returns the map of the previous namespace if the parameters are the same, as
// in most of hundreds of containers. Nobody changes the map.
func (x *examiner) shared(sysctls map[string]string) map[string]string {
	if len(x.sysctls) == 0 || !maps.Equal(sysctls, x.sysctls) {
		x.sysctls = sysctls
	}
	return x.sysctls
}

func (x *examiner) queues(inode uint64, facts diagnose.Facts) *diagnose.QueueReading {
	if x.room == nil {
		x.room = &diagnose.ListenerRoom{}
	}
	q := &diagnose.QueueReading{Alone: x.Alone, Room: x.room}
	q.Learn(inode, facts.Sysctls, facts.Counters)
	return q
}

// ports prepares the reading of local ports. Without the range of local ports there is
// nothing to read.
func (x *examiner) ports(inode uint64, facts diagnose.Facts) {
	ports := &diagnose.PortReading{Rules: map[uint64]*diagnose.PortRules{}, Within: x.Within, Recycled: map[uint64]uint64{}, Opens: map[uint64]uint64{}}
	if n, ok := facts.Counters.Of("TcpExt.TWRecycled"); ok {
		ports.Recycled[inode] = n
	}
	if n, ok := facts.Counters.Of("Tcp.ActiveOpens"); ok {
		ports.Opens[inode] = n
	}
	x.space.Sockets.Ports = ports
	if _, known := facts.Sysctls[diagnose.SysctlPortRange]; !known {
		return // facts.Absent has the reason
	}
	rules, err := diagnose.ParsePortRules(facts.Sysctls)
	if err != nil {
		x.gaps = append(x.gaps, problem.Failed("ports", err))
		return
	}
	ports.Rules[inode] = rules
}

// Row takes a row.
func (x *examiner) Row(s *socket.Socket) bool {
	x.space.Sockets.Add(s)
	return true
}

// Reset starts the reading again, see [engine.Again]. It keeps what concerns the whole
// host.
func (x *examiner) Reset() {
	x.machine.Spaces, x.space, x.crossChecks, x.room, x.gaps = nil, nil, nil, nil, nil
}

// examined returns the result at the end of a scan.
func (x *examiner) examined(report *engine.Report) *Examined {
	report.Gaps = append(report.Gaps, x.gaps...)
	report.Gaps = append(report.Gaps, listenersLeftOut(x.machine)...)
	x.machine.Gaps = report.Gaps
	return &Examined{Machine: x.machine, Report: report, CrossChecks: x.crossChecks, Ownerless: x.ownerless}
}

// listenersLeftOut is the gap for the listeners of a machine that were not kept
// because there was no room.
func listenersLeftOut(m *diagnose.Machine) []problem.Gap {
	n := uint64(0)
	for _, space := range m.Spaces {
		if q := space.Sockets.Queues; q != nil {
			n += q.LeftOut()
		}
	}
	if n == 0 {
		return nil
	}
	return []problem.Gap{leftOut(n)}
}

// Examine reads from a source everything that the rules need. Its errors are those of
// [engine.Source].Rows.
func Examine(ctx context.Context, src engine.Source, e Examination) (*Examined, error) {
	switch src := src.(type) {
	case *engine.Saved:
		return examineSaved(ctx, src, e)
	case *engine.Listing:
		return examineListing(ctx, src)
	case *engine.Host:
		return examineHost(ctx, src, e)
	default:
		return nil, problem.Errorf("a source of the unknown type %T", "未知类型 %T 的来源", src)
	}
}

func examineHost(ctx context.Context, h *engine.Host, e Examination) (*Examined, error) {
	files, missing := h.Proc().ReadFacts(hostPatterns())
	x := &examiner{Examination: e, machine: &diagnose.Machine{
		Kernel: strings.TrimSpace(files["/proc/sys/kernel/osrelease"]), Host: hostFacts(factsOf(files, missing)),
	}}
	report, err := h.Rows(ctx, x.scan(), x)
	if err != nil {
		return nil, err
	}
	if !h.Proc().Elsewhere() { // only the tree under /proc may come from elsewhere; other sources are always of this machine
		x.machine.Others = othersThan(ctx, h, report)
		x.machine.Files = sysctlFiles()
	}
	if e.Owners {
		gaps, err := x.owners(ctx, h)
		if err != nil {
			return nil, err
		}
		report.Gaps = append(report.Gaps, asides(gaps)...)
		x.ownerless = slices.ContainsFunc(gaps, func(g problem.Gap) bool { return !g.Structural && g.Code.OfProcesses() })
		if err := x.descriptors(ctx, h); err != nil {
			return nil, err
		}
		if err := x.unlisted(ctx, h); err != nil {
			return nil, err
		}
	}
	return x.examined(report), nil
}

// asides marks gaps in owners as structural: whether something is wrong does not
// depend on owners. If a finding then has no owner, [Window.Gaps] undoes the mark.
func asides(gaps []problem.Gap) []problem.Gap {
	out := slices.Clone(gaps)
	for i := range out {
		out[i].Structural = true
	}
	return out
}

// sysctlFiles returns the lines that set kernel parameters in this host's
// configuration files; nil if they cannot be read.
func sysctlFiles() []diagnose.SysctlLine {
	found, err := audit.Search("/")
	if err != nil {
		return nil
	}
	lines := []diagnose.SysctlLine{} // not nil: the files were read, even if they have no lines
	for _, f := range found.Files {
		for _, l := range f.Lines {
			if l.Assigns() {
				lines = append(lines, diagnose.SysctlLine{File: l.File, Line: l.Number, Key: l.Key, Value: l.Value})
			}
		}
	}
	return lines
}

// othersThan counts the namespaces of the host that were not read; nil if the number
// is not known.
func othersThan(ctx context.Context, h *engine.Host, report *engine.Report) *int {
	if h.About().Scope == "all" {
		n := report.Unread
		return &n
	}
	n, err := netns.CountOthers(ctx)
	if err != nil {
		return nil
	}
	return &n // the report covers one other namespace; the namespace of this process takes its place in the sum
}

func examineSaved(ctx context.Context, m *engine.Saved, e Examination) (*Examined, error) {
	f := m.File()
	x := &examiner{Examination: e, machine: &diagnose.Machine{
		Kernel: f.Machine.Kernel, Others: f.Machine.OtherNamespaces, Host: hostFacts(factsOf(f.Machine.Files, f.Machine.Missing)),
	}}
	scan := x.scan()
	if e.Owners { // a snapshot has the owners in it
		scan.Fields = scan.Fields.Union(ownerFields())
	}
	report, err := m.Rows(ctx, scan, x)
	if err != nil {
		return nil, err
	}
	x.savedAsides(f, report)
	return x.examined(report), nil
}

// savedAsides does for a snapshot what asides does for a host. It reports gaps in
// owners only if the owner of some socket matters.
func (x *examiner) savedAsides(f *snapshot.File, report *engine.Report) {
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

// listingFacts are the facts of a listing, which has none: all are absent for that
// reason.
func listingFacts() diagnose.Facts {
	f := emptyFacts()
	f.Absent[""] = knowledge.Absence{Code: knowledge.AbsentListing}
	return f
}
