// SPDX-License-Identifier: Apache-2.0

// Package trace looks at connections as they change: which process closes
// first, why connections end, and how many go from which state to which. What
// it sees are rows as of the socket table, so that filters, keys and columns
// mean the same.
//
//	t, err := trace.Open(ctx, trace.Options{})
//	defer t.Close()
//	tail, err := t.Rows(ctx, nil, func(s *socket.Socket) bool { … })
//
// It begins with what happens then: nothing is told of earlier times.
package trace
