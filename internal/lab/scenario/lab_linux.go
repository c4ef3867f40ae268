// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// laboratory is the testbed on which scenarios run.
type laboratory struct{ lab *testbed.Lab }

func openLab(o Options) (*laboratory, error) {
	kind, err := wire.Choose(o.Wire, o.TunDevice)
	if err != nil {
		return nil, err
	}
	lab, err := testbed.Open(testbed.Options{Wire: kind})
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
	err := l.lab.Run(family, func(b *testbed.Testbed) (err error) {
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
	if r.surprising() {
		r.excuse(shortOfMemory())
	}
	return r
}

// shortOfMemory returns an error with the amount of TCP's memory if this machine's TCP
// is under memory pressure: then the kernel closes windows and drops segments. tcp_mem
// is visible only in the initial network namespace; elsewhere shortOfMemory returns
// nil.
func shortOfMemory() error {
	stat, err := os.ReadFile("/proc/self/net/sockstat")
	if err != nil {
		return nil
	}
	limits, err := os.ReadFile("/proc/sys/net/ipv4/tcp_mem")
	if err != nil {
		return nil
	}
	_, after, _ := strings.Cut(string(stat), "TCP: ")
	_, after, _ = strings.Cut(after, " mem ")
	var used, low int
	if n, _ := fmt.Sscan(after, &used); n != 1 {
		return nil
	}
	// Pressure begins at the second limit and ends below the first one
	// (tcp_enter_memory_pressure, tcp_leave_memory_pressure).
	if n, _ := fmt.Sscan(string(limits), &low); n != 1 || used < low {
		return nil
	}
	return &problem.UnsupportedError{
		Feature: "an experiment", Hint: "try again when there are fewer connections", HintZh: "连接少一些时再试",
		Reason: fmt.Sprintf("the TCP of this machine is short of memory (%d pages, and tcp_mem begins at %d)", used, low),
		Zh:     fmt.Sprintf("这里无法做实验：本机 TCP 内存紧张（%d 页，tcp_mem 起点为 %d）", used, low),
	}
}

// possible checks that the scenario's requirements are met before it begins.
func possible(b *testbed.Testbed, s *Scenario) error {
	for _, need := range s.Needs {
		name, isCounter := strings.CutPrefix(need, "counter ")
		err := error(nil)
		if isCounter {
			err = b.HasCounter(name)
		} else {
			_, err = b.Sysctl(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
