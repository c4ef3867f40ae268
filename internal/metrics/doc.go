// SPDX-License-Identifier: Apache-2.0

// Package metrics is the table of all metrics: the name of each, its meaning in both
// languages, its cost, its number of series, and how it is computed from a [Sample].
//
// A sample is what tcpvitalsd knows at one time. It does not change after it was
// made. [Of] turns it into series, for exporters and for the history. An unknown
// number has no series, because unknown is not zero.
//
// No series has a remote address, a process id or an ephemeral port: the number of
// those is not bounded.
package metrics
