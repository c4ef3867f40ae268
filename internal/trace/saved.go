// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Saved is a trace that is read from a file. The file may not come from [Writer],
// so it is not trusted. Memory does not grow with the file. Not safe for concurrent
// use.
type Saved struct {
	Head

	name   string
	lines  *bufio.Scanner
	line   int
	packed *packedReader // compressed bytes read so far
	became uint64        // uncompressed bytes so far
	tail   *fileTail
}

// Limits on the uncompressed size, in proportion to the compressed bytes read. No
// [Writer] exceeds them, and a file packed by someone else cannot exhaust the
// reader's memory.
const (
	mostRows     = 1 << 14
	bytesPerRow  = 4 // per further row: a Writer's rows take 20 bytes and more
	mostBytes    = 1 << 20
	bytesPerByte = 256
	// longestRow bounds the length of a line other than the tail: the longest paths
	// and names have some ten thousand bytes.
	longestRow = 1 << 17
	// mostEntries bounds the lists of the tail, where three bytes of text become
	// hundreds in memory. A full table of owners has half as many.
	mostEntries = 1 << 16
)

// A packedReader counts the bytes that are read.
type packedReader struct {
	io.Reader

	n uint64
}

func (c *packedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += uint64(n)
	return n, err
}

// Read opens a saved trace. The error is a [*problem.InputError].
func Read(r io.Reader, name string) (*Saved, error) {
	s := &Saved{name: name, packed: &packedReader{Reader: r}}
	zip, err := gzip.NewReader(s.packed)
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	if err != nil {
		return nil, s.none()
	}
	s.lines = bufio.NewScanner(zip)
	s.lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	line, err := s.next()
	if err != nil || json.Unmarshal(line, &s.Head) != nil || s.Schema != fileSchema {
		return nil, s.none()
	}
	if s.Version != fileVersion {
		return nil, &problem.InputError{
			Name: name, Msg: fmt.Sprintf("it is a saved trace of version %d, and this program reads version %d", s.Version, fileVersion), Hint: "a newer tcpvitals reads it",
			Zh: fmt.Sprintf("它是版本 %d 的跟踪文件，而本程序只读取版本 %d", s.Version, fileVersion), HintZh: "请用更新的 tcpvitals 读取",
		}
	}
	return s, nil
}

func (s *Saved) none() error {
	return &problem.InputError{
		Name: s.name, Msg: "it is no saved trace", Hint: "tcpvitals trace --save FILE makes one; a snapshot is read with census --from",
		Zh: "它不是保存的跟踪", HintZh: "tcpvitals trace --save FILE 可以生成；快照请用 census --from 读取",
	}
}

// bad returns an error about the line that was read last.
func (s *Saved) bad(what error) error {
	return &problem.InputError{
		Name: s.name, Msg: fmt.Sprintf("line %d: %v", s.line, what), Hint: "the file is damaged: save it again",
		Zh: fmt.Sprintf("第 %d 行：%s", s.line, problem.Wording(what, true)), HintZh: "文件已损坏：请重新保存",
	}
}

func (s *Saved) tooLong(most int) error {
	return s.bad(problem.Errorf("it is longer than %d bytes", "超过 %d 字节", most))
}

// next returns the next line; io.EOF after the last.
func (s *Saved) next() ([]byte, error) {
	s.line++
	if s.lines.Scan() {
		return s.lines.Bytes(), s.bounded(s.lines.Bytes())
	}
	switch err := s.lines.Err(); {
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, s.tooLong(maxLine)
	default:
		return nil, s.bad(problem.Errorf("cut short or damaged: %w", "不完整或已损坏：%w", err))
	}
}

// bounded refuses a file that expands more than any trace does.
func (s *Saved) bounded(line []byte) error {
	s.became += uint64(len(line)) + 1
	if s.became > mostBytes+bytesPerByte*s.packed.n || uint64(s.line) > mostRows+s.packed.n/bytesPerRow {
		return s.bad(problem.New("it expands to more than a trace file of its size can hold", "展开后的内容超过这么大的跟踪文件所能容纳的"))
	}
	if len(line) > longestRow && !bytes.HasPrefix(line, []byte(`{"tail":`)) {
		return s.tooLong(longestRow)
	}
	if bytes.Count(line, []byte(",")) > mostEntries {
		return s.bad(problem.Errorf("it lists more than %d entries", "列出的条目超过 %d 个", mostEntries))
	}
	return nil
}

// Rows shows the rows as [Trace.Rows] did.
func (s *Saved) Rows(ctx context.Context, filter *query.Filter, visit func(*socket.Socket) bool, idle func() error) (*Tail, error) {
	tail := &Tail{Began: s.Began}
	err := s.each(ctx, func(row *socket.Socket) bool {
		if filter.Match(row) != query.Yes {
			return true
		}
		tail.Total++
		return visit(row)
	})
	if err == nil && idle != nil {
		err = idle()
	}
	if err != nil || s.tail == nil { // visit has ended the reading
		return tail, err
	}
	tail.Took, tail.Lost, tail.Gaps = s.tail.Took, s.tail.Lost, s.tail.Gaps
	return tail, nil
}

// Summary reads to the end and returns the saved summary.
func (s *Saved) Summary(ctx context.Context) (*Summary, error) {
	if err := s.each(ctx, func(*socket.Socket) bool { return true }); err != nil {
		return nil, err
	}
	summary, err := s.tail.Summary.summary(s.Began)
	if err != nil {
		return nil, s.bad(err)
	}
	return summary, nil
}

// Close does nothing: the caller closes the file.
func (*Saved) Close() error { return nil }

// each reads rows up to the tail, or until visit returns false.
func (s *Saved) each(ctx context.Context, visit func(*socket.Socket) bool) error {
	var row changed
	for rows := uint64(0); ; rows++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := s.next()
		if errors.Is(err, io.EOF) {
			return s.bad(problem.New("cut short: the end of the trace is missing", "不完整：缺少跟踪的结尾"))
		}
		if err != nil {
			return err
		}
		var line fileLine
		if err := json.Unmarshal(text, &line); err != nil {
			return s.bad(problem.Errorf("no row of a trace: %w", "不是跟踪的一行：%w", err))
		}
		switch {
		case line.Tail != nil:
			return s.end(line.Tail, rows)
		case line.Row == nil:
			return s.bad(problem.New("neither a row nor the end", "既不是一行，也不是结尾"))
		}
		if err := line.Row.fill(&row); err != nil {
			return s.bad(err)
		}
		if !visit(&row.socket) {
			return nil
		}
	}
}

// end checks the tail, and that nothing follows it.
func (s *Saved) end(t *fileTail, rows uint64) error {
	if t.Summary == nil {
		return s.bad(problem.New("the end has no summary", "结尾没有汇总"))
	}
	if t.Rows != rows {
		return s.bad(problem.Errorf("there are %d rows, and the end says %d", "有 %d 行，而结尾说有 %d 行", rows, t.Rows))
	}
	if _, err := s.next(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = s.bad(problem.New("something comes after the end", "结尾之后还有内容"))
		}
		return err
	}
	s.tail = t
	return nil
}

// fill makes a row from a saved line. The error tells what is impossible in it.
func (f *fileRow) fill(row *changed) (err error) {
	*row = changed{}
	s, c := &row.socket, &row.change
	if s.State, err = tcp.Parse(f.State); err != nil {
		return err
	}
	if f.From != "" {
		if c.From, err = tcp.Parse(f.From); err != nil {
			return err
		}
	}
	if c.Reason, err = reasonNamed(f.Reason); err != nil {
		return err
	}
	if s.Local, err = netip.ParseAddrPort(f.Local); err != nil {
		return err
	}
	if s.Remote, err = netip.ParseAddrPort(f.Remote); err != nil {
		return err
	}
	if f.Direction > uint8(socket.Outbound) {
		return problem.Errorf("no direction %d", "没有方向 %d", f.Direction)
	}
	s.Known, s.Family = rowFields(), socket.IPv4
	if s.Local.Addr().Is6() {
		s.Family = socket.IPv6
	}
	s.Cookie, s.CgroupID, s.Direction = f.Cookie, f.CgroupID, socket.Direction(f.Direction)
	c.At, c.Closer, c.Watched, c.Reset = time.Unix(0, f.At), string(f.Closer), !f.Unwatched, f.Reset
	if f.Lasted != nil {
		c.Born, c.Lasted = true, time.Duration(max(0, *f.Lasted))
	}
	s.Change = c
	row.netns = socket.Netns{Inode: f.Netns.ID, Name: string(f.Netns.Name), Container: string(f.Netns.Container)}
	s.Netns = &row.netns
	if g := f.Cgroup; g != nil {
		row.cgroup = socket.Cgroup{ID: g.ID, Path: string(g.Name), Unit: string(g.Unit), Container: string(g.Container), Pod: string(g.Pod)}
		s.Cgroup = &row.cgroup
	}
	return f.Owner.fill(row)
}

func (f *fileOwner) fill(row *changed) error {
	if f == nil {
		return nil
	}
	if f.Confidence > uint8(socket.OwnerKnown) {
		return problem.Errorf("no confidence %d", "没有可信度 %d", f.Confidence)
	}
	row.owner = socket.Owner{
		Confidence: socket.Confidence(f.Confidence), Scanned: f.Scanned, Unit: string(f.Unit), Container: string(f.Container), Pod: string(f.Pod),
	}
	if f.Named {
		row.process = socket.Process{PID: f.PID, Start: f.Start, Name: string(f.Process)}
		row.owner.Process = &row.process
	}
	row.socket.Owner = &row.owner
	return nil
}

// reasonNamed returns the reason for a word; "" is no reason.
func reasonNamed(word string) (socket.Reason, error) {
	for r := socket.Reason(0); r == 0 || r.String() != ""; r++ {
		if r.String() == word {
			return r, nil
		}
	}
	return 0, problem.Errorf("no reason %q", "没有原因 %q", word)
}
