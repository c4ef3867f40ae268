// SPDX-License-Identifier: Apache-2.0

package procfs

import "testing"

// BenchmarkScanProcesses reads this host, so its figure means something only
// next to another one from the same minute.
func BenchmarkScanProcesses(b *testing.B) {
	b.ReportAllocs()
	var procs *Processes
	for b.Loop() {
		var err error
		if procs, err = Own().ScanProcesses(b.Context(), ProcessOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(procs.Sockets()), "sockets")
}

func BenchmarkLookup(b *testing.B) {
	const n = 200_000
	p := &Processes{procs: make([]Process, 11)}
	for i := range uint64(n) {
		p.pairs = append(p.pairs, (i*3+1)<<32|i%11)
	}
	p.places = indexOf(p.pairs)
	b.ReportAllocs()
	i := uint32(0)
	for b.Loop() {
		if _, ok := p.Lookup((i*7919%n)*3 + 1); !ok {
			b.Fatal("not found")
		}
		i++
	}
}
