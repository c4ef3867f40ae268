// SPDX-License-Identifier: Apache-2.0

// Package kept is the snapshots that tcpvitalsd keeps around findings, in one
// directory: of before a finding, of when it was found, and of a while after. They
// are bounded in number and bytes; the oldest go first.
//
// The name of a file tells when it was taken, and why. Whoever wants to know what
// was at a time asks [List] and [Near], and reads the file as any snapshot.
package kept
