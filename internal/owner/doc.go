// SPDX-License-Identifier: Apache-2.0

// Package owner says whose a socket is: which process, systemd unit,
// container and pod, and how sure that is.
//
// Three sources add up. The process comes from one pass over /proc and is
// costly. The unit comes from the cgroup id that the kernel keeps in every full
// socket, also in one that its process has closed, and is nearly free. A
// socket that has neither (TIME_WAIT, a request in SYN_RECV) gets an owner by
// inference from its neighbours ([Clues]), never without being marked so.
//
// It does not read the socket table and does not decide what to show.
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
