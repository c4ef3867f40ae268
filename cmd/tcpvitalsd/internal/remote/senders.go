// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"context"
	"sync"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// Senders send a history to receivers, none of which waits for another.
type Senders struct {
	all []*sender
	end context.CancelFunc
	run sync.WaitGroup
}

// Start begins. A receiver that is new gets what comes from now on. The error names a
// file that cannot be used.
func Start(q Queue, to []Receiver, o *Options) (*Senders, error) {
	if err := userfile.Tidy(o.Dir); err != nil {
		return nil, err
	}
	all := &Senders{}
	for _, one := range to {
		s, err := newSender(q, one, o)
		if err != nil {
			return nil, err
		}
		all.all = append(all.all, s)
	}
	var ctx context.Context
	ctx, all.end = context.WithCancel(context.Background())
	for _, s := range all.all {
		all.run.Go(func() { s.run(ctx) })
	}
	return all, nil
}

// Stop waits a moment for what is under way, and keeps how far each receiver has come.
func (s *Senders) Stop() {
	s.end()
	s.run.Wait()
}

// Forget is told of each block that retention removes.
func (s *Senders) Forget(f *history.Forgotten) {
	for _, one := range s.all {
		one.forget(f)
	}
}

// Status tells how each receiver does.
func (s *Senders) Status() []metrics.Receiver {
	out := make([]metrics.Receiver, len(s.all))
	for i, one := range s.all {
		out[i] = one.status()
	}
	return out
}
