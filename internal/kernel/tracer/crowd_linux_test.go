// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// crowdSize is how many sockets exist during the trace: TRACE_SOCKETS, or 100,000; in
// short mode, as in a guest, a tenth of that, because making them takes a minute.
func crowdSize() int {
	if n, err := strconv.Atoi(os.Getenv("TRACE_SOCKETS")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return crowdOfOne
	}
	return 100_000
}

// crowdVariable tells the test program how many sockets to make and hold until its
// standard input ends. Several processes share the sockets, because each may open a
// limited number of files.
const (
	crowdVariable = "TRACER_TEST_CROWD"
	crowdOfOne    = 10_000
)

// holdCrowd makes that many sockets: both ends of connections to itself.
func holdCrowd(number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(l, 16)); err != nil {
		return err
	}
	at, err := unix.Getsockname(l)
	if err != nil {
		return err
	}
	for range n / 2 {
		client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err == nil {
			err = unix.Connect(client, at)
		}
		if err == nil {
			_, _, err = unix.Accept(l)
		}
		if err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// crowd lets other processes hold that many sockets in the namespace until the test
// ends.
func crowd(t *testing.T, ns *testnet.NS, n int) {
	t.Helper()
	var ready []io.Reader
	for ; n > 0; n -= crowdOfOne {
		cmd := ns.Command("/proc/self/exe")
		cmd.Env = []string{crowdVariable + "=" + strconv.Itoa(min(n, crowdOfOne))}
		cmd.Stderr = os.Stderr
		hold, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = hold.Close()
			_ = cmd.Wait()
		})
		ready = append(ready, out)
	}
	for _, out := range ready {
		if _, err := io.ReadFull(out, make([]byte, len("ready"))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCrowd: many existing sockets do not make a transition more expensive and need no
// memory in the trace, because nothing is kept for a socket that does not change.
func TestCrowd(t *testing.T) {
	n := crowdSize()
	o := Options{Owners: true, Ends: true, KeepClosers: true, Stays: true, Resets: true}
	traced := testnet.New(t, testnet.Options{})
	o.Netns = traced.Inode()
	before := mapMemory(t)
	tr := opened(t, o)
	alone := mapMemory(t) - before
	quiet := medianCost(t, traced, o)
	traced.SetSysctl("net.ipv4.ip_local_port_range", "1024 65535")
	crowd(t, traced, n)
	crowded := medianCost(t, traced, o)
	t.Logf("a transition takes %.0f ns, under %d live sockets %.0f; maps take %.1f MiB", quiet, n, crowded, float64(alone)/(1<<20))
	if crowded > quiet*1.5+30 {
		t.Errorf("%.0f ns a transition under %d live sockets, %.0f without", crowded, n, quiet)
	}
	if now := mapMemory(t) - before; now != alone {
		t.Errorf("maps take %d bytes, %d before", now, alone)
	}
	if _, err := tr.Totals(); err != nil {
		t.Error(err)
	}
}

// medianCost is what a transition takes: the median of several rounds.
func medianCost(t *testing.T, ns *testnet.NS, o Options) float64 {
	t.Helper()
	costs := make([]float64, rounds)
	for i := range costs {
		costs[i] = cost(t, ns, o)
	}
	slices.Sort(costs)
	return costs[rounds/2]
}
