// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
)

// An input is an opened source: this host, a listing or a snapshot.
type input struct {
	source

	name     string         // how errors call it
	listing  io.Reader      // nil when it is no listing
	snapshot *snapshot.File // nil when it is no snapshot
	close    func()
}

// open opens what --from names, and sees by its first bytes what it is. The
// caller closes it.
func (s source) open(env *Env) (*input, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	in := &input{source: s, close: func() {}}
	if s.From == "" {
		return in, nil
	}
	file, err := openFile(env, s.From)
	if err != nil {
		return nil, err
	}
	in.name, in.close = s.From, func() { _ = file.Close() }
	if s.From == stdinName {
		in.name = "standard input"
	}
	if err := in.recognise(file); err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

// openFile opens standard input or a file.
func openFile(env *Env, from string) (io.ReadCloser, error) {
	if from == stdinName {
		return io.NopCloser(env.Stdin), nil
	}
	f, err := os.Open(from)
	if err != nil {
		return nil, inputError(from, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		_ = f.Close()
		return nil, &problem.InputError{Name: from, Msg: "it is a directory", Hint: "name a file with a snapshot or a listing in it"}
	}
	return f, nil
}

// recognise opens a snapshot as one; anything else is a listing.
func (in *input) recognise(file io.ReadCloser) error {
	start := bufio.NewReader(file)
	magic, err := start.Peek(len(snapshot.Magic))
	if !snapshot.Is(magic) {
		in.listing = start
		if err != nil && !errors.Is(err, io.EOF) {
			return inputError(in.name, err)
		}
		return nil
	}
	f, ok := file.(*os.File)
	if !ok || !regular(f) {
		if f, err = in.spool(start); err != nil {
			return err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in.snapshot, err = snapshot.Open(f, info.Size(), in.name)
	return err
}

func regular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// spool copies a snapshot that comes through a pipe to a temporary file: it is
// checked as a whole before it is answered from, and may be read twice.
func (in *input) spool(from io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "tcpvitals-*.snap")
	if err != nil {
		return nil, err
	}
	before := in.close
	in.close = func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
		before()
	}
	_, err = io.Copy(f, from)
	return f, err
}

// host is the machine that the answer is about, "" where it is not known.
func (in *input) host(env *Env) string {
	switch {
	case in.snapshot != nil:
		return in.snapshot.Machine.Host
	case in.listing != nil:
		return ""
	default:
		name, _ := env.Hostname() // a nameless host is shown without a name
		return name
	}
}

// title is host for people, with when a snapshot was saved.
func (in *input) title(env *Env) string {
	if in.snapshot == nil {
		return in.host(env)
	}
	return strings.TrimSpace(in.host(env) + " saved " + in.snapshot.Machine.Taken.UTC().Format(time.RFC3339))
}

// time is when the sockets were as the answer says.
func (in *input) time(now time.Time) time.Time {
	if in.snapshot != nil {
		return in.snapshot.Machine.Taken
	}
	return now
}

// inputError drops the operation ("open") that means nothing to the user.
func inputError(name string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return &problem.PermissionError{Op: "read " + name, Err: errors.Unwrap(err)}
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return &problem.InputError{Name: name, Msg: err.Error()}
}
