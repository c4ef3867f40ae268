// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/term"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
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
	// Version is what "version" prints.
	Version string
	// Args is the command line of this process, for starting it anew; nil when
	// that is not possible.
	Args []string

	direct io.Writer // Stdout without the buffer of Main
}

// System returns the environment of this process. version overrides what the
// build recorded; it is empty in a build from source.
func System(version string) *Env {
	return &Env{
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		Getenv:   os.Getenv,
		Now:      time.Now,
		Wait:     wait,
		Hostname: os.Hostname,
		Terminal: terminalWidth,
		Version:  resolveVersion(version),
		Args:     os.Args,
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
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

// pipeWidth is the width of a table that goes to a file or a pipe.
const pipeWidth = 120

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

// colour reports whether output may be coloured: only on a terminal that can,
// and never against NO_COLOR (https://no-color.org).
func (e *Env) colour() bool {
	_, terminal := e.Terminal()
	return terminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb"
}

// lang returns the language of the locale (LC_ALL, LC_MESSAGES, LANG: the first
// that is set decides, POSIX.1-2017 section 8.2), English when it is neither.
func (e *Env) lang() knowledge.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := e.Getenv(name); value != "" {
			lang, _ := knowledge.ParseLang(value)
			return lang
		}
	}
	return knowledge.English
}
