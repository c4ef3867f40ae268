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

// untilReader has one goroutine read for it, into memory that stays the
// goroutine's: a Read that comes back late writes where nobody looks.
type untilReader struct {
	r     io.Reader
	ended <-chan struct{}
	over  bool

	ask chan int // how much to read; nil before the first Read
	got chan wasRead
}

type wasRead struct {
	text []byte // until the next is asked for
	err  error
}

// readAtOnce is the most that is asked for at once: as much as a pipe holds.
const readAtOnce = 64 << 10

// Read asks for what comes next and waits for it, or for the end of the command.
func (u *untilReader) Read(p []byte) (int, error) {
	if u.over {
		return 0, context.Canceled
	}
	if u.ask == nil {
		u.ask, u.got = make(chan int, 1), make(chan wasRead, 1)
		go u.run(u.ask, u.got)
	}
	u.ask <- min(len(p), readAtOnce)
	select {
	case read := <-u.got:
		return copy(p, read.text), read.err
	case <-u.ended:
		u.over = true
		close(u.ask)
		return 0, context.Canceled
	}
}

// run reads as often as it is asked to, which ends with the command.
func (u *untilReader) run(ask <-chan int, got chan<- wasRead) {
	buf := make([]byte, readAtOnce)
	for most := range ask {
		n, err := u.r.Read(buf[:most])
		got <- wasRead{buf[:n], err}
	}
}
