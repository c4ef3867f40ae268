// SPDX-License-Identifier: Apache-2.0

package change

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// The journal of a change is a file of JSON lines, one for each step. Each line is on
// disk before its step is taken. The first line has all that is needed to take the
// change back; it is complete before the file gets its name. A last line without a
// newline was cut off by a crash: its step was never taken.

// journalVersion grows when a step changes its meaning.
const journalVersion = 1

// A Header is the first line of a journal.
type Header struct {
	Version  int        `json:"version"`
	ID       int        `json:"id"`
	Boot     string     `json:"boot"` // content of /proc/sys/kernel/random/boot_id
	User     string     `json:"user,omitempty"`
	Netns    Namespace  `json:"netns"`
	Deadline *time.Time `json:"deadline,omitempty"` // nil: the old values are not restored automatically
	// Due is the deadline as time since boot, including sleep: the wall clock may be
	// set.
	Due time.Duration `json:"deadline_since_boot,omitempty"`
	// Persist is the file that Confirm writes; "" if the namespace has none.
	Persist  string    `json:"persist,omitempty"`
	Settings []Setting `json:"settings"`
}

// Namespace is the network namespace of the change.
type Namespace struct {
	Name string `json:"name"`
	netns.Identity
}

// A Setting is one parameter with the values before and after.
type Setting struct {
	Key string `json:"key"`
	Old string `json:"old"` // as the kernel showed it
	New string `json:"new"`

	Reason  string        `json:"reason,omitempty"`
	Finding string        `json:"finding,omitempty"` // the code of the finding
	Subject string        `json:"subject,omitempty"`
	Measure *plan.Measure `json:"measure,omitempty"`

	// Risk is the reason against the value, whose risk the plan accepts by name.
	// RiskZh is the same in Chinese; older journals do not have it.
	Risk   string `json:"accepted_risk,omitempty"`
	RiskZh string `json:"accepted_risk_zh,omitempty"`
}

// AcceptedRisk returns the reason against the value, whose risk the plan accepts.
func (s Setting) AcceptedRisk() knowledge.Text { return inBoth(s.Risk, s.RiskZh) }

// step is the kind of a line of the journal.
type step string

const (
	stepBegin      step = "begin"
	stepWrite      step = "write"   // the parameter Key is about to be set
	stepApplied    step = "applied" // all parameters are set
	stepPersist    step = "persist" // File is about to be written
	stepConfirmed  step = "confirmed"
	stepNotPersist step = "not-persisted" // File could not be written and does not exist
	stepRestore    step = "restore"       // By is about to take the change back
	stepKept       step = "kept"          // taking the change back was refused
	stepRestored   step = "restored"      // the old values are restored, except Kept
)

// A Record is a line of the journal.
type Record struct {
	Step   step      `json:"step"`
	At     time.Time `json:"at"`
	Change *Header   `json:"change,omitempty"`
	Key    string    `json:"key,omitempty"`
	File   string    `json:"file,omitempty"`
	By     By        `json:"by,omitempty"`
	// Why is the reason in English, WhyZh in Chinese; older journals have no WhyZh.
	Why   string   `json:"why,omitempty"`
	WhyZh string   `json:"why_zh,omitempty"`
	Kept  []string `json:"kept,omitempty"` // parameters that were not restored because someone else has set them
}

// Reason returns why a step was taken.
func (r Record) Reason() knowledge.Text {
	if r.WhyZh == "" {
		for _, known := range []knowledge.Text{killed(), expired()} {
			if r.Why == known.En {
				return known
			}
		}
	}
	return inBoth(r.Why, r.WhyZh)
}

// inBoth returns a text of a journal. If the journal has no Chinese, the English text
// stands for it.
func inBoth(en, zh string) knowledge.Text { return knowledge.Text{En: en, Zh: cmp.Or(zh, en)} }

// killed is the reason to complete what a killed process left unfinished.
func killed() knowledge.Text {
	return knowledge.Text{En: "the program was killed", Zh: "程序被杀死"}
}

// expired is the reason to take a change back that waits to be confirmed.
func expired() knowledge.Text {
	return knowledge.Text{En: "nobody confirmed it in time", Zh: "未在时限内确认"}
}

// failure is an error as a reason.
func failure(err error) knowledge.Text {
	return knowledge.Text{En: err.Error(), Zh: problem.Wording(err, true)}
}

// By tells who took a change back.
type By string

// The values of By.
const (
	ByUser     By = "rollback"
	ByFailure  By = "failure"  // applying failed
	ByGuard    By = "guard"    // the time to confirm was over
	ByRecovery By = "recovery" // a later command, after a process had died
	ByReboot   By = "reboot"
	ByEnd      By = "end" // nobody: the namespace has ended, and its values with it
)

// maxID is the highest number for which the name of a journal has room.
const maxID = 999_999_999

var journalName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^change-(\d{4,9})\.journal$`) })

// unfinished is the suffix of a journal's name until its first line is complete.
const unfinished = ".new"

func (e *Changer) journalFile(id int) string {
	return path.Join(e.o.StateDir, fmt.Sprintf("change-%04d.journal", id))
}

// ids returns the numbers of the changes that have journals, ascending.
func (e *Changer) ids() (ids []int, err error) {
	names, err := e.files.list(e.o.StateDir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if match := journalName().FindStringSubmatch(name); match != nil {
			id, err := strconv.Atoi(match[1])
			if err != nil {
				return nil, problem.Errorf("journal %s: %w", "日志 %s：%w", name, err)
			}
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// ErrDamaged is matched if a journal cannot be read or is not to be trusted.
var ErrDamaged = problem.New("damaged journal", "日志已损坏")

// maxJournal is the greatest length of a journal in bytes: enough for a plan of 1 MB
// with all its steps.
const maxJournal = 8 << 20

// A Broken is a journal that cannot be read or is not to be trusted.
type Broken struct {
	ID   int
	File string
	Err  error
	// Header is the journal's first line; nil if that is not valid.
	Header *Header
}

func (b *Broken) Error() string { return fmt.Sprintf("journal of change %d: %v", b.ID, b.Err) }

// Chinese is the error in Chinese.
func (b *Broken) Chinese() string {
	return fmt.Sprintf("第 %d 次改动的日志：%s", b.ID, problem.Wording(b.Err, true))
}

func (b *Broken) Unwrap() error { return b.Err }

// Hint tells the way out.
func (b *Broken) Hint() string {
	return "nothing was done with it: read " + b.File + ", set back by hand what it says was changed, and move it away"
}

// HintChinese is [Broken.Hint] in Chinese.
func (b *Broken) HintChinese() string {
	return "没有对它做任何事：请阅读 " + b.File + "，手工恢复其中所说的改动，再把它移走"
}

// parseJournal parses the lines of a journal. whole is how many bytes of it are
// complete lines.
func parseJournal(text []byte) (records []Record, whole int, err error) {
	for {
		line, rest, found := bytes.Cut(text[whole:], []byte("\n"))
		if !found && len(records) == 0 {
			return nil, 0, problem.Errorf("%w: it is cut off in its first line", "%w：在第一行中断", ErrDamaged)
		}
		if !found {
			return records, whole, nil
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return records, whole, fmt.Errorf("%w: line %d: %w", ErrDamaged, len(records)+1, err)
		}
		if (len(records) == 0) != (r.Step == stepBegin && r.Change != nil) {
			return records, whole, problem.Errorf("%w: line %d is %q", "%w：第 %d 行是 %q", ErrDamaged, len(records)+1, r.Step)
		}
		if r.Change != nil && r.Change.Version > journalVersion {
			return records, whole, problem.Errorf("%w: it was written by a newer tcpvitals (version %d)", "%w：由更新的 tcpvitals 写入（版本 %d）", ErrDamaged, r.Change.Version)
		}
		records = append(records, r)
		whole = len(text) - len(rest)
	}
}

// load reads a change. The error for a journal that is not to be trusted is a
// [*Broken].
func (e *Changer) load(id int) (*Change, error) {
	file := e.journalFile(id)
	text, err := e.files.own(file)
	if err != nil {
		if errors.Is(err, ErrDamaged) {
			return nil, &Broken{ID: id, File: file, Err: err}
		}
		return nil, problem.Errorf("journal of change %d: %w", "第 %d 次改动的日志：%w", id, err)
	}
	records, whole, err := parseJournal(text)
	if err == nil {
		err = e.believe(id, records)
	}
	if err != nil {
		broken := &Broken{ID: id, File: file, Err: err}
		if len(records) > 0 && e.believe(id, records[:1]) == nil {
			broken.Header = records[0].Change
		}
		return nil, broken
	}
	return replay(records, int64(whole)), nil
}

// start makes the journal of a new change.
func (e *Changer) start(h Header) (*Change, error) {
	r := Record{Step: stepBegin, At: e.now(), Change: &h}
	line, err := json.Marshal(r)
	if err != nil {
		return nil, problem.Errorf("journal: %w", "日志：%w", err)
	}
	line = append(line, '\n')
	if err := e.files.createWhole(e.journalFile(h.ID), line); err != nil {
		return nil, problem.Errorf("journal: %w", "日志：%w", err)
	}
	return replay([]Record{r}, int64(len(line))), nil
}

// note appends a step to the journal and waits until it is on disk. After a failure
// it restores the previous length of the journal, if it can.
func (e *Changer) note(c *Change, r Record) error {
	r.At = e.now()
	line, err := json.Marshal(r)
	if err != nil {
		return problem.Errorf("journal: %w", "日志：%w", err)
	}
	line = append(line, '\n')
	if err := e.appendLine(c, line); err != nil {
		return problem.Errorf("journal: %w", "日志：%w", err)
	}
	c.size += int64(len(line))
	c.add(r)
	return nil
}

func (e *Changer) appendLine(c *Change, line []byte) error {
	fd, err := e.o.Calls.Open(e.journalFile(c.ID), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if c.torn {
		err = e.o.Calls.Truncate(fd, c.size)
		c.torn = err != nil
	}
	if err == nil {
		if err = rawfile.WriteAll(e.files, fd, line); err != nil {
			c.torn = attempt(func() error { return e.o.Calls.Truncate(fd, c.size) }) != nil
		}
	}
	if closeErr := e.o.Calls.Close(fd); closeErr != nil && err == nil {
		// fsync has succeeded: the line is on disk.
		err = nil
	}
	return err
}
