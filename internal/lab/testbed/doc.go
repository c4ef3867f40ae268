// SPDX-License-Identifier: Apache-2.0

// Package testbed is where the lab works: a fresh network namespace in which the
// kernel's real TCP talks to a scripted peer that sends, withholds or repeats
// exactly the segment a story needs, and in which everything that happens is
// written down.
//
// A testbed never touches anything outside its own namespace: sysctls, devices
// and sockets are made in there and go with it.
//
// Checks give the kernel a moment to settle ([Settle]); only [Testbed.Wait] and
// the ranges given to [Testbed.Expect] and [Testbed.Await] wait for longer.
//
//	lab, err := testbed.Open(testbed.Options{})
//	defer lab.Close()
//	err = lab.Run(socket.IPv4, func(b *testbed.Testbed) error {
//		b.Kernel().Listen("listener", testbed.ListenOptions{Port: 80, Backlog: 8})
//		b.Send("a", testbed.Send{Flags: segment.SYN})
//		return b.State("a", tcp.SynRecv)
//	})
package testbed
