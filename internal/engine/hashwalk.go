// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// hashwalkCensus counts by state and kernel object inside the kernel.
func hashwalkCensus(ctx context.Context, h *Host) (*query.Census, error) {
	q := Counting{Keys: stateKeys(), Unowned: true}
	c := &query.Census{Exact: true, OwnersKnown: true}
	r, err := h.countByWalk(ctx, q, func(s *socket.Socket, n Counted) {
		c.Add(s.State, s.Kind, n.Sockets)
		c.AddUnownedN(s.State, n.Unowned)
	})
	if err != nil {
		return nil, err
	}
	c.Exact, c.Gaps = r.Exact, r.Gaps
	c.Passing = beside(ctx, connectionsOf(&c.Tally))
	return c, nil
}

// fullQueues counts the listeners of this namespace whose accept queue is full,
// of which a walk tells nothing. The dump looks at listeners alone, and the
// kernel leaves the table of connections out for it (net/ipv4/inet_diag.c
// inet_diag_dump_icsk). Where it cannot be had nothing is known, and nothing is
// said: it was not asked for.
func fullQueues(ctx context.Context) uint64 {
	var d dump
	conn, err := sockdiag.Open()
	if err != nil {
		return 0
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	if err := conn.Dump(ctx, sockdiag.Request{States: tcp.SetOf(tcp.Listen)}, d.visit); err != nil {
		return 0
	}
	return d.seen.FullQueues
}

// stateKeys are those of a census.
func stateKeys() query.Keys {
	return query.Keys{{Field: socket.FieldState.Field()}, {Field: socket.FieldKind.Field()}}
}

// countByWalk lets the kernel count.
func (h *Host) countByWalk(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	w, why := walkQuery(q)
	if why != nil {
		return nil, &problem.UnsupportedError{Feature: hashwalkName, Reason: why.Error(), Zh: "这里不支持 " + hashwalkName + "：" + problem.Wording(why, true)}
	}
	a, spaces, err := h.walkScope(ctx, q)
	if err != nil {
		return nil, err
	}
	if !h.scope.All() {
		for inode := range spaces {
			w.Netns = append(w.Netns, inode)
		}
	}
	walker, err := h.walk()
	if err != nil {
		return nil, err
	}
	if w.Sample, err = sampleFor(ctx, walker, w, q); err != nil {
		return nil, err
	}
	if w.Sample > 1 {
		w.Offset = rand.Uint32()
	}
	result, err := walker.Walk(ctx, w)
	if err != nil {
		return nil, err
	}
	report := walkReport(result)
	report.OwnersKnown = q.Unowned
	if !h.scope.All() {
		report.Namespaces = len(spaces)
	}
	for i := range result.Rows {
		row := &result.Rows[i]
		a.nameGroup(&row.Socket, spaces)
		visit(&row.Socket, Counted{Sockets: row.Sockets, Unowned: row.Unowned, Sampled: row.Sampled, Squares: row.Squares})
	}
	return report, nil
}

// walkScope finds the namespaces that are asked for, by inode. For all of the
// host they are only looked for where somebody wants their names. One that may
// not be entered is no gap: the walk sees it all the same.
func (h *Host) walkScope(ctx context.Context, q Counting) (*annotator, map[uint64]*socket.Netns, error) {
	a, err := h.annotator(ctx, q.Keys.Needs().Sources())
	if err != nil {
		return nil, nil, err
	}
	spaces := map[uint64]*socket.Netns{}
	if h.scope.All() && !q.namesSpaces() {
		return a, spaces, nil
	}
	found, _, err := h.spaces(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, ns := range found {
		inode := ns.Inode
		if ns.Self && !h.scope.All() { // the namespace of the calling thread, as for every engine
			here, err := netns.Here()
			if err != nil {
				return nil, nil, err
			}
			inode = here.Inode
		}
		spaces[inode] = &socket.Netns{Inode: inode, Name: ns.Name, Container: ns.Container}
	}
	return a, spaces, nil
}

func (q Counting) namesSpaces() bool {
	for _, k := range q.Keys {
		if isNetnsKey(k.Field.ID) {
			return true
		}
	}
	return false
}

// nameGroup adds names to what the kernel knows by number. A namespace that no
// process lives in, and that is mounted nowhere in sight, has none but its
// number.
func (a *annotator) nameGroup(s *socket.Socket, spaces map[uint64]*socket.Netns) {
	if s.Netns != nil {
		if known := spaces[s.Netns.Inode]; known != nil {
			s.Netns = known
		} else if s.Netns.Name == "" {
			s.Netns.Name = strconv.FormatUint(s.Netns.Inode, 10)
		}
	}
	if a.need.fields.Has(socket.FieldCgroup) && s.Known.Has(socket.FieldCgroupID) {
		s.Cgroup = a.cgroup(s.CgroupID)
	}
}

// walkReport says how a walk went. A namespace that ended meanwhile took its
// sockets along: nothing of what is there now is missing.
func walkReport(r *hashwalk.Result) *Report {
	report := &Report{Engine: hashwalkName, Exact: r.Exact(), Namespaces: r.Namespaces}
	if r.Slots < r.SlotsOfAll && r.Slots > 0 {
		report.Sample = &query.Sample{Buckets: r.Slots, Of: r.SlotsOfAll}
		report.Exact = r.Unsettled == 0 && r.Overflow == 0
	}
	add := func(n uint64, code problem.Code) {
		if n > 0 {
			report.Gaps = append(report.Gaps, problem.Unread(hashwalkName, code, n))
		}
	}
	add(r.Unsettled, problem.ChainsUnsettled)
	add(r.Overflow, problem.GroupsFull)
	return report
}

// trialSample is the sample that the time of a whole walk is guessed from.
const trialSample = 512

// sampleFor returns what part of the buckets to walk: what was asked for, or what
// fits into the time that was.
func sampleFor(ctx context.Context, walker *hashwalk.Walker, w hashwalk.Query, q Counting) (uint32, error) {
	if q.Within <= 0 {
		return q.Sample, nil
	}
	w.Sample, w.Offset = trialSample, rand.Uint32()
	r, err := walker.Walk(ctx, w)
	if err != nil {
		return 0, err
	}
	whole := r.Elapsed * trialSample
	sample := uint32(1)
	for whole/time.Duration(sample) > q.Within && sample < maxSample {
		sample *= 2
	}
	return sample, nil
}

// maxSample is the thinnest sample: of a table of 262,144 buckets it looks at four.
const maxSample = 1 << 16
