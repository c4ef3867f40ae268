// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"io"
	"os/exec"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// Options tell what is watched and how it is shown.
type Options struct {
	// Source is what is watched. Judged is the same host, opened once more for
	// judgements, which take long: looks do not wait for them then. nil means Source.
	Source, Judged engine.Source
	// Files are saved machines to be played instead of Source. Past is what tcpvitalsd
	// kept of the time before; nil for nothing. Ago is how long before the last file, or
	// before the end of Past, it begins.
	Files []engine.Source
	Past  *report.Past
	Ago   time.Duration
	// Trace runs at the same time; nil means none, and Untraced tells why.
	Trace    *trace.Shared
	Untraced error
	// Filter and By are the initial filter and keys, as in census.
	Filter, By string
	// Every is the time between looks, Examine the time between judgements of the
	// whole host.
	Every, Examine time.Duration
	// Plain writes a line for each look to Out and reads no keys.
	Plain bool
	// Count ends a Plain run after this many looks; 0 means never.
	Count uint64

	Lang   knowledge.Lang
	ASCII  bool
	Colour bool
	// Scope is the scope of the commands that are shown.
	Scope command.Scope

	// Save returns the command that saves this host in a file of that name; nil if
	// there is nothing to save.
	Save func(name string) *exec.Cmd
	// Kill returns the command that closes the sockets that a filter chooses; it
	// shows them first and asks. nil if nothing can be closed.
	Kill func(filter string) *exec.Cmd

	In   io.Reader
	Out  io.Writer
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
	// Environ are the environment variables that describe the terminal.
	Environ []string
}
