// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// soakSeconds is how long the soak lasts: SOAK_EVERY, see the Makefile, or a moment.
func soakSeconds(t *testing.T) (seconds int, long bool) {
	t.Helper()
	text := os.Getenv("SOAK_EVERY")
	if text == "" {
		return 3, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		t.Fatalf("SOAK_EVERY=%q", text)
	}
	return n, true
}

// turnover opens and closes connections inside a namespace, up to 20,000 per second,
// until the test ends. Each is reset, so that ports do not run out. It uses system
// calls, because the poller of the net package takes more time than the connections.
func turnover(t *testing.T, ns *testnet.NS) (made *atomic.Int64) {
	t.Helper()
	made = &atomic.Int64{}
	stop := make(chan struct{})
	var all sync.WaitGroup
	var address unix.Sockaddr
	ns.Do(func() {
		l, at, err := listen()
		if err != nil {
			t.Error(err)
			return
		}
		address = at
		all.Go(func() {
			for {
				c, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
				switch {
				case err == nil:
					_ = unix.Close(c)
				case !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ECONNABORTED):
					return
				}
			}
		})
		t.Cleanup(func() {
			close(stop)
			_ = unix.Shutdown(l, unix.SHUT_RDWR) // wakes accept
			all.Wait()
			_ = unix.Close(l)
		})
	})
	if address == nil {
		t.FailNow()
	}
	all.Go(func() { ns.Do(func() { connectAll(address, made, stop) }) })
	return made
}

// listen returns a listening socket of the loopback address and its address.
func listen() (int, unix.Sockaddr, error) {
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, nil, err
	}
	if err := unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return -1, nil, err
	}
	if err := unix.Listen(l, 4096); err != nil {
		return -1, nil, err
	}
	at, err := unix.Getsockname(l)
	return l, at, err
}

// connectAll makes 20,000 connections per second. If it falls behind for lack of
// processor time, it catches up on at most a tenth of a second.
func connectAll(to unix.Sockaddr, made *atomic.Int64, stop <-chan struct{}) {
	const rate, atOnce = 20_000, 2_000
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		now := time.Now()
		for range min(int(now.Sub(last).Seconds()*rate), atOnce) {
			if connect(to) == nil {
				made.Add(1)
			}
		}
		last = now
	}
}

// connect opens a connection and resets it.
func connect(to unix.Sockaddr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	return unix.Connect(fd, to)
}

// sample is the part of a line of --every that the test uses.
type sample struct {
	Seq      int     `json:"seq"`
	Every    float64 `json:"every_seconds"`
	Interval float64 `json:"interval_seconds"`
	Since    float64 `json:"since_seconds"`
	Took     float64 `json:"took_seconds"`
	Skipped  int     `json:"skipped"`
}

// TestEverySoak: the memory and descriptors of a command with --every stay constant
// while connections come and go, every sample is written, and none queues up.
func TestEverySoak(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	seconds, long := soakSeconds(t)
	every := "100ms"
	if long {
		every = "1s"
	}
	ns := testnet.New(t, testnet.Options{})
	made := turnover(t, ns)
	cmd := ns.Command(os.Args[0], "census", "--every", every, "--for", strconv.Itoa(seconds)+"s", "-o", "ndjson")
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var first, last possession
	var s sample
	var looks, skipped int
	var longest float64
	for lines := bufio.NewScanner(out); lines.Scan(); looks++ {
		s = sample{}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		if s.Seq != looks+1 || looks > 0 && s.Since < s.Every/2 {
			t.Errorf("look %d: %+v", looks+1, s)
		}
		longest, skipped = max(longest, s.Took), skipped+s.Skipped
		now := of(cmd.Process.Pid)
		if now.files == 0 {
			continue // the process ended with this sample
		}
		switch last = now; {
		case looks == 5:
			first = last
		case looks > 5 && last.files > first.files:
			t.Errorf("look %d: %v, before %v", s.Seq, last, first)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Log(err) // exit code 3 if a dump was disturbed
	}
	t.Logf("%d looks in %d s at %d connections a second; the last: %+v; %v, at first %v", looks, seconds, made.Load()/int64(seconds), s, last, first)
	cost := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("the longest look took %.0f ms, %d ticks skipped; %v of processor time, %.1f ms a look",
		longest*1e3, skipped, cost.Round(time.Millisecond), float64(cost.Microseconds())/1e3/float64(max(looks, 1)))
	if looks < 2 || last.resident > first.resident+16<<20 && looks > 6 {
		t.Errorf("%d looks; %v, at first %v", looks, last, first)
	}
}

// possession is the memory and the descriptors of a process.
type possession struct {
	files    int
	resident int
}

func (p possession) String() string {
	return fmt.Sprintf("%d files and %d KiB", p.files, p.resident>>10)
}

// of reads them; for a process that has ended all are 0.
func of(pid int) (p possession) {
	if all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
		p.files = len(all)
	}
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err == nil {
		var total int
		_, _ = fmt.Sscan(string(text), &total, &p.resident)
		p.resident *= os.Getpagesize()
	}
	return p
}
