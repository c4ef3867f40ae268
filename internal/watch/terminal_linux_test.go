// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// A terminal is both ends of a pseudo-terminal, with an emulator that shows what
// comes out of it and answers what is asked.
type terminal struct {
	t    testing.TB
	ptmx *os.File
	tty  *os.File
	em   *vt.SafeEmulator
	mu   sync.Mutex   // its text is not guarded by it
	sent atomic.Int64 // bytes that came out
}

func newTerminal(t testing.TB, width, height int) *terminal {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	ptmx := os.NewFile(uintptr(fd), "ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &terminal{t: t, ptmx: ptmx, tty: tty, em: vt.NewSafeEmulator(width, height)}
	c.resize(width, height)
	out, answers := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(out)
		part := make([]byte, 32<<10)
		for {
			n, err := ptmx.Read(part)
			c.sent.Add(int64(n))
			c.mu.Lock()
			_, _ = c.em.Write(part[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(answers)
		// A terminal that answers no question. An answer that comes after the end
		// would find nobody, and whoever reads it has no way out (ultraviolet's
		// sendEvents).
		_, _ = io.Copy(io.Discard, c.em)
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = ptmx.Close()
		<-out
		if answering, ok := c.em.InputPipe().(io.Closer); ok { // its own Close is not guarded
			_ = answering.Close()
		}
		<-answers
	})
	return c
}

func (c *terminal) resize(width, height int) {
	c.em.Resize(width, height)
	if err := unix.IoctlSetWinsize(int(c.tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(height), Col: uint16(width)}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *terminal) types(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.ptmx, text); err != nil {
		c.t.Fatal(err)
	}
}

// text is what the screen shows.
func (c *terminal) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.em.String()
}

// sees waits until the screen shows something.
func (c *terminal) sees(text string) {
	c.t.Helper()
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		shown := c.text()
		if strings.Contains(shown, text) {
			return
		}
		if time.Since(begun) > 20*time.Second {
			c.t.Fatalf("%q is not on the screen:\n%s", text, shown)
		}
	}
}

// settings are those of the terminal driver.
func (c *terminal) settings() unix.Termios {
	c.t.Helper()
	s, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		c.t.Fatal(err)
	}
	return *s
}

// options watch a listing that does not move.
func (c *terminal) options() Options {
	return Options{
		Source: engine.NewListing(strings.NewReader("ESTAB 0 0 10.0.0.1:443 10.0.0.2:4711\n"), "a listing"), Every: 100 * time.Millisecond, Examine: time.Second,
		Lang: knowledge.English, Colour: true, In: c.tty, Out: c.tty, Now: time.Now, Wait: sampler.Wait,
		Environ: []string{"TERM=xterm-256color"},
	}
}

// run watches until over is called or a key ends it; end waits for that.
func (c *terminal) run(o Options) (over context.CancelFunc, end func() error) {
	ctx, over := context.WithCancel(c.t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, o) }()
	return over, func() error {
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Second):
			c.t.Fatal("it does not end")
			return nil
		}
	}
}

// left checks that the terminal is as it was.
func (c *terminal) left(before unix.Termios) {
	c.t.Helper()
	if after := c.settings(); after != before {
		c.t.Errorf("settings: %+v, before %+v", after, before)
	}
	for begun := time.Now(); c.em.IsAltScreen() || c.hidden(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 5*time.Second {
			c.t.Fatalf("alternate screen: %v, cursor hidden: %v", c.em.IsAltScreen(), c.hidden())
		}
	}
}

func (c *terminal) hidden() bool { return c.em.CursorHidden() }

// TestOnATerminal: what a real terminal shows is the frame; it follows a change
// of size, and what is typed; and q leaves it as it was.
func TestOnATerminal(t *testing.T) {
	c := newTerminal(t, 80, 24)
	before := c.settings()
	_, end := c.run(c.options())
	c.sees("▶ESTABLISHED")
	c.sees("all 1 sockets")
	if !c.em.IsAltScreen() {
		t.Error("the screen before is drawn over")
	}
	c.types("2")
	c.sees("census --by process,state")
	c.types("/")
	c.sees("Tab: ")
	c.types("sport = :80\r")
	c.sees("0: sport = :80")
	c.types("1")
	c.resize(60, 16)
	if err := unix.Kill(os.Getpid(), unix.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	c.sees("last minute")
	c.types("q")
	if err := end(); err != nil {
		t.Fatal(err)
	}
	c.left(before)
}

// TestTold: ended from outside, as by SIGTERM, it leaves the terminal as it was,
// and that is no error.
func TestTold(t *testing.T) {
	c := newTerminal(t, 80, 24)
	before := c.settings()
	over, end := c.run(c.options())
	c.sees("▶ESTABLISHED")
	over()
	if err := end(); err != nil {
		t.Fatal(err)
	}
	c.left(before)
}

// panics is a source that looks once and then has a mistake in it.
type panics struct {
	engine.Source

	looks atomic.Int32
}

func (p *panics) Count(ctx context.Context, q engine.Counting, v engine.CountVisit) (*engine.Report, error) {
	if p.looks.Add(1) == 3 {
		panic("a mistake")
	}
	return p.Source.Count(ctx, q, v)
}

// TestPanic: a mistake in what looks is told when the terminal is as it was.
func TestPanic(t *testing.T) {
	c := newTerminal(t, 80, 24)
	before := c.settings()
	o := c.options()
	o.Source = &panics{Source: o.Source}
	_, end := c.run(o)
	if err := end(); err == nil || !strings.Contains(err.Error(), "a mistake") {
		t.Errorf("the mistake is not told: %v", err)
	}
	c.left(before)
}

// fails is a source that cannot be read any more.
type fails struct{ engine.Source }

var errGone = errors.New("the namespace is gone")

func (fails) Count(context.Context, engine.Counting, engine.CountVisit) (*engine.Report, error) {
	return nil, errGone
}

// TestFails: so is an error.
func TestFails(t *testing.T) {
	c := newTerminal(t, 80, 24)
	before := c.settings()
	o := c.options()
	o.Source = fails{o.Source}
	_, end := c.run(o)
	if err := end(); !errors.Is(err, errGone) {
		t.Errorf("the error is not told: %v", err)
	}
	c.left(before)
}

// TestIdleBytes: a host on which nothing happens is cheap to watch over a slow
// line: 10 kB a second at most.
func TestIdleBytes(t *testing.T) {
	c := newTerminal(t, 120, 40)
	over, end := c.run(c.options())
	c.sees("▶ESTABLISHED")
	time.Sleep(500 * time.Millisecond)
	from := c.sent.Load()
	time.Sleep(2 * time.Second)
	idle := (c.sent.Load() - from) / 2
	t.Logf("%d bytes a second, at ten looks a second", idle)
	if idle > 10_000 {
		t.Errorf("%d bytes a second", idle)
	}
	over()
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

// TestLightBackground: on a light background nothing is drawn in colours that cannot be
// read there, from when the terminal has said that it is light.
func TestLightBackground(t *testing.T) {
	for said, light := range map[string]bool{"ffff/ffff/ffff": true, "0000/0000/0000": false} {
		c := newTerminal(t, 80, 24)
		o := c.options()
		_, end := c.run(o)
		c.sees("▶ESTABLISHED")
		c.types("\x1b]11;rgb:" + said + "\x1b\\")
		green := func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return strings.Contains(c.em.Render(), "\x1b[32")
		}
		for begun := time.Now(); green() == light && time.Since(begun) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		}
		if green() == light {
			t.Errorf("background %s: green is drawn: %v", said, green())
		}
		c.types("q")
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}
