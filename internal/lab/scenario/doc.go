// SPDX-License-Identifier: Apache-2.0

// Package scenario contains the lab's experiments and runs them. Each experiment is a
// claim about TCP, a script that tests it on this kernel, and the expected verdict.
//
// The experiments are .tcp files in the language of internal/lab/script. They are
// embedded in the program; users load their own from files. Finding and loading them
// works everywhere; running them needs Linux and the right to make a network
// namespace. Nothing outside that namespace is changed.
//
//	s, err := scenario.Find("lost-last-ack")
//	result := scenario.Run(ctx, s, scenario.Options{Family: socket.IPv6})
//	fmt.Println(result.Verdict, result.Why)
package scenario
