// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The benchmarks walk the sockets of the machine: make some first, for instance by
// tcpvitals lab hold time-wait -n 1000000.

func benchmark(b *testing.B, q Query) {
	w := open(b)
	var last *Result
	for b.Loop() {
		r, err := w.Walk(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		last = r
	}
	b.ReportMetric(float64(last.Sockets), "sockets")
	b.ReportMetric(float64(last.Held.Microseconds())/1e3, "cpu-ms/walk")
	b.ReportMetric(float64(last.Held.Nanoseconds())/float64(last.Seen), "cpu-ns/socket")
	b.ReportMetric(float64(last.HeldMost.Microseconds()), "us-held-most")
}

// connections are the states in the tables of connections.
const connections = tcp.Connected

func census() []Key {
	return []Key{{Field: socket.FieldState}, {Field: socket.FieldFamily}, {Field: socket.FieldNetnsInode}}
}

func BenchmarkCensus(b *testing.B)      { benchmark(b, Query{By: census()}) }
func BenchmarkConnections(b *testing.B) { benchmark(b, Query{States: connections, By: census()}) }
func BenchmarkOneWorker(b *testing.B) {
	benchmark(b, Query{States: connections, By: census(), Workers: 1})
}

func BenchmarkUnowned(b *testing.B) {
	benchmark(b, Query{States: connections, By: census(), Unowned: true})
}

func BenchmarkByPort(b *testing.B) {
	benchmark(b, Query{States: connections, By: []Key{{Field: socket.FieldLocalPort}}, MaxRows: 1 << 18})
}

func BenchmarkByPrefix(b *testing.B) {
	benchmark(b, Query{States: connections, By: []Key{{Field: socket.FieldRemote, Cut: true, Bits4: 24, Bits6: 64}}})
}

func BenchmarkByDirection(b *testing.B) {
	benchmark(b, Query{States: connections, By: key(socket.FieldDirection)})
}

func BenchmarkOnePort(b *testing.B) {
	benchmark(b, Query{States: connections, Where: socket.PortCondition{Port: 443}, By: census()})
}

func BenchmarkSample(b *testing.B) {
	benchmark(b, Query{States: connections, By: census(), Sample: 64})
}

// BenchmarkLoad measures the first walk of a process.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		w := open(b)
		if err := w.Prepare(Query{By: census()}); err != nil {
			b.Fatal(err)
		}
		_ = w.Close()
	}
}

// BenchmarkBound measures the table of bound ports, which contains all sockets again.
func BenchmarkBound(b *testing.B) { benchmark(b, Query{States: tcp.SetOf(tcp.Bound), By: census()}) }
