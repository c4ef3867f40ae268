// SPDX-License-Identifier: Apache-2.0

// Package kept manages the snapshots that tcpvitalsd keeps around findings, in one
// directory: one from before a finding, one from its time, and one from a while
// after. Their number and size are bounded; the oldest are removed first.
//
// The name of a file tells its time and role. To read a past state, find a file with
// [List] and [Near], and open it like any snapshot.
package kept
