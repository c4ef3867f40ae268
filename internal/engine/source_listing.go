// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"io/fs"

	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// A Listing is a [Source] of text that another program printed: netstat, ss or
// /proc/net/tcp.
type Listing struct {
	name string
	turn chan struct{} // holds the text; the question that takes it may read
	text *retold
	file io.Closer // nil when there is nothing to close
}

// NewListing returns the listing that is read from r. name is what errors call it. A
// second question is possible only if r can be read from its start again.
func NewListing(r io.Reader, name string) *Listing {
	l := &Listing{name: name, text: &retold{r: r}, turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// retold is a text that may be read once more.
type retold struct {
	r    io.Reader
	told bool
}

// begin goes back to the start of a text that was read before.
func (t *retold) begin(name string) error {
	if !t.told {
		t.told = true
		return nil
	}
	if s, ok := t.r.(io.Seeker); ok {
		if _, err := s.Seek(0, io.SeekStart); err == nil {
			return nil
		}
	}
	return &problem.InputError{Name: name, Msg: "it can be read only once", Hint: "save it in a file first", Zh: "它只能读取一次", HintZh: "请先存为文件"}
}

// read lets one question at a time read the text.
func (l *Listing) read(ctx context.Context, do func(io.Reader) error) error {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { l.turn <- struct{}{} }()
	if err := l.text.begin(l.name); err != nil {
		return err
	}
	return do(&cancellable{ctx, l.text.r})
}

// Rows is [Source.Rows].
func (l *Listing) Rows(ctx context.Context, q Scan, v Visitor) (*Report, error) {
	report, _, err := l.Read(ctx, q, v, func() {})
	return report, err
}

// Read is Rows with the result of the reader, even after an error. anew is called
// when another table begins in the text.
func (l *Listing) Read(ctx context.Context, q Scan, v Visitor, anew func()) (report *Report, result listing.Result, err error) {
	s := &scanner{
		ctx: ctx, scan: q, visitor: v, report: &Report{Engine: "listing", Exact: true},
		annotator: &annotator{ctx: ctx},
	}
	report, err = timed(func() (*Report, error) {
		return s.report, l.read(ctx, func(text io.Reader) error {
			space := &Space{Fields: q.Fields, facts: noFacts{}, report: s.report}
			return space.visit(v, func() (err error) {
				result, err = s.listing(text, l.name, anew)
				return err
			})
		})
	})
	if err != nil {
		return nil, result, err
	}
	report.Summed = !result.Once()
	report.Exact = result.Whole() && !report.Summed
	report.Gaps = append(report.Gaps, result.Gaps...)
	report.limits(result.Limits)
	report.Gaps = append(report.Gaps, undecided(report.Undecided)...)
	return report, result, nil
}

// listing reads the rows of a listing.
func (s *scanner) listing(text io.Reader, name string, anew func()) (listing.Result, error) {
	rd := listing.NewReader(text, name)
	people := listed{}
	moment := uint64(0)
	for row, err := range rd.Rows() {
		if err != nil {
			return rd.Result(), err
		}
		if row.Moment > max(moment, 1) {
			anew()
		}
		moment = row.Moment
		knowledgeOf(row)
		row.Socket.Owner = people.owner(row)
		if !s.offer(&row.Socket) {
			break
		}
	}
	return rd.Result(), nil
}

// Count is [Source.Count]. A listing that holds only counts by state can be counted
// by state only.
func (l *Listing) Count(ctx context.Context, q Counting, visit CountVisit) (*Report, error) {
	switch {
	case q.sampled():
		return nil, fileOnly()
	case q.plain():
		return timed(func() (*Report, error) { return l.census(ctx, visit) })
	default:
		return countRows(ctx, l.Rows, q, visit)
	}
}

func (l *Listing) census(ctx context.Context, visit CountVisit) (report *Report, err error) {
	err = l.read(ctx, func(text io.Reader) error {
		result, err := listing.Count(text, l.name)
		if err != nil {
			return err
		}
		c := CensusOf(result)
		c.Engine, c.Format = "listing", result.Format.String()
		report = showCensus(c, visit)
		return nil
	})
	return report, err
}

// Explain is [Source.Explain].
func (l *Listing) Explain(context.Context, Counting) (*Plan, error) { return nil, fileOnly() }

// About is [Source.About].
func (l *Listing) About() About { return About{Name: l.name, Boot: func() string { return "" }} }

// Names is [Source.Names]. Devices and cgroups of this host mean nothing there.
func (l *Listing) Names() query.Options { return fileNames() }

// Close is [Source.Close].
func (l *Listing) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// noFacts are the facts of a listing: none.
type noFacts struct{}

func (noFacts) sysctl(string) (string, error) { return "", fs.ErrNotExist }

func (noFacts) counters() (map[string]uint64, error) { return nil, fs.ErrNotExist }

func (noFacts) files([]string) (map[string]string, []problem.Gap) { return nil, nil }
