// SPDX-License-Identifier: Apache-2.0

// Package owner finds the owner of a socket: the process, systemd unit, container and
// pod, with a level of confidence.
//
// It combines three sources. The process comes from one pass over /proc, which is
// costly. The unit comes from the cgroup id that the kernel keeps in every full
// socket, even after its process has closed it; this is nearly free. A socket with
// neither (TIME_WAIT, a request in SYN_RECV) gets an inferred owner from other
// sockets ([Clues]), and is always marked as inferred.
//
// The package does not read the socket table and does not decide what to show.
//
//	clues := owner.NewClues(owner.CluesOptions{})
//	for s := range sockets { // first pass: who is known; listeners come first
//		if v := resolver.Owned(s.Inode, cgroup); v.Confidence == owner.Known {
//			clues.Add(s, v.Owner)
//		}
//	}
//	for s := range ownerless { // second pass
//		v := clues.Infer(s)
//		fmt.Println(v.Owner.Unit, v.Confidence, v.Reason)
//	}
package owner
