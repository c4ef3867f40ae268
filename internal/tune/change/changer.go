// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/clock"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Default directories.
const (
	DefaultStateDir = "/var/lib/tcpvitals/tune"
	DefaultEtcDir   = "/etc/sysctl.d"
)

// Options tell where a change keeps its files and what it works with.
type Options struct {
	StateDir string // of journals and lock; "" is DefaultStateDir
	// EtcDir is where the files of confirmed changes are written. "" is
	// DefaultEtcDir, but only in the namespace of process 1: only its files are read
	// at boot.
	EtcDir   string
	Guard    Guard
	Now      func() time.Time
	User     string        // the user who makes the change, for the journal
	Patience time.Duration // how long to wait for the lock; 0 is two seconds
	Calls    Calls         // nil is System
	Boot     string        // the boot id; "" is read
	// SinceBoot returns the time since boot; nil is [clock.SinceBoot].
	SinceBoot func() (time.Duration, error)
}

// Guard takes a change back if nothing else does.
type Guard interface {
	// Start starts something that outlives this process, waits for the lock, and then
	// calls [Changer.Attend]. Start is called before the first value is set, with the
	// lock held, inside the namespace of the change. within is 0 if the values are
	// not restored automatically.
	Start(id int, within time.Duration) error
	// Stop tells the guard that it is no longer needed. The guard may stay for a
	// while: it reads the journal itself.
	Stop(id int)
}

// Changer makes changes and takes them back. It is not safe for concurrent use.
type Changer struct {
	o     Options
	files files
	held  bool // StateDir names an open directory
}

// New returns a Changer. It does nothing yet.
func New(o Options) *Changer {
	if o.StateDir == "" {
		o.StateDir = DefaultStateDir
	}
	if o.Calls == nil {
		o.Calls = System{}
	}
	if o.SinceBoot == nil {
		o.SinceBoot = clock.SinceBoot
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	return &Changer{o: o, files: files{o.Calls}}
}

func (e *Changer) now() time.Time { return e.o.Now().UTC().Truncate(time.Millisecond) }

// boot returns the id of the present boot.
func (e *Changer) boot() (string, error) {
	if e.o.Boot != "" {
		return e.o.Boot, nil
	}
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", problem.Errorf("read the boot id: %w", "读取启动标识：%w", err)
	}
	e.o.Boot = strings.TrimSpace(string(text))
	return e.o.Boot, nil
}

// late reports whether the time to confirm a change is over. It uses the clock that
// nobody can set, if the journal has its time and is from this boot.
func (e *Changer) late(c *Change) bool {
	if c.Deadline == nil {
		return false
	}
	if left, ok := e.left(&c.Header); ok {
		return left < 0
	}
	return e.now().After(*c.Deadline)
}

// left returns how long a change can still be confirmed.
func (e *Changer) left(h *Header) (time.Duration, bool) {
	boot, err := e.boot()
	if err != nil || h.Due == 0 || h.Boot != boot {
		return 0, false
	}
	now, err := e.o.SinceBoot()
	return h.Due - now, err == nil
}

// ErrBusy is matched if another tcpvitals tune holds the lock.
var ErrBusy = problem.New("another tcpvitals tune is at work", "另一个 tcpvitals tune 正在运行")

// poll is how often the lock is tried: a blocking flock(2) would not end with ctx.
const poll = 20 * time.Millisecond

// lock excludes all others until unlock is called or this process dies.
func (e *Changer) lock(ctx context.Context, patience time.Duration) (unlock func(), err error) {
	if err := e.files.mkdirAll(e.o.StateDir); err != nil {
		return nil, needsRoot("keep a journal in "+e.o.StateDir, "在 "+e.o.StateDir+" 中记录日志", err)
	}
	if err := e.trusted(); err != nil {
		return nil, err
	}
	name := path.Join(e.o.StateDir, "lock")
	fd, err := e.o.Calls.Open(name, os.O_CREATE|os.O_RDWR|rawfile.NoFollow, lockMode)
	if err != nil {
		return nil, needsRoot("lock "+name, "锁定 "+name, err)
	}
	for waited := time.Duration(0); ; waited += poll {
		ok, err := e.o.Calls.TryLock(fd)
		switch {
		case err == nil && ok:
			return func() { _ = e.o.Calls.Close(fd) }, nil
		case err == nil && waited >= patience:
			err = problem.Errorf("%w: %s is locked", "%w：%s 已被锁定", ErrBusy, name)
		case err == nil:
			err = sleep(ctx, poll)
		}
		if err != nil {
			_ = e.o.Calls.Close(fd)
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// needsRoot turns a permission error into one that says what is needed.
func needsRoot(op, opZh string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return problem.Errorf("%w: %w", "%w：%w", problem.New(op, opZh), err)
	}
	return &problem.PermissionError{
		Op: op, OpZh: opZh, Need: []string{"root"}, Err: err,
		Hint: "nothing was changed. Run it as root: sudo tcpvitals tune ...", HintZh: "什么也没改。用 root 运行：sudo tcpvitals tune ...",
	}
}
