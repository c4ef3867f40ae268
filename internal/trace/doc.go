// SPDX-License-Identifier: Apache-2.0

// Package trace follows connections as they change: which process closes first, why
// connections end, and how often each transition of states occurs. It shows rows like
// those of the socket table, so that filters, keys and columns have the same meaning.
//
//	t, err := trace.Open(ctx, trace.Options{})
//	defer t.Close()
//	tail, err := t.Rows(ctx, nil, func(s *socket.Socket) bool { … })
//
// It shows only what happens after it has begun.
package trace
