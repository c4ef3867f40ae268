// SPDX-License-Identifier: Apache-2.0

// Package scenario holds the lab's experiments and runs them: each is a claim
// about TCP, a script that puts it to the test on this kernel, and the verdict
// that is expected.
//
// The experiments are .tcp files, embedded, in the language of
// internal/lab/script; a user's own are loaded from files. Finding and loading
// them works everywhere, running them needs Linux and the right to make a
// network namespace. Nothing outside that namespace is touched.
//
//	s, err := scenario.Find("lost-last-ack")
//	result := scenario.Run(ctx, s, scenario.Options{Family: socket.IPv6})
//	fmt.Println(result.Verdict, result.Why)
package scenario
