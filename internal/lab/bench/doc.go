// SPDX-License-Identifier: Apache-2.0

// Package bench is the lab's bench: a fresh network namespace in which the
// kernel's real TCP talks to a scripted peer that sends, withholds or repeats
// exactly the segment a story needs, and in which everything that happens is
// written down.
//
// A bench never touches anything outside its own namespace: sysctls, devices
// and sockets are made in there and go with it.
//
// Checks give the kernel a moment to settle ([Settle]); only [Bench.Wait] and
// the ranges given to [Bench.Expect] and [Bench.Await] wait for longer.
//
//	lab, err := bench.Open(bench.Options{})
//	defer lab.Close()
//	err = lab.Run(socket.IPv4, func(b *bench.Bench) error {
//		b.Kernel().Listen("listener", bench.ListenOptions{Port: 80, Backlog: 8})
//		b.Send("a", bench.Send{Flags: segment.SYN})
//		return b.State("a", tcp.SynRecv)
//	})
package bench
