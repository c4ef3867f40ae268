// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/owner"
)

// A Shared is a trace for several callers at once: one asks for owners, another for
// summaries. They wait for each other.
type Shared struct {
	mu sync.Mutex
	t  *Trace
}

// Share makes a trace shareable. Afterwards only the Shared may be used.
func Share(t *Trace) *Shared { return &Shared{t: t} }

// Closer is [Trace.Closer].
func (s *Shared) Closer(cookie uint64) (owner.Owner, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.t.Closer(cookie)
}

// Summary is [Trace.Summary].
func (s *Shared) Summary() (*Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.t.Summary()
}

// Close ends the trace.
func (s *Shared) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.t.Close()
}
