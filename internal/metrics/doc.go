// SPDX-License-Identifier: Apache-2.0

// Package metrics is the one table of metrics: what each is called, what it
// means in both languages, what it costs, how many series it has, and how it is
// taken from a [Sample].
//
// A sample is what the program that runs on knows at one time. Nothing in it is
// changed after it was made. [Of] writes it as series, for who exports them and
// for who keeps them. A number that is not known has no series: it is not zero.
//
// No series has a remote address, a process id or an ephemeral port: their
// number is not bounded by what a host is for.
package metrics
