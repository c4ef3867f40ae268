// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
)

// until is a reader whose Read does not outlast the command: a pipe in which
// nothing comes, or a file on a server that is gone, must not keep a command that
// was told to end. What is being read then is lost.
func (e *Env) until(r io.Reader) io.Reader {
	if e.ended == nil {
		return r
	}
	return &untilReader{r: r, ended: e.ended}
}

type untilReader struct {
	r     io.Reader
	ended <-chan struct{}
	over  bool
}

type wasRead struct {
	text []byte
	err  error
}

// Read reads elsewhere, into memory that stays theirs who read late.
func (u *untilReader) Read(p []byte) (int, error) {
	if u.over {
		return 0, context.Canceled
	}
	done := make(chan wasRead, 1)
	buf := make([]byte, min(len(p), 64<<10))
	go func() {
		n, err := u.r.Read(buf)
		done <- wasRead{buf[:n], err}
	}()
	select {
	case got := <-done:
		return copy(p, got.text), got.err
	case <-u.ended:
		u.over = true
		return 0, context.Canceled
	}
}
