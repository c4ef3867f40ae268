// SPDX-License-Identifier: Apache-2.0

// Package knowledge is what tcpvitals knows, in English and Chinese: what each
// state of a TCP connection means and how long it can last, what the kernel's
// counters really count, which widespread advice is wrong, and the answers to
// the questions that people ask.
//
// It is typed data without an operating system or a clock; internal/cli prints
// it. Every statement carries its source, and with it how it was verified: by a
// scenario of the lab, by a measurement, or by reading. What is known is cut
// into topics that link to each other by name; an [Index] finds them:
//
//	x := knowledge.NewIndex(knowledge.Topics(), rules)
//	topic, ok := x.Lookup("tcp_tw_recycle")
//	hits := x.Search("last ACK lost")
//
// It does not judge a host: internal/diagnose does, and its rules become topics
// where both are put together.
package knowledge
