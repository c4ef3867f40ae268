// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A File is a snapshot whose checksums and end have been checked. Only its rows are
// still in the file. Several goroutines may read it.
type File struct {
	Machine    Machine
	Namespaces []Namespace
	Tail       Tail
	// Minor is the minor version of the format.
	Minor uint16
	// Size is the length of the file in bytes.
	Size int64

	in     io.ReaderAt
	name   string
	tables tables
	netns  []*socket.Netns
	blocks []blockAt
	fields map[uint16]place
	groups [3][]field
}

// blockAt is the position of a block of rows.
type blockAt struct {
	section

	offset    int64 // of the block's payload
	namespace int
}

// A place is the position of a column: its group and its index in the group.
type place struct{ group, index int }

// Is reports whether a file with these first bytes is a snapshot, even a damaged one.
func Is(start []byte) bool { return strings.HasPrefix(string(start), Magic) }

// Open reads a snapshot once and checks everything but the meaning of its rows, so
// that a truncated or changed file gives no answers. name is what errors call the
// file. Errors are [*problem.InputError]s, or those of in.
func Open(in io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{in: in, name: name, Size: size, groups: [3][]field{rowColumns(), infoColumns(), memoryColumns()}, fields: map[uint16]place{}}
	for g, fields := range f.groups {
		for i, c := range fields {
			f.fields[c.id] = place{g, i}
		}
	}
	if err := f.preamble(); err != nil {
		return nil, err
	}
	l := &lookThrough{File: f, left: allowance{size: size}, seen: map[string]bool{}}
	if err := l.sections(); err != nil {
		return nil, err
	}
	return f, nil
}

// broken returns the error of a file that cannot be used.
func (f *File) broken(why error) error {
	return &problem.InputError{
		Name: f.name, Msg: "snapshot: " + why.Error(), Zh: "快照：" + problem.Wording(why, true),
		Hint:   "nothing of it was used; copy it again from where it was made, or save a new one",
		HintZh: "没有使用其中任何内容；请从生成它的地方重新复制，或重新保存",
	}
}

// read fills b from the file. Missing bytes are an error of the file; a read error is
// not.
func (f *File) read(b []byte, at int64, what string) error {
	n, err := f.in.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return f.cut(what, at+int64(n))
	}
	return problem.Errorf("read %s: %w", "读取 %s：%w", f.name, err)
}

func (f *File) cut(what string, at int64) error {
	return f.broken(problem.Errorf("the file is cut off in %s: it ends after %d bytes", "文件在 %s 处被截断：只有 %d 字节", what, at))
}

func (f *File) preamble() error {
	b := make([]byte, sizeofPreamble)
	if f.Size == 0 {
		return f.broken(problem.New("the file is empty", "文件是空的"))
	}
	if err := f.read(b, 0, "its first line"); err != nil {
		return err
	}
	if err := f.first(b); err != nil {
		return err
	}
	f.Minor = binary.LittleEndian.Uint16(b[10:])
	return nil
}

// first checks the first bytes of a file.
func (f *File) first(b []byte) error {
	if !Is(b) {
		return f.broken(problem.New("it does not begin as one", "开头不像快照"))
	}
	// Check the version before the checksum: a later version may have another
	// checksum.
	if major := binary.LittleEndian.Uint16(b[8:]); major != Major {
		return &problem.InputError{
			Name: f.name, Msg: fmt.Sprintf("snapshot: it is of version %d of the format, and this program reads version %d", major, Major),
			Hint:   "read it with the tcpvitals that wrote it, or a later one",
			Zh:     fmt.Sprintf("快照：格式版本为 %d，而本程序只读取版本 %d", major, Major),
			HintZh: "请用写入它的 tcpvitals 或更新的版本读取",
		}
	}
	if binary.LittleEndian.Uint32(b[12:]) != castagnoli(b[:12]) {
		return f.broken(problem.Errorf("the checksum of its first %d bytes is wrong", "前 %d 字节的校验和不对", sizeofPreamble))
	}
	return nil
}

// PreambleSize is how many bytes [Readable] needs.
const PreambleSize = sizeofPreamble

// Readable returns why a file with these first bytes cannot be read, before the rest
// arrives. The error is a [*problem.InputError] with the name in it.
func Readable(first []byte, name string) error { return (&File{name: name}).first(first) }

// lookThrough is the state of the pass that checks the file.
type lookThrough struct {
	*File

	inflater inflater
	left     allowance
	stored   []byte
	sockets  uint64
	count    uint32
	seen     map[string]bool
}

func (l *lookThrough) sections() error {
	at := int64(sizeofPreamble)
	header := make([]byte, sizeofSection)
	for !l.seen[sectionEnd] {
		where := fmt.Sprintf("section %d at byte %d", l.count+1, at)
		if err := l.read(header, at, where); err != nil {
			return err
		}
		s, err := decodeSection(header)
		if err != nil {
			return l.broken(problem.Errorf("%s: the header: %w", "%s：头部：%w", where, err))
		}
		at += sizeofSection
		where = fmt.Sprintf("section %d (%q) at byte %d", l.count+1, s.kind, at-sizeofSection)
		if err := l.section(s, at, where); err != nil {
			return err
		}
		at += int64(s.stored)
		l.count++
	}
	if at != l.Size {
		return l.broken(problem.Errorf("%d bytes follow its end", "结尾之后还有 %d 字节", l.Size-at))
	}
	return nil
}

func (l *lookThrough) section(s section, at int64, where string) error {
	if at+int64(s.stored) > l.Size {
		return l.cut(where, l.Size)
	}
	if s.stored > s.limit() {
		return l.broken(problem.Errorf("%s: %w", "%s：%w", where, errTooBig))
	}
	if uint32(cap(l.stored)) < s.stored {
		l.stored = make([]byte, s.stored)
	}
	l.stored = l.stored[:s.stored]
	if err := l.read(l.stored, at, where); err != nil {
		return err
	}
	if castagnoli(l.stored) != s.sum {
		return l.broken(problem.Errorf("%s: %w", "%s：%w", where, errSum))
	}
	if err := l.take(s, at); err != nil {
		return l.broken(problem.Errorf("%s: %w", "%s：%w", where, err))
	}
	return nil
}

// take keeps the content of a section.
func (l *lookThrough) take(s section, at int64) error {
	if (s.kind == sectionHead) != (l.count == 0) {
		return problem.New("it is out of order", "顺序不对")
	}
	if s.kind == sectionRows {
		if err := l.left.take(s.rows); err != nil {
			return err
		}
		return l.rows(s, at)
	}
	if !known(s.kind) {
		if s.flags&flagCritical != 0 {
			return problem.New("it is required and unknown to this program; a later tcpvitals knows it", "本程序不认识它，又不能缺少它；较新的 tcpvitals 可以读取")
		}
		return nil
	}
	if err := l.left.inflate(s.raw); err != nil {
		return err
	}
	raw, err := l.inflater.payload(s, l.stored)
	if err != nil {
		return err
	}
	if s.kind != sectionEnd {
		if err := l.left.decode(raw); err != nil {
			return err
		}
	}
	l.seen[s.kind] = true
	switch s.kind {
	case sectionHead:
		err := json.Unmarshal(raw, &l.Machine)
		addCodes(l.Machine.Missing)
		return err
	case sectionNamespace:
		return l.namespace(raw)
	case sectionTables:
		return l.tables.add(raw)
	case sectionTail:
		return json.Unmarshal(raw, &l.Tail)
	default:
		return l.end(raw)
	}
}

// addCodes adds codes to gaps of old snapshots, which have only the text.
func addCodes(gaps []problem.Gap) {
	for i, g := range gaps {
		switch {
		case g.Code != "":
		case g.Reason == "permission denied", g.Reason == "operation not permitted":
			gaps[i].Code, gaps[i].Args = problem.Denied, problem.ArgsOf([]string{g.Reason})
		case g.Reason == "there is no such file":
			gaps[i].Code = problem.NoFile
		}
	}
}

func known(kind string) bool {
	switch kind {
	case sectionHead, sectionNamespace, sectionTables, sectionTail, sectionEnd:
		return true
	default:
		return false
	}
}

func (l *lookThrough) namespace(raw []byte) error {
	var n Namespace
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	addCodes(n.Missing)
	l.Namespaces = append(l.Namespaces, n)
	l.netns = append(l.netns, &socket.Netns{Inode: n.Inode, Name: n.Name, Container: n.Container})
	return nil
}

func (l *lookThrough) rows(s section, at int64) error {
	switch {
	case len(l.Namespaces) == 0:
		return problem.New("sockets come before their network namespace", "套接字出现在所属网络命名空间之前")
	case s.rows == 0 || s.rows > maxRows || s.raw > maxBlock:
		return errTooBig
	}
	l.sockets += uint64(s.rows)
	l.blocks = append(l.blocks, blockAt{s, at, len(l.Namespaces) - 1})
	return nil
}

// end compares the numbers found with those written in the last section.
func (l *lookThrough) end(raw []byte) error {
	switch {
	case len(raw) < 12:
		return problem.New("it is too short", "太短")
	case !l.seen[sectionTail]:
		return problem.New("there is no TAIL before it", "它前面没有 TAIL")
	case binary.LittleEndian.Uint64(raw) != l.sockets || l.Tail.Sockets != l.sockets:
		return problem.Errorf("%d sockets were written, %d are here", "写入了 %d 个套接字，这里有 %d 个", binary.LittleEndian.Uint64(raw), l.sockets)
	case binary.LittleEndian.Uint32(raw[8:]) != l.count:
		return problem.Errorf("%d sections were written, %d are here", "写入了 %d 节，这里有 %d 节", binary.LittleEndian.Uint32(raw[8:]), l.count)
	default:
		return nil
	}
}

// Cgroup returns the id of the cgroup with that path, if a socket has it.
func (f *File) Cgroup(path string) (id uint64, ok bool) {
	for _, c := range f.tables.cgroups {
		if c.Path == path {
			return c.ID, true
		}
	}
	return 0, false
}

// Count returns how many sockets of the file are in a state.
func (f *File) Count(s tcp.State) uint64 { return f.Tail.States[s.String()] }
