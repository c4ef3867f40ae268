// SPDX-License-Identifier: Apache-2.0

// Package tcp holds the words of the trade: the states of a TCP connection
// with the kernel's numbers and every dialect's spelling, sets of states, and
// the transition graph as data.
//
// It knows nothing of sockets, kernels or files, and imports nothing of ours.
//
//	s, err := tcp.Parse("fin-wait-2") // ss; also FIN_WAIT2, FIN_WAIT_2, FinWait2, 05
//	fmt.Println(s)                    // FIN_WAIT2, as netstat prints it
//	fmt.Println(s.Orphanable())       // true
package tcp
