// SPDX-License-Identifier: Apache-2.0

// Package snapshot reads and writes the file that holds a saved machine: its sockets
// with their owners, the counters, sysctls and limits that explain them, and what
// could not be read. docs/snapshot.md describes the format byte by byte.
//
// The package behaves the same on every system. Package internal/engine fills a file
// from a live host and answers questions from it.
//
//	w, err := snapshot.NewWriter(out, machine)
//	err = w.Namespace(snapshot.Namespace{Inode: 4026531840, Name: "host"})
//	err = w.Add(row, nil) // for each socket
//	err = w.Close(snapshot.Tail{Engine: "sock_diag", Exact: true})
//
//	f, err := snapshot.Open(in, size, "host.snap") // in is an io.ReaderAt; checks all of it
//	err = f.Rows(ctx, snapshot.Want{States: tcp.AllStates}, func(s *socket.Socket, _ *socket.Owner) bool { ... })
//
// Reader and writer hold at most one block of 4096 sockets in memory, with their
// owners.
package snapshot
