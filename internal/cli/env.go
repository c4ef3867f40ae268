// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// Env is the world as a command sees it. Tests make their own.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time
	// Wait lets time pass; its error is the context's.
	Wait func(context.Context, time.Duration) error
	// Hostname returns the name to show for this machine.
	Hostname func() (string, error)
	// Terminal returns the width in columns of the terminal that Stdout is;
	// ok is false when it is none.
	Terminal func() (width int, ok bool)
	// Asking reports whether Stdin is a terminal, so that a question can be answered; nil: it
	// is not.
	Asking func() bool
	// Showing reports whether Stdout is a terminal, so that a question can be read; nil: it
	// is not.
	Showing func() bool
	// Telling reports whether Stderr is a terminal, where a word may stand for as
	// long as something lasts; nil is that it is not.
	Telling func() bool
	// Forget discards unread input of the terminal that Stdin is; nil: there can be none.
	Forget func() error
	// Program is the name by which this program was called; "" is its own.
	Program string
	// Version is what "version" prints.
	Version string
	// Args is the command line of this process, for starting it anew; nil when
	// that is not possible.
	Args []string
	// Alone reports that this process runs one command and ends with it, so that a
	// long one may give up rights.
	Alone bool

	// Watch is the live view, another face, which only main knows.
	Watch func(context.Context, Watching) error
	// Exec makes of this process another program; it returns only when it cannot.
	// nil is never.
	Exec func(program string, argv []string) error
	// Environ are all variables, which tell the live view what the terminal can.
	Environ []string

	raw      io.Writer       // Stdout as Main was given it
	direct   io.Writer       // Stdout without the buffer of Main
	terminal io.Writer       // Stderr as it is: what is written there moves the cursor
	ended    <-chan struct{} // closed when the command is told to end; nil is never
}

// System returns the environment of this process. version overrides what the
// build recorded; it is empty in a build from source.
func System(version string) *Env {
	return &Env{
		Stdin:    os.Stdin,
		Stdout:   standardOutput(),
		Stderr:   os.Stderr,
		Getenv:   os.Getenv,
		Now:      time.Now,
		Wait:     sampler.Wait,
		Hostname: os.Hostname,
		Terminal: terminalWidth,
		Asking:   func() bool { return term.IsTerminal(int(os.Stdin.Fd())) },
		Showing:  func() bool { return term.IsTerminal(int(os.Stdout.Fd())) },
		Telling:  func() bool { return term.IsTerminal(int(os.Stderr.Fd())) },
		Forget:   func() error { return kill.DropInput(int(os.Stdin.Fd())) },
		Version:  resolveVersion(version),
		Args:     os.Args,
		Environ:  os.Environ(),
		Exec:     func(program string, argv []string) error { return syscall.Exec(program, argv, os.Environ()) },
	}
}

func terminalWidth() (width int, ok bool) {
	fd := int(os.Stdout.Fd())
	if !term.IsTerminal(fd) {
		return 0, false
	}
	width, _, err := term.GetSize(fd)
	return width, err == nil && width > 0
}

// resolveVersion prefers the release's version, then the module's.
func resolveVersion(version string) string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "(built from source)"
	}
	return info.Main.Version
}

// pipeWidth is the width of what goes to a file or a pipe: no line is broken
// there, so that grep finds whole sentences.
const pipeWidth = 1 << 15

// width returns the columns that a table may take: COLUMNS if set, the
// terminal's width, or pipeWidth.
func (e *Env) width() int {
	if n, err := strconv.Atoi(e.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n, ok := e.Terminal(); ok {
		return n
	}
	return pipeWidth
}

// reading is the width of sentences: most columns on a terminal, where longer
// lines are hard to read, and all of it in a pipe.
func (e *Env) reading(most int) int {
	if width := e.width(); width < pipeWidth {
		return min(width, most)
	}
	return pipeWidth
}

// ascii reports whether nothing but ASCII is sure to be shown.
func (e *Env) ascii() bool { return knowledge.LocaleASCII(e.Getenv) }

// colour reports whether output may be coloured: only on a terminal that can,
// and never against NO_COLOR (https://no-color.org).
func (e *Env) colour() bool {
	_, terminal := e.Terminal()
	return terminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb"
}

// lang returns the language of the locale.
func (e *Env) lang() knowledge.Lang { return knowledge.LocaleLang(e.Getenv) }

// clock is the time by which samples are taken.
func (e *Env) clock() sampler.Options { return sampler.Options{Now: e.Now, Wait: e.Wait} }

// program is the name by which this program was called.
func (e *Env) program() string { return command.Called(e.Program) }

// scope is where a command that is printed looks: at what was read, in the
// network namespace of --netns, or in files.
func (e *Env) scope(netns string, files []string) command.Scope {
	if netns == "self" {
		netns = ""
	}
	return command.Scope{Program: e.program(), Netns: netns, From: files, Nowhere: slices.Contains(files, stdinName)}
}
