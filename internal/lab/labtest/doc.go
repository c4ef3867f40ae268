// SPDX-License-Identifier: Apache-2.0

// Package labtest gives a test a network namespace with any mixture of real sockets in
// it, and a list of exactly these sockets.
//
//	held := labtest.Hold(t, labtest.Counts{tcp.TimeWait: 3, tcp.Listen: 1}, socket.IPv4)
//	// held.Path is the namespace, held.Sockets are the sockets in it;
//	// held.Do runs a function on a thread inside.
package labtest
