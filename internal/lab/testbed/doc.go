// SPDX-License-Identifier: Apache-2.0

// Package testbed runs the lab's experiments: in a new network namespace the kernel's
// real TCP talks to a scripted peer, which sends, withholds or repeats exactly the
// segments that an experiment needs. The testbed records all events.
//
// A testbed changes nothing outside its namespace: its sysctls, devices and sockets
// are made there and disappear with it.
//
// Checks give the kernel a moment to settle ([Settle]); only [Testbed.Wait] and the
// ranges given to [Testbed.Expect] and [Testbed.Await] wait for longer.
//
//	lab, err := testbed.Open(testbed.Options{})
//	defer lab.Close()
//	err = lab.Run(socket.IPv4, func(b *testbed.Testbed) error {
//		b.Kernel().Listen("listener", testbed.ListenOptions{Port: 80, Backlog: 8})
//		b.Send("a", testbed.Send{Flags: segment.SYN})
//		return b.State("a", tcp.SynRecv)
//	})
package testbed
