// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// DefaultStateDir is where the journal is kept unless an option says otherwise.
const DefaultStateDir = "/var/lib/tcpvitals/kill"

const (
	journalName = "journal"
	dirMode     = 0o755
	fileMode    = 0o644 // everybody may see what was closed
)

// A Journal is a file of JSON lines: two for each run, one on the disk before
// anything is closed, one with what became of it. A last line without a newline
// was cut off by a crash.
type Journal struct {
	file rawfile.System
	fd   int
	name string
}

// A Record is a run of kill. The first line of it has no counts yet.
type Record struct {
	Run     string    `json:"run"` // the same in both lines
	At      time.Time `json:"at"`
	User    string    `json:"user,omitempty"`
	Boot    string    `json:"boot,omitempty"`
	Scope   string    `json:"scope,omitempty"` // network namespaces, as --netns
	Filter  string    `json:"filter"`
	Shown   int       `json:"shown"`
	Ended   bool      `json:"ended"` // it is the second line
	Killed  int       `json:"killed"`
	Gone    int       `json:"gone"`
	Refused int       `json:"refused"`
	// NotShown is how many matched when the rest was closed, and were let live.
	NotShown int    `json:"not_shown"`
	Error    string `json:"error,omitempty"`
}

// OpenJournal opens the journal in a directory, which it makes when there is
// none. The error is a [*problem.PermissionError] where that is not allowed, and
// where somebody else than root and this user could have put something there.
func OpenJournal(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, journalError(dir, err)
	}
	j, err := openJournal(dir, os.O_CREATE|os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	// What a crash has cut off must not swallow the line behind it.
	text, err := j.read()
	if err == nil && len(text) > 0 && text[len(text)-1] != '\n' {
		_, err = j.file.Write(j.fd, []byte("\n"))
	}
	if err != nil {
		_ = j.Close()
		return nil, journalError(j.name, err)
	}
	return j, nil
}

func openJournal(dir string, flags int) (*Journal, error) {
	j := &Journal{name: path.Join(dir, journalName)}
	if err := j.checkDir(dir); err != nil {
		return nil, err
	}
	fd, err := j.file.Open(j.name, flags|rawfile.NoFollow, fileMode)
	if err != nil {
		return nil, journalError(j.name, err)
	}
	j.fd = fd
	if err := j.check(fd, j.name, false); err != nil {
		_ = j.Close()
		return nil, err
	}
	return j, nil
}

// read reads all of it.
func (j *Journal) read() (text []byte, err error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := j.file.Read(j.fd, buf)
		text = append(text, buf[:n]...)
		if err != nil || n == 0 {
			return text, err
		}
	}
}

// checkDir looks at the directory itself, not at what a link leads to.
func (j *Journal) checkDir(dir string) error {
	fd, err := j.file.Open(dir, os.O_RDONLY|rawfile.NoFollow, 0)
	if err != nil {
		return journalError(dir, err)
	}
	defer j.file.Close(fd) //nolint:errcheck // nothing was written
	return j.check(fd, dir, true)
}

// check refuses what others could write to.
func (j *Journal) check(fd int, name string, dir bool) error {
	owner, mode, err := j.file.Stat(fd)
	var links uint64
	if err == nil {
		links, err = j.file.Links(fd)
	}
	switch {
	case err != nil:
		return journalError(name, err)
	case dir != mode.IsDir() || !dir && !mode.IsRegular():
		err = errors.New("it is not what it should be: " + mode.Type().String())
	default:
		err = rawfile.Others(owner, mode)
		if err == nil && !dir && links != 1 { // what is written would also be in a file of another name
			err = problem.Errorf("it has %d names (hard links)", "它有 %d 个名称（硬链接）", links)
		}
	}
	if err == nil {
		return nil
	}
	return &problem.PermissionError{
		Op: "trust " + name, Err: err,
		Hint: "give it to root and nobody else (chown root, chmod go-w), or remove it; --no-log goes without",
		OpZh: "信任 " + name, HintZh: "把它只交给 root（chown root、chmod go-w），或删除它；--no-log 不写日志",
	}
}

func journalError(name string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return problem.Errorf("keep a journal in %s: %w", "在 %s 中记录日志：%w", name, err)
	}
	return &problem.PermissionError{
		Op: "keep a journal in " + name, Need: []string{"root"}, Err: err,
		Hint: "run it as root, or add --no-log",
		OpZh: "在 " + name + " 中写日志", HintZh: "用 root 运行，或加 --no-log",
	}
}

// Close closes the journal; nil is none.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return j.file.Close(j.fd)
}

// Note writes a line and waits for the disk.
func (j *Journal) Note(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return problem.Errorf("journal: %w", "日志：%w", err)
	}
	if err := rawfile.WriteAll(j.file, j.fd, append(line, '\n')); err != nil {
		return problem.Errorf("journal %s: %w", "日志 %s：%w", j.name, err)
	}
	return nil
}

// ReadJournal returns the runs, the oldest first; none when there is no
// journal. A line that cannot be read is a gap. Errors are those of
// [OpenJournal].
func ReadJournal(dir string) (runs []Record, gaps []problem.Gap, err error) {
	j, err := openJournal(dir, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer j.Close() //nolint:errcheck // nothing was written
	text, err := j.read()
	if err != nil {
		return nil, nil, problem.Errorf("read %s: %w", "读取 %s：%w", j.name, err)
	}
	runs, gaps = parseJournal(j.name, text)
	return runs, gaps, nil
}

func parseJournal(name string, text []byte) (runs []Record, gaps []problem.Gap) {
	at := map[string]int{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		var r Record
		if err := json.Unmarshal(line, &r); err != nil || r.Run == "" {
			gaps = append(gaps, problem.Unread(fmt.Sprintf("%s, line %d", name, number), problem.NoJournalLine, name, number))
			continue
		}
		if i, begun := at[r.Run]; begun {
			runs[i] = r
			continue
		}
		at[r.Run] = len(runs)
		runs = append(runs, r)
	}
	return runs, gaps
}
