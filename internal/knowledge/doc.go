// SPDX-License-Identifier: Apache-2.0

// Package knowledge is what tcpvitals knows: what each state of a TCP
// connection means, how long it can last, when a high number is a symptom and
// what to do, in English and Chinese.
//
// It is typed data without an operating system or a clock; internal/cli prints
// it. Every statement carries its source.
package knowledge
