// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"io"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Attach runs a program of type tp_btf or raw_tp at its tracepoint until
// [Object.Close]. The object holds the link; the kernel detaches the program when the
// link's last descriptor is closed. Not safe for concurrent use.
func (o *Object) Attach(program string) error {
	p, err := o.program(program)
	if err != nil {
		return err
	}
	var point string // a program of type tp_btf contains the name of its tracepoint
	if p.Type() == ebpf.RawTracepoint {
		point = o.points[program]
	}
	l, err := openTracepoint(p, point)
	if err != nil {
		return problem.Errorf("bpf: attach %s: %w", "bpf：附加 %s：%w", program, explain(err))
	}
	o.links = append(o.links, l)
	return nil
}

// A Stats is what the kernel counts about a program.
type Stats struct {
	// Runs and Time grow only while statistics are on: see [CountRuns].
	Runs uint64
	Time time.Duration
	// Missed is how often the program was skipped because it was already running on
	// that processor (kernel/bpf/trampoline.c __bpf_prog_enter). The kernel always
	// counts it, for all namespaces together.
	Missed uint64
}

// Stats returns what the kernel has counted about a program since it was loaded.
func (o *Object) Stats(program string) (Stats, error) {
	p, err := o.program(program)
	if err != nil {
		return Stats{}, err
	}
	s, err := p.Stats()
	if err != nil {
		return Stats{}, problem.Errorf("bpf: statistics of %s: %w", "bpf：%s 的统计：%w", program, explain(err))
	}
	return Stats{Runs: s.RunCount, Time: s.Runtime, Missed: s.RecursionMisses}, nil
}

// CountRuns makes the kernel count, for the whole host, how often and how long
// programs run, until the Closer is closed. It needs CAP_SYS_ADMIN
// (kernel/bpf/syscall.c bpf_enable_stats). Each run of a program then reads the clock
// twice.
func CountRuns() (io.Closer, error) {
	c, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return nil, problem.Errorf("bpf: count runs: %w", "bpf：统计运行次数：%w", explain(err))
	}
	return c, nil
}
