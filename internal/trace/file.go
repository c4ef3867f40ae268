// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A saved trace is a gzip stream of JSON lines: a [Head], the rows as they came, and
// a tail with the totals. A file without a tail was cut off. Names that others choose
// are saved as base64, because they need not be valid text.
const (
	fileSchema  = "tcpvitals.trace-file"
	fileVersion = 1
	// maxLine bounds the length of a line, and so the memory for reading. The tail of
	// a trace with a full table of owners has a megabyte.
	maxLine = 8 << 20
)

// A Head is what is known when a trace begins.
type Head struct {
	Schema  string    `json:"schema"`
	Version int       `json:"version"`
	Program string    `json:"program"` // version of this program
	Host    string    `json:"host"`
	Began   time.Time `json:"began"`
	Events  bool      `json:"events"`           // every transition, not only ends
	Filter  string    `json:"filter,omitempty"` // the filter that chose the rows
}

// A fileLine is a row or the tail.
type fileLine struct {
	Row  *fileRow  `json:"row,omitempty"`
	Tail *fileTail `json:"tail,omitempty"`
}

type fileRow struct {
	At        int64      `json:"at"` // ns since 1970
	From      string     `json:"from"`
	State     string     `json:"state"`
	Reason    string     `json:"reason,omitempty"`
	Lasted    *int64     `json:"lasted,omitempty"` // ns
	Closer    []byte     `json:"closer,omitempty"`
	Unwatched bool       `json:"unwatched,omitempty"` // who did it was not observed
	Reset     string     `json:"reset,omitempty"`
	Local     string     `json:"local"`
	Remote    string     `json:"remote"`
	Cookie    uint64     `json:"cookie"`
	CgroupID  uint64     `json:"cgroup_id"`
	Direction uint8      `json:"direction,omitempty"`
	Netns     filePlace  `json:"netns"`
	Cgroup    *filePlace `json:"cgroup,omitempty"`
	Owner     *fileOwner `json:"owner,omitempty"`
}

// A filePlace is a network namespace or a cgroup.
type filePlace struct {
	ID        uint64 `json:"id"`
	Name      []byte `json:"name,omitempty"` // the path of a cgroup
	Unit      []byte `json:"unit,omitempty"`
	Container []byte `json:"container,omitempty"`
	Pod       []byte `json:"pod,omitempty"`
}

type fileOwner struct {
	Confidence uint8  `json:"confidence"`
	Scanned    bool   `json:"scanned,omitempty"`
	Named      bool   `json:"named,omitempty"` // the process is known
	PID        uint32 `json:"pid,omitempty"`
	Start      uint64 `json:"start,omitempty"`
	Process    []byte `json:"process,omitempty"`
	Unit       []byte `json:"unit,omitempty"`
	Container  []byte `json:"container,omitempty"`
	Pod        []byte `json:"pod,omitempty"`
}

type fileTail struct {
	Took    time.Duration `json:"took"` // ns
	Rows    uint64        `json:"rows"`
	Lost    tracer.Losses `json:"lost"`
	Gaps    []problem.Gap `json:"gaps"`
	Summary *fileSummary  `json:"summary"`
}

type fileSummary struct {
	Took        time.Duration   `json:"took"`
	Ends, After []fileEnd       `json:",omitempty"`
	Opened      fileEnd         `json:"opened"`
	Resets      []fileReset     `json:"resets,omitempty"`
	Stays       []Stay          `json:"stays,omitempty"`
	Edges       []Edge          `json:"edges"`
	Total       uint64          `json:"total"`
	Kernel      *Reconciliation `json:"kernel,omitempty"`
	Lost        tracer.Losses   `json:"lost"`
	Spaces      int             `json:"spaces"`
	Gaps        []problem.Gap   `json:"gaps"`
}

type fileEnd struct {
	Reason string     `json:"reason"`
	From   tcp.State  `json:"from"`
	Count  uint64     `json:"count"`
	By     []fileDoer `json:"by"`
}

type fileReset struct {
	Why string `json:"why"`
	fileEnd
}

type fileDoer struct {
	Doer

	Process   []byte `json:"process,omitempty"`
	Unit      []byte `json:"unit,omitempty"`
	Container []byte `json:"container,omitempty"`
	Netns     []byte `json:"netns,omitempty"`
}

func toFileRow(s *socket.Socket) *fileRow {
	c := s.Change
	from := ""
	if c.From != 0 {
		from = c.From.String()
	}
	r := &fileRow{
		At: c.At.UnixNano(), From: from, Unwatched: !c.Watched, State: s.State.String(), Reason: c.Reason.String(), Closer: []byte(c.Closer), Reset: c.Reset,
		Local: s.Local.String(), Remote: s.Remote.String(), Cookie: s.Cookie, CgroupID: s.CgroupID, Direction: uint8(s.Direction),
		Netns: filePlace{ID: s.Netns.Inode, Name: []byte(s.Netns.Name), Container: []byte(s.Netns.Container)},
	}
	if c.Born {
		lasted := int64(c.Lasted)
		r.Lasted = &lasted
	}
	if g := s.Cgroup; g != nil {
		r.Cgroup = &filePlace{ID: g.ID, Name: []byte(g.Path), Unit: []byte(g.Unit), Container: []byte(g.Container), Pod: []byte(g.Pod)}
	}
	if o := s.Owner; o != nil {
		r.Owner = &fileOwner{Confidence: uint8(o.Confidence), Scanned: o.Scanned, Unit: []byte(o.Unit), Container: []byte(o.Container), Pod: []byte(o.Pod)}
		if p := o.Process; p != nil {
			r.Owner.Named, r.Owner.PID, r.Owner.Start, r.Owner.Process = true, p.PID, p.Start, []byte(p.Name)
		}
	}
	return r
}

func toFileSummary(s *Summary) *fileSummary {
	f := &fileSummary{
		Took: s.Took, Ends: toFileEnds(s.Ends), After: toFileEnds(s.After), Opened: toFileEnd(&s.Opened), Stays: s.Stays, Edges: s.Edges, Total: s.Total,
		Kernel: s.Kernel, Lost: s.Lost, Spaces: s.Spaces, Gaps: s.Gaps,
	}
	for i := range s.Resets {
		f.Resets = append(f.Resets, fileReset{s.Resets[i].Reason, toFileEnd(&s.Resets[i].End)})
	}
	return f
}

func toFileEnds(ends []End) (all []fileEnd) {
	for i := range ends {
		all = append(all, toFileEnd(&ends[i]))
	}
	return all
}

func toFileEnd(e *End) fileEnd {
	f := fileEnd{Reason: e.Reason.String(), From: e.From, Count: e.Count}
	for _, d := range e.By {
		f.By = append(f.By, fileDoer{Doer: d, Process: []byte(d.Process), Unit: []byte(d.Unit), Container: []byte(d.Container), Netns: []byte(d.Netns)})
	}
	return f
}

func (f *fileSummary) summary(began time.Time) (s *Summary, err error) {
	s = &Summary{Began: began, Took: f.Took, Stays: f.Stays, Edges: f.Edges, Total: f.Total, Kernel: f.Kernel, Lost: f.Lost, Spaces: f.Spaces, Gaps: f.Gaps}
	if s.Opened, err = f.Opened.end(); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		from []fileEnd
		to   *[]End
	}{{f.Ends, &s.Ends}, {f.After, &s.After}} {
		for i := range list.from {
			e, err := list.from[i].end()
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, e)
		}
	}
	for i := range f.Resets {
		e, err := f.Resets[i].end()
		if err != nil {
			return nil, err
		}
		s.Resets = append(s.Resets, Reset{f.Resets[i].Why, e})
	}
	return s, nil
}

func (f *fileEnd) end() (e End, err error) {
	e = End{From: f.From, Count: f.Count}
	if e.Reason, err = reasonNamed(f.Reason); err != nil {
		return e, err
	}
	for _, d := range f.By {
		one := d.Doer
		one.Process, one.Unit, one.Container, one.Netns = string(d.Process), string(d.Unit), string(d.Container), string(d.Netns)
		e.By = append(e.By, one)
	}
	return e, nil
}
