// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A PortLook is one reading of the local ports and its report.
type PortLook struct {
	Reading diagnose.PortReading
	Report  *engine.Report
	Gaps    []problem.Gap // namespaces whose ports cannot be judged
}

// LookAtPorts reads which local ports are in use. within is the time since an earlier
// reading, 0 without one.
func LookAtPorts(ctx context.Context, src engine.Source, within time.Duration) (*PortLook, error) {
	l := &PortLook{}
	l.Reading.Within = within
	l.Reset()
	report, err := src.Rows(ctx, engine.Scan{Fields: diagnose.PortFields().Union(diagnose.PortDeepFields())}, l)
	if err != nil {
		return nil, err
	}
	l.Report = report
	return l, nil
}

// PortsPass is a sampler's pass that reads the local ports of a source once.
func PortsPass(src engine.Source) sampler.Pass[*PortLook] {
	return func(ctx context.Context, before *sampler.Sample[*PortLook], at time.Time) (*PortLook, error) {
		within := time.Duration(0)
		if before != nil {
			within = at.Sub(before.At)
		}
		return LookAtPorts(ctx, src, within)
	}
}

// Partial reports whether some data could have been read but was lost.
func (l *PortLook) Partial() bool { return l.Report.Partial() || len(l.Gaps) > 0 }

// Judge judges the destinations. If before is not nil, it compares with that earlier
// reading.
func (l *PortLook) Judge(before *PortLook, elapsed time.Duration) []diagnose.PortUse {
	if before == nil {
		return diagnose.JudgePorts(&l.Reading, nil, elapsed)
	}
	return diagnose.JudgePorts(&l.Reading, &before.Reading, elapsed)
}

// Enter keeps the parameters of a namespace. Without them its ports cannot be judged.
func (l *PortLook) Enter(space *engine.Space) error {
	netns := space.Netns.Inode
	if n, ok := space.Counters()["TcpExt.TWRecycled"]; ok {
		l.Reading.Recycled[netns] = n
	}
	if n, ok := space.ActiveOpens(); ok {
		l.Reading.Opens[netns] = n
	}
	if n, ok := space.Established(); !ok || n > diagnose.DeepLimit {
		space.Fields = diagnose.PortFields()
	}
	if err := l.Reading.ReadRules(netns, space.Sysctls(diagnose.PortSysctls()...)); err != nil {
		l.Gaps = append(l.Gaps, problem.Failed(fmt.Sprintf("network namespace %d", netns), err))
	}
	return nil
}

// Row takes a socket.
func (l *PortLook) Row(s *socket.Socket) bool {
	l.Reading.Add(s)
	return true
}

// Leave does nothing.
func (*PortLook) Leave(*engine.Space) error { return nil }

// Reset starts the reading again, see [engine.Again].
func (l *PortLook) Reset() {
	l.Reading, l.Gaps = diagnose.PortReading{Within: l.Reading.Within, Recycled: map[uint64]uint64{}, Opens: map[uint64]uint64{}}, nil
}
