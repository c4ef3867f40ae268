// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// summaryVariable makes the test program trace for a time, as trace --summary does,
// and print its processor time and the number of closes that it saw.
const summaryVariable = "TRACE_TEST_SUMMARY"

func traceSummary(lasting string) error {
	d, err := time.ParseDuration(lasting)
	if err != nil {
		return err
	}
	tr, err := trace.Open(context.Background(), trace.Options{Owners: true, Stays: true, Resets: true, Now: time.Now})
	if err != nil {
		return err
	}
	opening, err := usedTime()
	if err != nil {
		return err
	}
	fmt.Println("ready")
	time.Sleep(d)
	s, err := tr.Summary()
	if err := errors.Join(err, tr.Close()); err != nil {
		return err
	}
	all, err := usedTime()
	fmt.Println(opening.Nanoseconds(), (all - opening).Nanoseconds(), s.Took.Nanoseconds(), s.Opened.Count, s.Lost.Any())
	return err
}

// usedTime is the processor time of this process, in user mode and in the kernel.
func usedTime() (time.Duration, error) {
	var u unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// summarySeconds is how long TestSummaryTakes traces: TRACE_SECONDS, or 3.
func summarySeconds() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("TRACE_SECONDS")); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return 3 * time.Second
}

const (
	summaryRate  = 5000  // connections a second
	summaryShare = 0.010 // of a processor
)

// TestSummaryTakes: with 5,000 new connections per second, a summary takes at most a
// hundredth of a processor, without the kernel's programs, which BenchmarkTransition
// limits.
func TestSummaryTakes(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	opened(t, trace.Options{})
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "1024 65535")
	ns.SetSysctl("net.ipv4.tcp_max_tw_buckets", "8192") // so that the ports are not used up
	l := listen(t, ns)
	defer l.Close()
	cmd := ns.Command("/proc/self/exe")
	cmd.Env = []string{summaryVariable + "=" + summarySeconds().String()}
	var out bytes.Buffer
	began := make(chan struct{})
	cmd.Stdout, cmd.Stderr = &firstLine{to: &out, seen: began}, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	select {
	case <-began:
	case err := <-over:
		t.Fatal(err)
	}
	var made int
	var err error
	ns.Do(func() { made, err = paced(l, over) })
	if err != nil {
		t.Fatal(err)
	}
	var opening, took, lasted time.Duration
	var seen uint64
	var lost bool
	if _, err := fmt.Sscanf(out.String(), "ready\n%d %d %d %d %t", &opening, &took, &lasted, &seen, &lost); err != nil {
		t.Fatalf("%q: %v", &out, err)
	}
	rate, share := float64(seen)/lasted.Seconds(), took.Seconds()/lasted.Seconds()
	t.Logf("%.0f connections a second for %v: %v, %.2f %% of a processor; opening took %v", rate, lasted.Round(time.Millisecond), took, 100*share, opening)
	if rate < summaryRate/2 {
		t.Skipf("this machine makes %d connections, too few to judge", made)
	}
	if share > summaryShare {
		t.Errorf("%.2f %% of a processor, at most %.2f are allowed", 100*share, 100*summaryShare)
	}
}

// paced makes connections at that rate until over reports an end.
func paced(l *net.TCPListener, over <-chan error) (made int, err error) {
	const step = 10 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	for start := time.Now(); ; {
		select {
		case err := <-over:
			return made, err
		case <-tick.C:
		}
		for due := int(time.Since(start).Seconds() * summaryRate); made < due; made++ {
			client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
			if err != nil {
				return made, err
			}
			server, err := l.AcceptTCP()
			if err := errors.Join(err, client.Close()); err != nil {
				return made, err
			}
			if err := server.Close(); err != nil {
				return made, err
			}
			if made%64 == 0 && len(over) > 0 {
				break
			}
		}
	}
}

// A firstLine keeps what is written and signals the first write.
type firstLine struct {
	to   *bytes.Buffer
	seen chan struct{}
	once sync.Once
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.once.Do(func() { close(f.seen) })
	return f.to.Write(b)
}
