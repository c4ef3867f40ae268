// SPDX-License-Identifier: Apache-2.0

// Package watch shows a host as it lives: the state diagram of RFC 9293 with how many
// are where and how fast they move, groups, listeners, local ports and findings, each
// a screen, until the user ends it.
//
// A looker reads the source and produces immutable samples. A model keeps what the
// user chose and draws a frame: lines that are never wider than the screen. Only
// program.go knows the terminal; all else, and the tests, work with sizes, keys and
// samples.
//
//	err := watch.Run(ctx, watch.Options{Source: host, Every: time.Second, …})
//
// Only the rows of a table that are on the screen are made. Every name that others
// chose goes through internal/visible before it is drawn.
package watch
