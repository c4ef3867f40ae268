// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
)

type options struct {
	program string
	before  string // an earlier tcpvitals; empty means none
	hold    string // command of a load generator; empty means the program's own
	sockets int
	lines   int
	runs    int
	only    string
	stage   string
}

// oneLiner is the awk command into which administrators pipe the output of netstat or
// ss.
const oneLiner = `awk '/^tcp/ {++S[$NF]} END {for(a in S) print(a,S[a])}'`

// A benchCase compares the time of our command with that of another tool's.
type benchCase struct {
	name         string
	ours, theirs string
	atLeast      float64       // lower bound of their wall time divided by ours, median of the pairs
	within       time.Duration // upper bound of our wall time on a quiet machine; 0 for none
	peakMiB      int64         // upper bound of our peak memory; 0 for none
	work         bool          // atLeast is of processor time, not of wall time
	spends       time.Duration // upper bound of our processor time; 0 for none
}

// run times every case and returns the bounds that were missed.
func run(ctx context.Context, o options) (missed []string, err error) {
	if o.program, err = filepath.Abs(o.program); err != nil {
		return nil, err
	}
	fmt.Println("| case | tcpvitals: wall, CPU, peak | other: wall, CPU, peak | other/ours (min-max) | bound |")
	fmt.Println("|---|---|---|---|---|")
	for _, s := range stages() {
		if o.stage != "" && o.stage != s.name {
			continue
		}
		m, err := s.run(ctx, o)
		if err != nil {
			return nil, err
		}
		missed = append(missed, m...)
	}
	return missed, nil
}

// A stage prepares the machine and runs the cases for that state.
type stage struct {
	name string
	run  func(context.Context, options) ([]string, error)
}

func stages() []stage {
	return []stage{
		{"idle", idle},
		{"lean", lean},
		{"listing", listing},
		{"loaded", loaded},
		{"mixed", mixed},
		{"held", held},
		{"kept", kept},
		{"namespaces", namespaces},
		{"crowded", crowded},
		{"scale", scale},
	}
}

func runCases(ctx context.Context, o options, runs int, cases []benchCase) (missed []string, err error) {
	for _, c := range cases {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		ours, theirs, err := pair(ctx, c.ours, c.theirs, runs)
		if err != nil {
			return nil, err
		}
		if m := c.report(ours, theirs); m != "" {
			missed = append(missed, m)
		}
	}
	return missed, nil
}

func (c benchCase) report(ours, theirs []sample) (missed string) {
	r, w := ratios(ours, theirs, sample.ofWall), ratios(ours, theirs, sample.ofCPU)
	mid, work := median(r, cmp.Compare[float64]), median(w, cmp.Compare[float64])
	fmt.Printf("| %s | %s | %s | %.2fx (%.2f-%.2f), CPU %.2fx | %s |\n", c.name, summary(ours), summary(theirs), mid,
		slices.Min(r), slices.Max(r), work, strings.Join(c.bounds(), ", "))
	if c.work {
		mid = work
	}
	wall, cpu, peak := median(ours, byWall).wall, median(ours, byCPU).cpu, median(ours, byPeak).peak/1024
	switch {
	case mid < c.atLeast:
		return fmt.Sprintf("%s: %.2fx, want %.3gx", c.name, mid, c.atLeast)
	case c.within > 0 && wall > c.within:
		return fmt.Sprintf("%s: %v, want %v", c.name, wall, c.within)
	case c.spends > 0 && cpu > c.spends:
		return fmt.Sprintf("%s: CPU %v, want %v", c.name, cpu, c.spends)
	case c.peakMiB > 0 && peak > c.peakMiB:
		return fmt.Sprintf("%s: peak %d MiB, want %d", c.name, peak, c.peakMiB)
	default:
		return ""
	}
}

// bounds are the bounds of the case, as they are printed.
func (c benchCase) bounds() (all []string) {
	if c.atLeast > 0 {
		of := ""
		if c.work {
			of = "CPU "
		}
		all = append(all, fmt.Sprintf("%sat least %.3gx", of, c.atLeast))
	}
	if c.within > 0 {
		all = append(all, fmt.Sprintf("within %v", c.within))
	}
	if c.spends > 0 {
		all = append(all, fmt.Sprintf("CPU within %v", c.spends))
	}
	if c.peakMiB > 0 {
		all = append(all, fmt.Sprintf("%d MiB", c.peakMiB))
	}
	return all
}

func byPeak(a, b sample) int { return cmp.Compare(a.peak, b.peak) }
func byWall(a, b sample) int { return cmp.Compare(a.wall, b.wall) }
func byCPU(a, b sample) int  { return cmp.Compare(a.cpu, b.cpu) }

func summary(s []sample) string {
	wall := median(s, byWall).wall
	cpu := median(s, byCPU).cpu
	return fmt.Sprintf("%.3f s, %.3f s, %.1f MiB", wall.Seconds(), cpu.Seconds(), float64(median(s, byPeak).peak)/1024)
}

// idleConnections is the number of connections; each is two sockets.
const idleConnections = 50

// What an idle host may cost beside ss -s, which reads the kernel's own counts and no
// socket: less where no bound but idle socket has to be looked for, and no other
// network namespace.
const (
	idleAlone  = 1.5
	idleBeside = 3.5
)

// idle measures the host as it is with a hundred more sockets.
func idle(ctx context.Context, o options) ([]string, error) {
	stop, err := connect(ctx, idleConnections)
	if err != nil {
		return nil, err
	}
	defer stop()
	name, most := "idle host that has or had other network namespaces", idleBeside
	if netns.OnlyFirst() {
		name, most = "idle host without other network namespaces", idleAlone
	}
	return runCases(ctx, o, 20*o.runs, []benchCase{
		{name: name + ", against ss -s", ours: o.program, theirs: "ss -s", atLeast: 1 / most, work: true},
		{name: name + ", the start alone, against ss -s", ours: o.program + " version", theirs: "ss -s", work: true},
	})
}

// connect opens n connections over loopback and holds both ends.
func connect(ctx context.Context, n int) (stop func(), err error) {
	var open []io.Closer
	stop = func() {
		for _, c := range slices.Backward(open) {
			c.Close() //nolint:gosec // nothing was written
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	open = append(open, listener)
	for range n {
		near, err := new(net.Dialer).DialContext(ctx, "tcp4", listener.Addr().String())
		if err != nil {
			return nil, err
		}
		open = append(open, near)
		far, err := listener.Accept()
		if err != nil {
			return nil, err
		}
		open = append(open, far)
	}
	return stop, nil
}

// listing measures counting a file of netstat lines.
func listing(ctx context.Context, o options) ([]string, error) {
	dir, err := os.MkdirTemp("", "tcpvitals-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // best effort
	file := filepath.Join(dir, "netstat.txt")
	if err := writeListing(file, o.lines); err != nil {
		return nil, err
	}
	return runCases(ctx, o, o.runs, []benchCase{
		{name: fmt.Sprintf("listing of %d lines, against awk", o.lines), ours: o.program + " --from " + file, theirs: oneLiner + " " + file, atLeast: 1, peakMiB: 25},
	})
}

// writeListing writes the output of netstat -ant on a busy web server.
func writeListing(file string, lines int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "Active Internet connections (servers and established)")
	fmt.Fprintln(w, "Proto Recv-Q Send-Q Local Address           Foreign Address         State      ")
	states := []string{"TIME_WAIT", "TIME_WAIT", "TIME_WAIT", "ESTABLISHED", "TIME_WAIT", "FIN_WAIT2", "SYN_RECV", "TIME_WAIT"}
	for i := range lines {
		remote := fmt.Sprintf("203.0.%d.%d:%d", i>>8&255, i&255, 1024+i%60000)
		fmt.Fprintf(w, "tcp        0      0 192.0.2.1:443           %-23s %-11s\n", remote, states[i%len(states)])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// loaded puts many sockets into a new namespace and measures counting them there.
func loaded(ctx context.Context, o options) ([]string, error) {
	if os.Geteuid() != 0 {
		fmt.Println("| loaded host | not run: needs root | | | |")
		return nil, nil
	}
	var missed []string
	for _, state := range []string{"time-wait", "established"} {
		m, err := loadedBy(ctx, o, state)
		if err != nil {
			return nil, err
		}
		missed = append(missed, m...)
	}
	return missed, nil
}

// loadedBy is loaded for sockets in one state. Counting inside the kernel is timed
// twice: including the loading of the eBPF program, and with the program already
// loaded.
func loadedBy(ctx context.Context, o options, state string) ([]string, error) {
	ns, stop, err := hold(ctx, o, state, o.sockets)
	if err != nil {
		return nil, err
	}
	defer stop()
	in := "nsenter --net=" + ns + " "
	name := fmt.Sprintf("%d %s, ", o.sockets, state)
	awk := in + "netstat -n | " + oneLiner
	ss := in + `ss -tan | awk '{++S[$1]} END {for(a in S) print(a,S[a])}'`
	dump := in + o.program + " --engine sock_diag"
	missed, err := runCases(ctx, o, o.runs, []benchCase{
		{name: name + "against netstat and awk", ours: in + o.program, theirs: awk, atLeast: 25, peakMiB: 25},
		{name: name + "against ss and awk", ours: in + o.program, theirs: ss, atLeast: 12},
		{name: name + "without eBPF, against netstat and awk", ours: dump, theirs: awk, atLeast: atLeast(state, 8), peakMiB: 25},
		{name: name + "without eBPF, against ss and awk", ours: dump, theirs: ss, atLeast: atLeast(state, 4)},
		{name: name + "doctor, against the census by copies", ours: in + o.program + " doctor", theirs: dump, atLeast: 0.5, peakMiB: 25},
		{name: name + "doctor with a window, against the same", ours: in + o.program + " doctor --window 1s", theirs: dump, peakMiB: 60},
	})
	if err != nil {
		return nil, err
	}
	more, err := running(ctx, o, name, []string{ns}, awk, ss)
	if err != nil || state != "time-wait" {
		return append(missed, more...), err
	}
	cost, err := load(ctx, o, name)
	return slices.Concat(missed, more, cost), err
}

// atLeast is the bound if it was set for this state; other states have none.
func atLeast(state string, bound float64) float64 {
	if state == "time-wait" {
		return bound
	}
	return 1
}
