// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"errors"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Options tell what is to be closed.
type Options struct {
	Source engine.Source // must be a live host
	Filter *query.Filter
	// Session has the connections of this login session. They are spared unless the
	// filter names their process.
	Session *Session
	// Destroyer closes sockets; nil means the kernel.
	Destroyer Destroyer
}

// A Destroyer closes sockets in the network namespace of the calling thread.
type Destroyer interface {
	// Probe returns why it cannot close: a [*problem.PermissionError] or a
	// [*problem.UnsupportedError]. After any other error the answer is unknown.
	Probe(ctx context.Context) error
	// Destroy is [sockdiag.Conn.Destroy].
	Destroy(ctx context.Context, targets []sockdiag.Target, told func(i int, err error)) error
}

// Kernel is the real [Destroyer].
type Kernel struct{}

// Probe is [sockdiag.ProbeDestroy].
func (Kernel) Probe(ctx context.Context) error { return sockdiag.ProbeDestroy(ctx) }

// worthTwo is the number of targets above which two processors close faster than one.
const worthTwo = 4096

// Destroy is [sockdiag.Conn.Destroy]. The kernel closes while it handles a request,
// so many targets are requested on two connections: since Linux 6.9 these do not wait
// for each other (net/core/sock_diag.c lost its mutex). A netlink socket belongs to
// the namespace in which it was opened, whichever thread uses it.
func (Kernel) Destroy(ctx context.Context, targets []sockdiag.Target, told func(int, error)) error {
	conn, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the connection carries no data
	if len(targets) < worthTwo {
		return conn.Destroy(ctx, targets, told)
	}
	other, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer other.Close() //nolint:errcheck // the connection carries no data
	half := len(targets) / 2
	var answers []error
	done := make(chan error, 1)
	go func() {
		done <- other.Destroy(ctx, targets[half:], func(_ int, err error) { answers = append(answers, err) })
	}()
	err = conn.Destroy(ctx, targets[:half], told)
	if failed := <-done; err == nil {
		err = failed
	}
	for i, answer := range answers {
		told(half+i, answer)
	}
	return err
}

// A Preview is the set of sockets that a filter chose.
type Preview struct {
	// Victims are the sockets to close, in the order in which they were read.
	Victims []Victim
	// Spared are sockets that match but will not be closed.
	Spared []Spared
	// Totals counts the victims by process and state. Its names are safe to show.
	Totals *query.Groups
	// Inferred counts the victims whose owner was inferred.
	Inferred *query.Groups
	// Barred is why nothing can be closed anywhere: a [*problem.PermissionError] or a
	// [*problem.UnsupportedError]. It is probed only if there are victims and more
	// than a preview is wanted.
	Barred error
	Report *engine.Report

	o           Options
	index       map[identity]int // index in Victims
	sparedIndex map[identity]bool
}

// Spared is a socket that will not be closed.
type Spared struct {
	Victim
	Reason Reason
	Detail string
}

// ErrEverything returns the error of a filter that is true for every connection.
func ErrEverything(filter string) error {
	msg := "a filter is missing: without one every connection of this host would be closed"
	zh := "缺少过滤条件：没有它，本机的每个连接都会被关闭"
	if filter != "" {
		msg = "the filter leaves nothing out: " + filter + " is true for every connection, or for every one of a process or network namespace, and all of them would be closed"
		zh = "过滤条件没有排除任何连接：" + filter + " 对每个连接（或每个属于进程、网络命名空间的连接）都成立，它们会全部被关闭"
	}
	return &problem.UsageError{
		Msg:    msg,
		Hint:   "say which, as for tcpvitals list: tcpvitals kill 'state close-wait and sport = :8080'",
		Zh:     zh,
		HintZh: "请像 tcpvitals list 那样说明是哪些：tcpvitals kill 'state close-wait and sport = :8080'",
	}
}

// Look reads which sockets the filter chooses. With dry nothing will be closed, and
// Look does not probe whether it could be. Errors are those of [engine.Source.Rows],
// and a [*problem.UsageError] for a filter that leaves nothing out or a source that
// is not a live host.
func Look(ctx context.Context, o Options, dry bool) (*Preview, error) {
	if o.Filter.Everything() {
		return nil, ErrEverything(o.Filter.String())
	}
	if !o.Source.About().Live {
		return nil, &problem.UsageError{Msg: "only sockets of a live host can be closed", Zh: "只能关闭正在运行的主机上的套接字"}
	}
	if o.Destroyer == nil {
		o.Destroyer = Kernel{}
	}
	if err := o.Session.ends(ctx, o.Source); err != nil {
		return nil, err
	}
	p := &Preview{o: o, index: map[identity]int{}, Totals: totals(), Inferred: totals()}
	l := &looking{Preview: p, ctx: ctx, dry: dry}
	var err error
	p.Report, err = o.Source.Rows(ctx, engine.Scan{Filter: o.Filter, Fields: Fields().Union(p.Totals.Needs()).Union(subflows()).Union(o.Filter.Needs())}, l)
	if err != nil {
		return nil, err
	}
	if o.Session != nil {
		p.Report.Gaps = append(p.Report.Gaps, o.Session.gaps...)
	}
	if len(p.Victims) == 0 {
		p.Barred = l.barred
	}
	return p, nil
}

// subflows returns the fields with which the kernel also tells whether a socket is
// part of an MPTCP connection. It does so only together with struct tcp_info
// (net/ipv4/inet_diag.c inet_sk_diag_fill), and on Linux 6.1 and 6.12, like the mark,
// only to CAP_NET_ADMIN.
func subflows() socket.FieldSet { return socket.FieldsOf(socket.FieldRTT, socket.FieldMark) }

// Partial reports whether sockets that match may have been missed. Unknown owners
// matter only for a filter that asks for owners.
func (p *Preview) Partial() bool {
	if !p.Report.Exact {
		return true
	}
	asks := p.o.Filter.Needs()
	owners := asks.Costs(socket.CostScan) || !asks.Intersect(socket.FieldsOf(
		socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldOwnerOf, socket.FieldOwnerWhy, socket.FieldCgroup)).Empty()
	for _, g := range p.Report.Gaps {
		if !g.Structural && (owners || !aboutOwners(g)) {
			return true
		}
	}
	return false
}

// aboutOwners reports whether a gap of internal/kernel/procfs or internal/owner is
// about owners of sockets.
func aboutOwners(g problem.Gap) bool {
	return g.Source == "/proc/PID/fd" || g.Source == "/proc" || g.Source == "cgroups"
}

// totals returns empty groups by process and state.
func totals() *query.Groups {
	keys, err := query.ParseKeys("process,pid,state")
	if err != nil {
		panic(err) // both names are fields
	}
	return query.NewGroups(query.GroupOptions{Keys: keys, Pivot: true})
}

// Matched returns how many sockets the filter chose.
func (p *Preview) Matched() int { return len(p.Victims) + len(p.Spared) }

// looking is the visitor of the first look.
type looking struct {
	*Preview

	ctx    context.Context //nolint:containedctx // it lives as long as one call of Rows
	dry    bool
	from   int   // index of the first victim of this namespace
	barred error // why nothing in this namespace can be closed
	unable error // why this kernel cannot close anything
	row    socket.Socket
}

// Reset starts over, because the table changed while it was read.
func (l *looking) Reset() {
	l.Victims, l.Spared, l.barred = nil, nil, nil
	l.index, l.Totals, l.Inferred = map[identity]int{}, totals(), totals()
}

// Enter begins a namespace.
func (l *looking) Enter(*engine.Space) error {
	l.from = len(l.Victims)
	return nil
}

// Row takes one socket that matches.
func (l *looking) Row(s *socket.Socket) bool {
	v := victimOf(s)
	if reason, detail := l.o.spares(s); reason != "" {
		l.Spared = append(l.Spared, Spared{v, reason, detail})
		return true
	}
	id := v.identity()
	if _, twice := l.index[id]; !twice {
		l.index[id] = len(l.Victims)
		l.Victims = append(l.Victims, v)
	}
	return true
}

// Leave ends a namespace. If it has victims, Leave probes whether they can be closed,
// and holds the namespace for the later looks.
func (l *looking) Leave(space *engine.Space) error {
	here := l.Victims[l.from:]
	if len(here) > 0 && !l.dry {
		if reason, err := l.probe(); reason != "" {
			l.barred = err
			for _, v := range here {
				delete(l.index, v.identity())
				l.Spared = append(l.Spared, Spared{Victim: v, Reason: reason})
			}
			l.Victims = l.Victims[:l.from]
			here = nil
		} else if err := space.Hold(); err != nil { // the user confirms sockets of this very namespace
			return err
		}
	}
	for i := range here {
		here[i].Show(&l.row)
		l.Totals.Add(&l.row)
		if l.row.Owner != nil && l.row.Owner.Confidence == socket.OwnerInferred {
			l.Inferred.Add(&l.row)
		}
	}
	return nil
}

// probe returns why nothing can be closed in this namespace. What the kernel cannot
// do at all is probed only once.
func (l *looking) probe() (Reason, error) {
	if l.unable != nil {
		return NoSupport, l.unable
	}
	reason, err := barred(l.o.Destroyer.Probe(l.ctx))
	if reason == NoSupport {
		l.unable = err
	}
	return reason, err
}

// spares returns why a socket is not closed, as far as that is known before asking
// the kernel.
func (o *Options) spares(s *socket.Socket) (reason Reason, detail string) {
	switch {
	case !s.Known.Has(socket.FieldCookie) || s.Cookie == 0:
		return Nameless, ""
	case s.Kind == socket.Idle || s.State == tcp.Bound:
		return Idle, ""
	case s.State == tcp.Listen && !o.Filter.Names(tcp.Listen, s):
		return Listener, ""
	}
	if a, ok := o.Session.holds(s); ok && !o.named(s, a) {
		return OwnSession, a.String()
	}
	return "", ""
}

// named reports whether the filter names the process by its pid: the ancestor's or,
// if several processes share the socket, that of the process that rows show.
func (o *Options) named(s *socket.Socket, a ancestor) bool {
	if a.pid != 0 && o.Filter.NamesNumber(socket.FieldPID, uint64(a.pid), s) {
		return true
	}
	return s.Owner != nil && s.Owner.Process != nil && o.Filter.NamesNumber(socket.FieldPID, uint64(s.Owner.Process.PID), s)
}

// barred returns the reason for an error that means that nothing can be closed.
func barred(err error) (Reason, error) {
	if errors.Is(err, problem.ErrNotSupported) {
		return NoSupport, err
	}
	if _, ok := errors.AsType[*problem.PermissionError](err); ok {
		return NoRight, err
	}
	return "", nil
}

// States returns the states of the victims, in the order of a connection's life.
func (p *Preview) States() []tcp.State {
	var set tcp.StateSet
	for i := range p.Victims {
		set |= tcp.SetOf(p.Victims[i].state)
	}
	return slices.Collect(set.All())
}
