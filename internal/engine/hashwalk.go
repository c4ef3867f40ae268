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

// fullQueues counts the listeners of this namespace whose accept queue is full; a
// walk does not tell them. The dump asks for listeners alone, and the kernel then
// skips the table of connections (net/ipv4/inet_diag.c inet_diag_dump_icsk). If the
// dump fails the answer is 0 and there is no gap: nobody asked for this number.
func fullQueues(ctx context.Context) uint64 {
	var d dump
	conn, err := sockdiag.Open()
	if err != nil {
		return 0
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
	if err := conn.Dump(ctx, sockdiag.Request{States: tcp.SetOf(tcp.Listen)}, d.visit); err != nil {
		return 0
	}
	return d.seen.FullQueues
}

// stateKeys returns the keys of a census by state.
func stateKeys() query.Keys {
	return query.Keys{{Field: socket.FieldState.Field()}, {Field: socket.FieldKind.Field()}}
}

// countByWalk lets the kernel count the sockets.
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
	w.MaxRows = rowsFor(len(spaces))
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

// walkScope finds the namespaces that are asked for, by inode. For the whole host it
// looks for them only if somebody wants their names. A namespace that may not be
// entered is no gap here: the walk sees its sockets all the same.
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
		if ns.Self && !h.scope.All() { // this engine too answers for the namespace of the calling thread
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

// nameGroup adds names to what the kernel knows by number. A namespace without a
// process and without a visible mount has only its number.
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

// walkReport reports how a walk went. A namespace that ended during the walk took its
// sockets along: no socket that exists now is missing.
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

// trialSample is the sample of a first, short walk, from which the time of a whole
// walk is estimated.
const trialSample = 512

// sampleFor returns the sample to walk: the one asked for, or the one that fits into
// the time asked for.
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

// maxSample is the thinnest sample. In a table of 262,144 buckets it looks at four.
const maxSample = 1 << 16
