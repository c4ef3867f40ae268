// SPDX-License-Identifier: Apache-2.0

// Package hold brings up to a million real sockets into one TCP state, in a new
// network namespace, and keeps them in it: as a load for measurements, and to try
// other commands on.
//
// The sockets are the kernel's. They talk to a scripted peer on a wire; the peer keeps
// no state per connection. When all sockets are made, hold counts them with sock_diag.
// For experiments that go segment by segment there is internal/lab/testbed.
//
// Unless a private hash is requested, the namespace shares the machine's connection
// hash, as namespaces do on every host, so that measurements show what a user gets.
// Then every dump in every namespace of the machine walks past these sockets (with a
// million: 55 ms instead of 0.35 ms on Linux 6.18) as long as they exist. Nothing else
// outside the namespace is changed, and nothing is left when the process ends, however
// it ends.
//
//	err := hold.Run(ctx, hold.Options{State: tcp.TimeWait, N: 1_000_000}, func(h hold.Held) error {
//		fmt.Println("nsenter --net=" + h.Netns)
//		return nil
//	}) // returns when ctx ends
package hold
