// SPDX-License-Identifier: Apache-2.0

// Package hold puts up to a million real sockets into one TCP state, in a
// network namespace of its own, and keeps them there: a load to measure with
// and to try other commands on.
//
// The sockets are the kernel's; what they talk to is a scripted peer on a wire
// that keeps no state per connection. The number is checked by counting them
// with sock_diag when all are made. It is not for telling stories, one segment
// after the other: that is internal/lab/testbed.
//
// Unless it is asked for a hash of its own, the namespace shares the machine's
// connection hash as every host's namespaces do, so that what is measured is
// what a user has. Then every dump in every namespace of the machine walks past
// these sockets (with a million: 55 ms instead of 0.35 ms on Linux 6.18) as
// long as they are held. Nothing else outside the namespace is touched, and
// nothing is left when the process ends, however it ends.
//
//	err := hold.Run(ctx, hold.Options{State: tcp.TimeWait, N: 1_000_000}, func(h hold.Held) error {
//		fmt.Println("nsenter --net=" + h.Netns)
//		return nil
//	}) // returns when ctx ends
package hold
