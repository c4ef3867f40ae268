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
	"github.com/tcpvitals/tcpvitals/internal/hostnames"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// Env is what a command knows of its environment. Tests make their own.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time
	// Wait waits for a duration; its error is the context's.
	Wait func(context.Context, time.Duration) error
	// Hostname returns the name that is shown for this machine.
	Hostname func() (string, error)
	// Terminal returns the width in columns of the terminal on Stdout; ok is false if
	// Stdout is no terminal.
	Terminal func() (width int, ok bool)
	// Asking reports whether Stdin is a terminal, so that the user can answer a
	// question; nil means no.
	Asking func() bool
	// Showing reports whether Stdout is a terminal, so that the user can read a
	// question; nil means no.
	Showing func() bool
	// Telling reports whether Stderr is a terminal, so that a message can be shown
	// while something runs; nil means no.
	Telling func() bool
	// Forget discards unread input of the terminal on Stdin; nil if there is none.
	Forget func() error
	// Program is the name by which this program was called; "" is its usual name.
	Program string
	// Version is what "version" prints.
	Version string
	// Args is the command line of this process, for starting it again; nil if that is
	// not possible.
	Args []string
	// Alone says that this process runs one command and ends with it, so that a long
	// command may give up rights.
	Alone bool

	// Resolve returns the names of an address; nil asks the resolver of this host.
	Resolve hostnames.Lookup

	// Watch runs the live view. It is another face, so main supplies it.
	Watch func(context.Context, Watching) error
	// Exec replaces this process by another program; it returns only after a failure.
	// nil if that is not possible.
	Exec func(program string, argv []string) error
	// Environ are all environment variables; they tell the live view what the
	// terminal can do.
	Environ []string

	raw      io.Writer       // Stdout as passed to Main
	direct   io.Writer       // Stdout without the buffer of Main
	terminal io.Writer       // Stderr unchanged: escape sequences written there move the cursor
	ended    <-chan struct{} // closed when the command is told to end; nil means never
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

// pipeWidth is the width of output to a file or a pipe: no line is broken there, so
// that grep finds whole sentences.
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

// reading returns the width of sentences: at most this many columns on a terminal,
// where longer lines are hard to read, and no limit in a pipe.
func (e *Env) reading(most int) int {
	if width := e.width(); width < pipeWidth {
		return min(width, most)
	}
	return pipeWidth
}

// ascii reports whether the locale has ASCII only.
func (e *Env) ascii() bool { return knowledge.LocaleASCII(e.Getenv) }

// colour reports whether output may be coloured: only on a capable terminal, and
// never if NO_COLOR is set (https://no-color.org).
func (e *Env) colour() bool {
	_, terminal := e.Terminal()
	return terminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb"
}

// lang returns the language of the locale.
func (e *Env) lang() knowledge.Lang { return knowledge.LocaleLang(e.Getenv) }

// clock returns the clock for samples.
func (e *Env) clock() sampler.Options { return sampler.Options{Now: e.Now, Wait: e.Wait} }

// program returns the name by which this program was called.
func (e *Env) program() string { return command.Called(e.Program) }

// scope returns the scope of printed commands: the tree that was read, the network
// namespace of --netns, or the files.
func (e *Env) scope(netns string, files []string) command.Scope {
	if netns == "self" {
		netns = ""
	}
	return command.Scope{Program: e.program(), Netns: netns, From: files, Nowhere: slices.Contains(files, stdinName)}
}
