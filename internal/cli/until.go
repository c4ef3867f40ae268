// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
)

// until returns a reader whose Read ends when the command is told to end. Otherwise a
// silent pipe, or a file on a server that has gone, would keep the command running.
// What is being read then is lost.
func (e *Env) until(r io.Reader) io.Reader {
	if e.ended == nil {
		return r
	}
	return &untilReader{r: r, ended: e.ended}
}

// untilReader reads in a goroutine that owns the buffer: if a read returns late, it
// writes where nobody reads.
type untilReader struct {
	r     io.Reader
	ended <-chan struct{}
	over  bool

	ask chan int // receives how many bytes to read; nil before the first Read
	got chan wasRead
}

type wasRead struct {
	text []byte // valid until the next request
	err  error
}

// readAtOnce is the most bytes that are read at once: the size of a pipe.
const readAtOnce = 64 << 10

// Read asks for the next bytes and waits for them, or for the end of the command.
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

// run reads whenever it is asked, until the command ends.
func (u *untilReader) run(ask <-chan int, got chan<- wasRead) {
	buf := make([]byte, readAtOnce)
	for most := range ask {
		n, err := u.r.Read(buf[:most])
		got <- wasRead{buf[:n], err}
	}
}
