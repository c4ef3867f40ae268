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

// DefaultStateDir is the directory of the journal unless an option names another.
const DefaultStateDir = "/var/lib/tcpvitals/kill"

const (
	journalName = "journal"
	dirMode     = 0o755
	fileMode    = 0o644 // everybody may read what was closed
)

// A Journal is a file of JSON lines, two for each run: the first is on disk before
// anything is closed, the second tells the outcome. A last line without a newline was
// cut off by a crash.
type Journal struct {
	file rawfile.System
	fd   int
	name string
}

// A Record is one line about a run of kill. The first line has no counts yet.
type Record struct {
	Run     string    `json:"run"` // identifies the run; the same in both lines
	At      time.Time `json:"at"`
	User    string    `json:"user,omitempty"`
	Boot    string    `json:"boot,omitempty"`
	Scope   string    `json:"scope,omitempty"` // network namespaces, as in --netns
	Filter  string    `json:"filter"`
	Shown   int       `json:"shown"`
	Ended   bool      `json:"ended"` // true in the second line
	Killed  int       `json:"killed"`
	Gone    int       `json:"gone"`
	Refused int       `json:"refused"`
	// NotShown is how many sockets matched when the others were closed but had not
	// been shown; they were left alone.
	NotShown int    `json:"not_shown"`
	Error    string `json:"error,omitempty"`
}

// OpenJournal opens the journal in a directory, which it creates if necessary. The
// error is a [*problem.PermissionError] if that is not allowed, or if users other
// than root and this one could have written there.
func OpenJournal(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, journalError(dir, err)
	}
	j, err := openJournal(dir, os.O_CREATE|os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	// End an incomplete last line, so that the next line is readable.
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

// read returns the whole content.
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

// checkDir checks the directory itself, not the target of a link.
func (j *Journal) checkDir(dir string) error {
	fd, err := j.file.Open(dir, os.O_RDONLY|rawfile.NoFollow, 0)
	if err != nil {
		return journalError(dir, err)
	}
	defer j.file.Close(fd) //nolint:errcheck // the directory is only read
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
		if err == nil && !dir && links != 1 { // with a second name, the file might be one that the user does not know
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

// Close closes the journal; a nil Journal is allowed.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return j.file.Close(j.fd)
}

// Note writes a line and waits until it is on disk.
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

// ReadJournal returns the runs, the oldest first; none if there is no journal. A line
// that cannot be read is a gap. Errors are those of [OpenJournal].
func ReadJournal(dir string) (runs []Record, gaps []problem.Gap, err error) {
	j, err := openJournal(dir, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer j.Close() //nolint:errcheck // the journal is only read
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
