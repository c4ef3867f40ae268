// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"context"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/bench"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// laboratory is where scenarios are run.
type laboratory struct{ lab *bench.Lab }

func openLab(o Options) (*laboratory, error) {
	kind, err := wire.Choose(o.Wire, o.TunDevice)
	if err != nil {
		return nil, err
	}
	lab, err := bench.Open(bench.Options{Wire: kind})
	if err != nil {
		return nil, err
	}
	return &laboratory{lab}, nil
}

func (l *laboratory) close() { _ = l.lab.Close() }

func (l *laboratory) run(ctx context.Context, s *Scenario, family socket.Family) *Result {
	r := &Result{Scenario: s, Family: family}
	begin := time.Now()
	var evidence []script.Evidence
	err := l.lab.Run(family, func(b *bench.Bench) (err error) {
		b.Interrupt(ctx.Err)
		r.Wire = b.WireKind()
		defer func() { r.Trace = b.Events() }()
		if err := possible(b, s); err != nil {
			return err
		}
		evidence, err = s.Script.Run(ctx, b)
		return err
	})
	r.Took = time.Since(begin)
	r.judge(evidence, err)
	return r
}

// possible looks for what the scenario needs before it begins.
func possible(b *bench.Bench, s *Scenario) error {
	for _, name := range s.Needs {
		if _, err := b.Sysctl(name); err != nil {
			return err
		}
	}
	return nil
}
