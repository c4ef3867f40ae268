// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// rounds is how often each kind of trace is measured, in turn, so that other work on
// the machine affects all of them alike.
const rounds = 9

// BenchmarkTransition prints what a transition costs by the kernel's own time of
// the program, without that of an empty one: the median of several rounds of
// connections over loopback, ten transitions each.
func BenchmarkTransition(b *testing.B) {
	ways := []struct {
		name    string
		options Options
		most    float64 // ns
	}{
		{"count-ns", Options{}, 120},
		{"owners-ns", Options{Owners: true}, 140},
		{"summary-ns", Options{Owners: true, Stays: true, Resets: true}, 140},
		{"ends-ns", Options{Ends: true}, 140},
		{"closers-ns", Options{Owners: true, KeepClosers: true}, 220},
	}
	ns := testnet.New(b, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "1024 65535")
	for b.Loop() {
		costs := make([][]float64, len(ways))
		for range rounds {
			for i := range ways {
				costs[i] = append(costs[i], cost(b, ns, ways[i].options))
			}
		}
		for i := range ways {
			slices.Sort(costs[i])
			median := costs[i][rounds/2]
			b.ReportMetric(median, ways[i].name)
			if median > ways[i].most {
				b.Errorf("%s: %.0f a transition, at most %.0f are allowed", ways[i].name, median, ways[i].most)
			}
		}
	}
}

// cost is the time of a transition in one round.
func cost(b testing.TB, ns *testnet.NS, o Options) float64 {
	b.Helper()
	o.Cost, o.Netns = true, ns.Inode()
	tr, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	defer tr.Close()
	ns.Do(func() {
		if err := connectMany(500); err != nil {
			b.Fatal(err)
		}
	})
	c, err := tr.Cost()
	if err != nil {
		b.Fatal(err)
	}
	return float64(c.Took)/float64(c.Runs) - float64(c.Floor)
}

// connectMany makes connections that the client closes first.
func connectMany(n int) error {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer l.Close()
	for range n {
		client, server, err := pair(l)
		if err != nil {
			return err
		}
		err = client.Close()
		_, _ = server.Read(make([]byte, 1))
		if err := errors.Join(err, server.Close()); err != nil {
			return err
		}
	}
	return nil
}

// firstEvent is the time within which a trace must be running.
const firstEvent = 150 * time.Millisecond

// BenchmarkOpen measures the time to the first event: loading, attaching and the
// self-check. It takes the best of several runs, because other work on the machine
// only adds time.
func BenchmarkOpen(b *testing.B) {
	best := time.Hour
	for b.Loop() {
		for range rounds {
			start := time.Now()
			tr, err := Open(Options{Owners: true, Ends: true, KeepClosers: true})
			if err != nil {
				b.Fatal(err)
			}
			best = min(best, time.Since(start))
			if err := tr.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(best.Milliseconds()), "ms")
	if best > firstEvent {
		b.Errorf("on after %v, at most %v are allowed", best, firstEvent)
	}
}
