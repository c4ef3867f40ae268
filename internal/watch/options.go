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
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// Options say what is watched, and how it is shown.
type Options struct {
	Source engine.Source
	// Files are saved machines to be played in place of Source, and Ago how long
	// before the last of them it begins.
	Files []engine.Source
	Ago   time.Duration
	// Trace goes on beside; nil is none, and Untraced says why.
	Trace    *trace.Shared
	Untraced error
	// Filter and By are what is shown at first, as census takes them.
	Filter, By string
	// Every is the time from look to look, and Examine that between judgements of
	// the whole host.
	Every, Examine time.Duration
	// Plain writes a line for each look to Out, and takes no keys.
	Plain bool
	// Count ends that after so many looks, 0 never.
	Count uint64

	Lang   knowledge.Lang
	ASCII  bool
	Colour bool
	// Scope is where the commands that are shown look.
	Scope command.Scope

	// Save makes the command that saves this host in a file of that name; nil where
	// there is nothing to save.
	Save func(name string) *exec.Cmd
	// Kill makes the command that closes the sockets that a filter chooses, which
	// shows them first and asks; nil where nothing can be closed.
	Kill func(filter string) *exec.Cmd

	In   io.Reader
	Out  io.Writer
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
	// Environ are the variables that tell of the terminal.
	Environ []string
}
