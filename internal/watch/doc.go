// SPDX-License-Identifier: Apache-2.0

// Package watch shows a host as it lives: the state diagram of RFC 9293 with how
// many are where and how fast they move, groups, listeners, local ports and
// findings, each a screen, until somebody ends it.
//
// A looker asks the sampler questions and gets samples in which nothing changes
// any more. A model keeps what the person chose, and makes a frame of it: lines
// that are never wider than the screen. Only program.go knows that there is a
// terminal; all else works on sizes, keys and samples, and so do the tests.
//
//	err := watch.Run(ctx, watch.Options{Source: host, Every: time.Second, …})
//
// Of a table, only the rows on the screen are made. Every name that others chose
// goes through internal/visible when it is put on the screen.
package watch
