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

// An Examination says how closely a machine is looked at for [diagnose.Judge].
type Examination struct {
	// Deep reads struct tcp_info of every connection, however many there are.
	Deep bool
	// NATTimeout is after how much silence something on the way forgets a
	// connection, 0 when that is not known.
	NATTimeout time.Duration
	// Alone says that there is no other look to compare this one with: then it
	// keeps less.
	Alone bool
	// Owners looks up whose the sockets are that findings will be about.
	Owners bool
	// Traced says that a trace knows who closed what nobody has open any more.
	Traced bool
	// CrossCheck keeps the kernel's own numbers from before and behind the rows, to
	// set beside them.
	CrossCheck bool
	// Within is the time since an earlier look, 0 without one.
	Within time.Duration
	// Since is that earlier look; nil without one. Listeners that dropped
	// connections since are in trouble.
	Since *diagnose.Machine
}

// An Examined machine is ready to be judged.
type Examined struct {
	Machine *diagnose.Machine
	Report  *engine.Report
	// CrossChecks are what [Examination].CrossCheck asked for, one for each of
	// Machine.Spaces; nil for a listing, which has none.
	CrossChecks []*diagnose.CrossCheck
	// Format names the kind of listing; empty for others.
	Format string
	// Parts are what was found in each part of a listing alone, where nothing
	// tells how they belong together; nil elsewhere.
	Parts []*diagnose.Diagnosis
	// Ownerless says that a process that could not be seen has a socket open that
	// findings may be about.
	Ownerless bool
	// Judged tells which part of a listing was judged; nil where it has one only.
	Judged *problem.Gap
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

	machine     *diagnose.Machine
	space       *diagnose.Space // that is being read
	crossChecks []*diagnose.CrossCheck
	room        *diagnose.ListenerRoom
	gaps        []problem.Gap
	ownerless   bool              // see [Examined]
	sysctls     map[string]string // of the namespace before
	counters    diagnose.Numbers  // likewise
	gauges      diagnose.Numbers
}

func (x *examiner) scan() engine.Scan {
	return engine.Scan{Fields: diagnose.ReadingFields().Union(diagnose.DeepFields())}
}

// Leave ends a namespace: of the live host with the kernel's numbers once more.
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

// multipath asks for the MPTCP connections of a namespace where there are some.
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

// Enter begins a namespace with its facts, and says which fields of its sockets
// to read.
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

// shared returns the parameters of the namespace before where these are the same,
// as they are in most of hundreds of containers. Nobody changes them.
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

// ports prepares the reading of local ports; without the range it stays empty.
func (x *examiner) ports(inode uint64, facts diagnose.Facts) {
	ports := &diagnose.PortReading{Rules: map[uint64]*diagnose.PortRules{}, Within: x.Within, Recycled: map[uint64]uint64{}}
	if n, ok := facts.Counters.Of("TcpExt.TWRecycled"); ok {
		ports.Recycled[inode] = n
	}
	x.space.Sockets.Ports = ports
	if _, known := facts.Sysctls[diagnose.SysctlPortRange]; !known {
		return // the facts say why
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

// Reset begins anew, see [engine.Again]. What is known of the whole host stays.
func (x *examiner) Reset() {
	x.machine.Spaces, x.space, x.crossChecks, x.room, x.gaps = nil, nil, nil, nil, nil
}

// examined is the end.
func (x *examiner) examined(report *engine.Report) *Examined {
	report.Gaps = append(report.Gaps, x.gaps...)
	report.Gaps = append(report.Gaps, listenersLeftOut(x.machine)...)
	x.machine.Gaps = report.Gaps
	return &Examined{Machine: x.machine, Report: report, CrossChecks: x.crossChecks, Ownerless: x.ownerless}
}

// listenersLeftOut says how many listeners of a machine there was no room for.
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

// Examine reads what a source tells with all that the rules look at. Errors are
// those of [engine.Source].Rows.
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
	if !h.Proc().Elsewhere() { // what is beside the tree is of this machine
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
// depend on them. Where nobody can say whose a finding is, [Window.Gaps] takes it back.
func asides(gaps []problem.Gap) []problem.Gap {
	out := slices.Clone(gaps)
	for i := range out {
		out[i].Structural = true
	}
	return out
}

// sysctlFiles are the lines that set kernel parameters on this host; nil where they
// cannot be read.
func sysctlFiles() []diagnose.SysctlLine {
	found, err := audit.Search("/")
	if err != nil {
		return nil
	}
	lines := []diagnose.SysctlLine{} // read, if there are none
	for _, f := range found.Files {
		for _, l := range f.Lines {
			if l.Assigns() {
				lines = append(lines, diagnose.SysctlLine{File: l.File, Line: l.Number, Key: l.Key, Value: l.Value})
			}
		}
	}
	return lines
}

// othersThan counts the namespaces that were not read; nil when not known.
func othersThan(ctx context.Context, h *engine.Host, report *engine.Report) *int {
	if h.About().Scope == "all" {
		n := report.Unread
		return &n
	}
	n, err := netns.CountOthers(ctx)
	if err != nil {
		return nil
	}
	return &n // of one other namespace: that of this process in its place
}

func examineSaved(ctx context.Context, m *engine.Saved, e Examination) (*Examined, error) {
	f := m.File()
	x := &examiner{Examination: e, machine: &diagnose.Machine{
		Kernel: f.Machine.Kernel, Others: f.Machine.OtherNamespaces, Host: hostFacts(factsOf(f.Machine.Files, f.Machine.Missing)),
	}}
	scan := x.scan()
	if e.Owners { // they are in the file
		scan.Fields = scan.Fields.Union(ownerFields())
	}
	report, err := m.Rows(ctx, scan, x)
	if err != nil {
		return nil, err
	}
	x.savedAsides(f, report)
	return x.examined(report), nil
}

// savedAsides is asides for a snapshot, where they are told only if somebody's
// owner is.
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

// listingFacts are those of a listing: none.
func listingFacts() diagnose.Facts {
	f := emptyFacts()
	f.Absent[""] = knowledge.Absence{Code: knowledge.AbsentListing}
	return f
}
