// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// open opens what --from names, or this host. The caller closes it.
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

// openFile opens a snapshot or a listing that the user names.
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
	name, _ := env.Hostname() // a nameless host is shown without a name
	return engine.Open(engine.Options{Engine: s.Engine, Netns: s.Netns, ProcRoot: s.ProcRoot, Name: name, Stays: s.Stays, Traced: s.Traced})
}

// closing closes a source. Of what was only read nothing can be lost.
func closing(src engine.Source) { _ = src.Close() }

// title is the machine for people, with when it was saved.
func title(about engine.About) string {
	if !about.Saved() {
		return about.Host
	}
	return strings.TrimSpace(about.Host + " saved " + about.Taken.UTC().Format(time.RFC3339))
}
