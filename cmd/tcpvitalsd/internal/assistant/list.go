// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"bytes"
	"cmp"
	"context"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// The arguments that only list has.
const (
	argColumns = "columns"
	argSort    = "sort"
)

// usualColumns are the fields that are listed if none are named: the usual ones, and
// whose a socket is.
const usualColumns = "+process,pid"

func listTool() tool {
	return tool{
		name: "list", title: knowledge.Text{En: "List TCP sockets", Zh: "列出 TCP 套接字"},
		help: knowledge.Text{
			En: "List the TCP sockets that a filter chooses, with any fields: queues, addresses, owner, retransmissions, window, rtt. Name a filter: a host may have many.",
			Zh: "列出符合条件的 TCP 套接字及任意字段：队列、地址、归属、重传、窗口、rtt。请给出过滤条件：主机上可能有很多。",
		},
		takes: []argument{filterArgument(), netnsArgument(), {name: argColumns, help: knowledge.Text{
			En: "fields to show, separated by commas; +a,b adds to the usual ones; explain with words fields lists them",
			Zh: "要显示的字段，以逗号分隔；+a,b 表示在常用字段上增加；用 explain 查 fields",
		}}, {name: argSort, help: knowledge.Text{
			En: "fields to sort by, separated by commas; -field for the largest first, such as -recvq",
			Zh: "排序字段，以逗号分隔；-字段 表示最大的在前，例如 -recvq",
		}}, limitArgument(500, 50), skipArgument(), langArgument()},
		answer: askList,
	}
}

func askList(ctx context.Context, q *question) (*page, error) {
	columns, err := report.ParseColumns(cmp.Or(q.text(argColumns), usualColumns))
	if err != nil {
		return nil, err
	}
	order, err := report.ParseOrder(q.text(argSort))
	if err != nil {
		return nil, err
	}
	src, _, err := q.open()
	if err != nil {
		return nil, err
	}
	defer closing(src)
	filter, err := q.filter(src)
	if err != nil {
		return nil, err
	}
	skip, limit := q.number(argSkip, 0), q.number(argLimit, 0)
	if skip > mostSkipped {
		return nil, &problem.UsageError{
			Msg: "skip is too great for list: what is skipped is kept until all are there", Hint: "name a filter, or sort the other way round",
			Zh: "skip 对 list 过大：略过的也要保留到全部读完", HintZh: "请加过滤条件，或反向排序",
		}
	}
	rows := &keptRows{}
	l := &report.Lister{Out: rows, Order: order, Limit: uint64(skip + limit)}
	matched, more := 0, true
	seen, err := src.Rows(ctx, engine.Scan{Filter: filter, Fields: report.FieldsOf(columns).Union(order.Fields())}, engine.Visit(func(s *socket.Socket) bool {
		matched++ // to the end: how many there are is part of the answer
		more = more && l.Visit(s)
		return l.Failed() == nil
	}))
	if err != nil {
		return nil, err
	}
	if err := l.End(seen); err != nil {
		return nil, err
	}
	about, kept := src.About(), rows.sockets[min(skip, len(rows.sockets)):]
	write := func(w report.RowWriter, n int) error {
		for _, s := range kept[:n] {
			if err := w.Row(s); err != nil {
				return err
			}
		}
		tail := rows.tail
		tail.Total = uint64(n)
		return w.End(tail)
	}
	return &page{
		rows: len(kept), whole: max(matched, len(rows.sockets)), skips: true,
		what:   knowledge.Text{En: "sockets", Zh: "个套接字"},
		narrow: knowledge.Text{En: "with a filter, or count them with census", Zh: "加过滤条件，或用 census 统计"},
		text: func(n int) string {
			var b bytes.Buffer
			_ = write(render.NewTableRows(&b, columns, q.lang), n) // a Buffer never fails
			return b.String()
		},
		document: func(n int) ([]byte, error) {
			var b bytes.Buffer
			w, err := report.NewJSONRows(&b, columns, about.Host, about.At(q.Now()), filter.Notes())
			if err == nil {
				err = write(w, n)
			}
			return b.Bytes(), err
		},
	}, nil
}

// mostSkipped bounds the memory that a question takes.
const mostSkipped = 10_000

// keptRows is a [report.RowWriter] that keeps rows.
type keptRows struct {
	sockets []*socket.Socket
	tail    report.ListTail
}

// Row keeps a socket.
func (k *keptRows) Row(s *socket.Socket) error {
	k.sockets = append(k.sockets, s.Clone())
	return nil
}

// End keeps what comes after the last socket.
func (k *keptRows) End(tail report.ListTail) error {
	k.tail = tail
	return nil
}
