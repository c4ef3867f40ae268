// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A lister passes sockets on to the output: as they come, or sorted.
type lister struct {
	out    report.RowWriter
	order  order
	limit  uint64 // 0 for none
	most   int    // how many sockets are sorted without a limit
	people bool   // the output is for people, who know what netstat cannot show
	kept   []*socket.Socket
	total  uint64
	err    error // error of writing; it ended the scan
}

// mostSorted is how many sockets are sorted without a limit.
const mostSorted = 1 << 20

// visit takes one socket and returns false to stop.
func (l *lister) visit(s *socket.Socket) bool {
	if len(l.order) == 0 {
		l.err = l.out.Row(s)
		l.total++
		return l.err == nil && (l.limit == 0 || l.total < l.limit)
	}
	if l.limit == 0 && len(l.kept) == l.most {
		l.err = &problem.UsageError{
			Msg:  fmt.Sprintf("--sort keeps every socket until all are there: more than %d, of which each takes some 0.5 to 1 kB", l.most),
			Hint: "add --limit N, which keeps the first N, a filter, or leave --sort out; tcpvitals census --by counts as many as there are",

			Zh:     fmt.Sprintf("--sort 要等所有套接字到齐：超过 %d 个，每个约占 0.5 到 1 kB", l.most),
			HintZh: "请加 --limit N（只保留前 N 个）或过滤条件，或去掉 --sort；tcpvitals census --by 多少都能统计",
		}
		return false
	}
	l.kept = append(l.kept, s.Clone())
	// With a limit only the best are kept. Sorting now and then is cheaper than
	// inserting each at its place.
	if l.limit > 0 && uint64(len(l.kept)) >= 2*l.limit+1024 {
		l.sort()
	}
	return true
}

// sort orders the collected rows and drops those beyond the limit.
func (l *lister) sort() {
	slices.SortStableFunc(l.kept, l.order.compare)
	if l.limit > 0 && uint64(len(l.kept)) > l.limit {
		clear(l.kept[l.limit:])
		l.kept = l.kept[:l.limit]
	}
}

// end writes the sorted rows and the tail.
func (l *lister) end(seen *engine.Report) error {
	if l.err != nil {
		return l.err
	}
	l.sort()
	for _, s := range l.kept {
		if err := l.out.Row(s); err != nil {
			return err
		}
		l.total++
	}
	tail := report.ListTail{Engine: seen.Engine, Exact: seen.Exact, Total: l.total, Gaps: seen.Gaps}
	if !l.people {
		tail.Gaps = append(tail.Gaps, seen.Limits...)
	}
	if err := l.out.End(tail); err != nil {
		return err
	}
	if seen.Partial() {
		return errPartial
	}
	return nil
}

// An order is a list of fields to sort by.
type order []orderKey

type orderKey struct {
	field      *socket.Field
	descending bool
}

// parseOrder parses --sort.
func parseOrder(text string) (order, error) {
	if text == "" {
		return nil, nil
	}
	var o order
	for name := range strings.SplitSeq(text, ",") {
		name, descending := strings.CutPrefix(strings.TrimSpace(name), "-")
		f, err := lookupField(name)
		if err != nil {
			return nil, err
		}
		o = append(o, orderKey{f, descending})
	}
	return o, nil
}

func (o order) fields() socket.FieldSet {
	var set socket.FieldSet
	for _, k := range o {
		set.Add(k.field.ID)
	}
	return set
}

// compare orders two sockets. Unknown values come last in either direction.
func (o order) compare(a, b *socket.Socket) int {
	for _, k := range o {
		x, knownX := k.field.Value(a)
		y, knownY := k.field.Value(b)
		switch {
		case knownX && !knownY:
			return -1
		case !knownX && knownY:
			return 1
		case !knownX:
			continue
		}
		c := socket.Compare(x, y)
		if k.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
