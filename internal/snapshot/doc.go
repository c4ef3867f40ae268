// SPDX-License-Identifier: Apache-2.0

// Package snapshot is the file that a machine is kept in: its sockets with
// their owners, the counters, sysctls and limits that explain them, and what
// could not be read. docs/snapshot.md describes the format byte by byte.
//
// It only writes and reads the file, in the same way on every system. Filling
// it from a live host and answering questions from it is internal/engine's.
//
//	w, err := snapshot.NewWriter(out, machine)
//	err = w.Namespace(snapshot.Namespace{Inode: 4026531840, Name: "host"})
//	err = w.Add(row, nil) // for each socket
//	err = w.Close(snapshot.Tail{Engine: "sock_diag", Exact: true})
//
//	f, err := snapshot.Open(in, size, "host.snap") // in is an io.ReaderAt; checks all of it
//	err = f.Rows(ctx, snapshot.Want{States: tcp.AllStates}, func(s *socket.Socket, _ *socket.Owner) bool { ... })
//
// Neither way holds more than one block of 4096 sockets, and the owners that
// they have.
package snapshot
