// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// unanswered counts questions that have no answer yet. The library forgets them when
// the input ends; a shell that pipes questions in waits for their answers.
type unanswered struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n becomes 0; nil if nobody waits
}

// patience is how long answers are waited for after the end of the input.
const patience = 10 * time.Second

func (u *unanswered) asked() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.n++
}

func (u *unanswered) answered() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n--; u.n <= 0 && u.none != nil {
		close(u.none)
		u.none = nil
	}
}

// wait waits until all questions are answered, no longer than [patience].
func (u *unanswered) wait() {
	u.mu.Lock()
	if u.n <= 0 {
		u.mu.Unlock()
		return
	}
	none := make(chan struct{})
	u.none = none
	u.mu.Unlock()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-none:
	case <-late.C:
	}
}

// answers is a writer of messages that counts answers.
type answers struct {
	io.WriteCloser

	open *unanswered
}

// Write writes one message.
func (a answers) Write(p []byte) (int, error) {
	n, err := a.WriteCloser.Write(p)
	if m, failed := jsonrpc.DecodeMessage(p); failed == nil {
		if _, ok := m.(*jsonrpc.Response); ok {
			a.open.answered()
		}
	}
	return n, err
}
