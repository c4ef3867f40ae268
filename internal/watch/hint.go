// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A hint is what can be shown of a new question before the first whole look is there,
// which takes seconds on a large host. It says what it is, is not kept in the history,
// and is gone with that look.
type hint struct {
	serial uint64 // number of the question
	groups *query.Grouped
	oneIn  uint32 // the groups are estimates from one in so many buckets, if not 0
	lacks  bool   // the groups lack keys that take longer, the sockets lack whose they are
	rows   []*socket.Socket
}

const (
	hintSockets = 1 << 14                // about how many sockets an estimate of groups is made from
	firstHint   = 50 * time.Millisecond  // after this time a count tells what it has so far
	hintEvery   = 500 * time.Millisecond // later hints come at this interval
	hintGroups  = 1000                   // the most groups that are copied for that
)

// hint sends what can be told at once of a question, on a host with so many sockets:
// groups as they are in a part of the table. What the kernel cannot group by is left
// out.
func (l looker) hint(ctx context.Context, q question, sockets uint64) {
	filter, err := collect.Unbound(q.filter, l.source.Names())
	if q.by == nil || err != nil {
		return
	}
	state, _ := socket.Lookup("state")
	h := &hint{serial: q.serial, oneIn: 2}
	for uint64(h.oneIn)*hintSockets < sockets {
		h.oneIn *= 2
	}
	for _, keys := range []query.Keys{q.by, {{Field: state}}} {
		sums := query.NewGroups(query.GroupOptions{Keys: keys})
		counting := engine.Counting{Filter: filter, Keys: keys, Sample: h.oneIn}
		report, err := collect.CountPart(ctx, l.source, counting, func(s *socket.Socket, n engine.Counted) {
			if n.Sampled {
				sums.AddSampled(s, n.Sockets, n.Squares)
			} else {
				sums.AddN(s, n.Sockets)
			}
		})
		if err == nil {
			sums.Scale(*report.Sample)
			h.groups = sums.Top(mostGroups)
			l.hints(h)
			return
		}
		h.lacks = true
	}
}

// progress returns a function that is told of each step of a count and sends, now and
// then, what it has so far.
func (l looker) progress(q question) func(*query.Groups) {
	if l.hints == nil {
		return func(*query.Groups) {}
	}
	steps, next := 0, l.now().Add(firstHint)
	return func(sums *query.Groups) {
		if steps++; steps%256 > 0 || sums.Len() > hintGroups || l.now().Before(next) {
			return
		}
		next = l.now().Add(hintEvery)
		l.hints(&hint{serial: q.serial, groups: sums.Clone().Top(mostGroups)})
	}
}

// hinted receives a hint.
func (m *model) hinted(h *hint) {
	if h.serial == m.asked.serial && (m.now == nil || m.now.Value.serial != h.serial) {
		m.hint = h
	}
}

// hintText says what the shown groups are.
func (m *model) hintText(h *hint) string {
	switch {
	case h.oneIn == 0:
		return fmt.Sprintf(m.say("so far, of the first %s sockets; all are being counted…", "目前为止，来自前 %s 个套接字；正在统计全部…"), knowledge.Grouped(h.groups.Total))
	case h.lacks:
		return fmt.Sprintf(m.say("estimated from 1/%d, without BOUND; those by %s are being counted…", "按 1/%d 估计，不含 BOUND；正在按 %s 统计…"), h.oneIn, m.by)
	default:
		return fmt.Sprintf(m.say("estimated from 1/%d, without BOUND; all are being counted…", "按 1/%d 估计，不含 BOUND；正在统计全部…"), h.oneIn)
	}
}

// estimate returns an estimate and its error as text.
func (m *model) estimate(e *query.Estimate) (count, spread string) {
	switch {
	case e.Low == e.High:
		return knowledge.Grouped(e.Value), ""
	case e.Thin:
		return m.sign("≤", "<=") + about(e.High), ""
	default:
		half := max(e.Value-min(e.Low, e.Value), e.High-e.Value)
		return "~" + about(e.Value), fmt.Sprintf("%s%.1f %%", m.sign("±", "+-"), 100*float64(half)/float64(max(1, e.Value)))
	}
}
