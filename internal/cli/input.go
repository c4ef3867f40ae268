// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// open opens the source that --from names, or this host. The caller closes it.
func (s source) open(env *Env) (engine.Source, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	switch s.From {
	case "":
		return s.host(env)
	case stdinName:
		return engine.OpenReader(io.NopCloser(env.until(env.Stdin)), "standard input")
	default:
		return openFile(env, s.From)
	}
}

// openFile opens a snapshot or a listing by its name.
func openFile(env *Env, name string) (engine.Source, error) {
	f, err := userfile.Open(name)
	if err != nil {
		return nil, err
	}
	src, err := engine.OpenReader(f.Until(env.until), name)
	if err != nil {
		_ = f.Close()
	}
	return src, err
}

// host opens this host.
func (s source) host(env *Env) (*engine.Host, error) {
	name, _ := env.Hostname() // a host without a name is shown without one
	return engine.Open(engine.Options{Engine: s.Engine, Netns: s.Netns, ProcRoot: s.ProcRoot, Name: name, Stays: s.Stays, Traced: s.Traced})
}

// closing closes a source. Errors are ignored: a source is only read.
func closing(src engine.Source) { _ = src.Close() }

// title returns the name of the machine, with the time if it is a saved one.
func title(about engine.About) string {
	if !about.Saved() {
		return about.Host
	}
	return strings.TrimSpace(about.Host + " saved " + about.Taken.UTC().Format(time.RFC3339))
}
