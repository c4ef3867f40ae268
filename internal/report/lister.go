// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Lister passes sockets on to a writer: as they come, or sorted.
type Lister struct {
	Out    RowWriter
	Order  Order
	Limit  uint64 // 0 for none
	People bool   // the output is for people, who know what netstat cannot show
	// Before is called with all sockets before the first is written, if it is set.
	Before func([]*socket.Socket)

	most  int // how many sockets are sorted without a limit; 0 for mostSorted
	kept  []*socket.Socket
	total uint64
	err   error // error of writing; it ended the scan
}

// mostSorted is how many sockets are sorted without a limit.
const mostSorted = 1 << 20

// Visit takes one socket and returns false to stop.
func (l *Lister) Visit(s *socket.Socket) bool {
	if len(l.Order) == 0 && l.Before == nil {
		l.err = l.Out.Row(s)
		l.total++
		return l.err == nil && (l.Limit == 0 || l.total < l.Limit)
	}
	if most := cmp.Or(l.most, mostSorted); l.Limit == 0 && len(l.kept) == most {
		l.err = l.tooMany(most)
		return false
	}
	l.kept = append(l.kept, s.Clone())
	// With a limit only the best are kept. Sorting now and then is cheaper than
	// inserting each at its place.
	if l.Limit > 0 && uint64(len(l.kept)) >= 2*l.Limit+1024 {
		l.sort()
	}
	return len(l.Order) > 0 || l.Limit == 0 || uint64(len(l.kept)) < l.Limit
}

// tooMany is the error where more sockets would have to be kept than is sensible.
func (l *Lister) tooMany(most int) error {
	flag := "--sort"
	if len(l.Order) == 0 {
		flag = "--resolve"
	}
	return &problem.UsageError{
		Msg:  fmt.Sprintf("%s keeps every socket until all are there: more than %d, of which each takes some 0.5 to 1 kB", flag, most),
		Hint: fmt.Sprintf("add --limit N, which keeps the first N, a filter, or leave %s out; tcpvitals census --by counts as many as there are", flag),

		Zh:     fmt.Sprintf("%s 要等所有套接字到齐：超过 %d 个，每个约占 0.5 到 1 kB", flag, most),
		HintZh: fmt.Sprintf("请加 --limit N（只保留前 N 个）或过滤条件，或去掉 %s；tcpvitals census --by 多少都能统计", flag),
	}
}

// Failed returns the error for which Visit returned false; nil if there was none.
func (l *Lister) Failed() error { return l.err }

// sort orders the collected rows and drops those beyond the limit.
func (l *Lister) sort() {
	slices.SortStableFunc(l.kept, l.Order.compare)
	if l.Limit > 0 && uint64(len(l.kept)) > l.Limit {
		clear(l.kept[l.Limit:])
		l.kept = l.kept[:l.Limit]
	}
}

// End writes the sorted rows and the tail. The error is that of writing, or a
// [*problem.UsageError] where there are too many sockets to sort.
func (l *Lister) End(seen *engine.Report) error {
	if l.err != nil {
		return l.err
	}
	l.sort()
	if l.Before != nil {
		l.Before(l.kept)
	}
	for _, s := range l.kept {
		if err := l.Out.Row(s); err != nil {
			return err
		}
		l.total++
	}
	tail := ListTail{Engine: seen.Engine, Exact: seen.Exact, Total: l.total, Gaps: seen.Gaps}
	if !l.People {
		tail.Gaps = append(tail.Gaps, seen.Limits...)
	}
	return l.Out.End(tail)
}

// An Order is a list of fields to sort by.
type Order []orderKey

type orderKey struct {
	field      *socket.Field
	descending bool
}

// ParseOrder parses fields to sort by, separated by commas; -field is the largest
// first. The error is a [*problem.UsageError].
func ParseOrder(text string) (Order, error) {
	if text == "" {
		return nil, nil
	}
	var o Order
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

// Fields returns the fields that sorting needs.
func (o Order) Fields() socket.FieldSet {
	var set socket.FieldSet
	for _, k := range o {
		set.Add(k.field.ID)
	}
	return set
}

// compare orders two sockets. Unknown values come last in either direction.
func (o Order) compare(a, b *socket.Socket) int {
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
