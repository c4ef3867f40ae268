// SPDX-License-Identifier: Apache-2.0

package hold

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Run makes the sockets, calls ready when all are in their state, and holds them until
// ctx ends or o.For is over; neither is an error. Without the right to make a network
// namespace the error is a [*problem.PermissionError].
func Run(ctx context.Context, o Options, ready func(Held) error) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := enoughMemory(o.memory()); err != nil {
		return err
	}
	return isolate.OnThread(func() error {
		if err := enter(o); err != nil {
			return err
		}
		if _, ok := bulk(o.State); !ok {
			return runMixture(ctx, o, ready)
		}
		return runBulk(ctx, o, ready)
	})
}

// enter puts the calling thread into the new namespace and prepares that namespace.
func enter(o Options) error {
	var err error
	if o.OwnHash {
		err = isolate.NetWithHash(buckets(o.N))
	} else {
		err = isolate.Net()
	}
	if err != nil {
		return err
	}
	return loopback.Up()
}

// buckets is a power of two, at least n, up to the kernel's maximum
// (tcp_child_ehash_entries in Documentation/networking/ip-sysctl.rst: 16 M).
func buckets(n int) int {
	b := 4096
	for b < n && b < 1<<24 {
		b *= 2
	}
	return b
}

// somaxconn limits the accept queue, and with it the connections that wait to enter
// it. In the network namespaces of user namespaces not every kernel has it: Debian's
// 6.12.117 does, its 6.1.192 does not, and there the limit stays 4096.
const somaxconn = "core/somaxconn"

// sysctls make room for n sockets and keep half-open ones for the longest time that
// the kernel allows.
func sysctls(n int) [][2]string {
	room := strconv.Itoa(4*n + 4096)
	return [][2]string{
		{"ipv4/tcp_max_tw_buckets", room},
		{somaxconn, room},
		{"ipv4/tcp_max_syn_backlog", room},
		{"ipv4/tcp_syncookies", "0"}, // with cookies a full queue would leave no SYN_RECV
		{"ipv4/tcp_synack_retries", "255"},
	}
}

// setSysctls writes the sysctls of the thread's namespace, which is also the one that
// /proc/sys/net shows.
func setSysctls(n int) error {
	for _, s := range sysctls(n) {
		err := os.WriteFile("/proc/sys/net/"+s[0], []byte(s[1]), 0)
		if errors.Is(err, os.ErrNotExist) && s[0] == somaxconn {
			continue // if it was needed, settle reports missing sockets
		}
		if err != nil {
			return problem.Errorf("set net.%s: %w", "设置 net.%s：%w", strings.ReplaceAll(s[0], "/", "."), err)
		}
	}
	return nil
}

func runBulk(ctx context.Context, o Options, ready func(Held) error) error {
	if err := setSysctls(o.N); err != nil {
		return err
	}
	started := time.Now()
	lanes, err := openLanes(o)
	defer closeLanes(lanes)
	if err != nil {
		return err
	}
	work, err := hire(o, lanes)
	defer work.dismiss()
	if err != nil {
		return err
	}
	if err := together(lanes, func(l *lane) error { return l.fill(ctx) }); err != nil {
		return err
	}
	if err := work.ready(ctx); err != nil {
		return err
	}
	held := Held{Netns: isolate.Path(), Wire: lanes[0].wire.Kind(), Took: time.Since(started)}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	kept := make(chan error, 1)
	go func() { kept <- together(lanes, func(l *lane) error { return l.keep(ctx) }) }()
	err = announce(ctx, o, &held, ready)
	if err == nil {
		err = wait(ctx, o.For, kept, work.died)
	}
	stop()
	return errors.Join(err, <-kept)
}

// announce counts the sockets and calls ready with the number.
func announce(ctx context.Context, o Options, held *Held, ready func(Held) error) (err error) {
	if held.Counts, err = settle(ctx, o); err != nil {
		return err
	}
	return ready(*held)
}

// wait returns when ctx ends, the time is over, or a lane or worker fails.
func wait(ctx context.Context, limit time.Duration, kept chan error, died <-chan error) error {
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-ctx.Done():
	case <-over:
	case err := <-died:
		return err
	case err := <-kept:
		kept <- nil // wakes the receiver that waits for the end
		return err
	}
	return nil
}

// together runs f for all lanes at the same time, each in its own goroutine, and waits
// for all.
func together(lanes []*lane, f func(*lane) error) error {
	errs := make([]error, len(lanes))
	var wg sync.WaitGroup
	for i, l := range lanes {
		wg.Go(func() { errs[i] = f(l) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// settle repeats the count until it reaches the requested number: on a busy machine
// the last segments may still be in the queue.
func settle(ctx context.Context, o Options) (map[tcp.State]int, error) {
	const patience = 10
	for attempt := 0; ; attempt++ {
		counts, err := count(ctx)
		if err != nil {
			return nil, problem.Errorf("count the sockets: %w", "统计套接字：%w", err)
		}
		if counts[o.State] == o.N {
			return counts, nil
		}
		if attempt == patience {
			return nil, fewer(o, counts[o.State])
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// fewer is the error that not all sockets could be made, with the reason if it is
// known.
func fewer(o Options, made int) error {
	err := problem.Errorf("made %d sockets in %v instead of %d", "生成了 %d 个 %v 套接字，应为 %d 个", made, o.State, o.N)
	if _, missing := os.Stat("/proc/sys/net/" + somaxconn); missing != nil {
		return problem.Errorf("%w: this kernel has no net.core.somaxconn in a user namespace, where a queue then takes 4096; run it as root", "%w：该内核在用户命名空间中没有 net.core.somaxconn，队列上限为 4096；请用 root 运行", err)
	}
	return err
}

// count asks the kernel how many sockets of each state the thread's namespace has.
func count(ctx context.Context) (map[tcp.State]int, error) {
	c, err := sockdiag.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // nothing is written, so closing cannot lose anything
	for {
		counts := make(map[tcp.State]int)
		err = c.Dump(ctx, sockdiag.Request{States: tcp.AllStates}, func(m sockdiag.Message) bool {
			counts[m.State()]++
			return true
		})
		if !errors.Is(err, sockdiag.ErrIncomplete) {
			return counts, err
		}
	}
}

// enoughMemory refuses a number of sockets that would exhaust the machine's memory:
// kernel memory cannot be swapped out, so the kernel would kill other processes.
func enoughMemory(need int) error {
	available, err := availableMemory()
	if err != nil || need < available/10*9 {
		return nil //nolint:nilerr // a system that does not tell is not refused
	}
	return &problem.UsageError{
		Msg:  fmt.Sprintf("the sockets would take %d MB of kernel memory, and %d MB are available", need/1_000_000, available/1_000_000),
		Hint: "hold fewer",
		Zh:   fmt.Sprintf("这些套接字要占 %d MB 内核内存，可用的只有 %d MB", need/1_000_000, available/1_000_000), HintZh: "减少数量",
	}
}

func availableMemory() (bytes int, err error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(data), "MemAvailable:")
	if !found {
		return 0, problem.New("/proc/meminfo has no MemAvailable", "/proc/meminfo 中没有 MemAvailable")
	}
	kib, err := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return kib * 1024, err
}

// laneCount is the number of lanes: one for each CPU, at most one for each network.
func laneCount(n int) int {
	if n < 1000 {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), maxLanes)
}
