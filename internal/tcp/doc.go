// SPDX-License-Identifier: Apache-2.0

// Package tcp defines the vocabulary: the states of a TCP connection with the
// kernel's numbers and the spellings of every program, sets of states, and the
// transition graph as data.
//
// The package knows no sockets, kernels or files, and imports no other package of
// this module.
//
//	s, err := tcp.Parse("fin-wait-2") // ss; also FIN_WAIT2, FIN_WAIT_2, FinWait2, 05
//	fmt.Println(s)                    // FIN_WAIT2, as netstat prints it
//	fmt.Println(s.Orphanable())       // true
package tcp
