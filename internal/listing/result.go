// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Counts is how many sockets a listing has, by kernel object and state. It is
// indexed by [socket.Kind] and [tcp.State]; NewSynRecv is counted as SynRecv.
type Counts [socket.Idle + 1][tcp.Bound + 1]uint64

// Of returns how many sockets are in state s, whatever object they are.
func (c *Counts) Of(s tcp.State) uint64 {
	var n uint64
	for kind := range c {
		n += c[kind][s.Reported()]
	}
	return n
}

// Total returns how many sockets there are.
func (c *Counts) Total() uint64 {
	var n uint64
	for kind := range c {
		for _, count := range c[kind] {
			n += count
		}
	}
	return n
}

// Ignored is how many lines were left out because they are no TCP sockets.
type Ignored struct {
	UDP   uint64
	Unix  uint64
	Raw   uint64
	Other uint64 // sctp, dccp, mptcp, netlink, packet, vsock and the like
	// Text is lines that are no socket rows at all: prompts, prose, the second
	// lines of ss -i, the program names of Windows netstat -b. Headers that
	// were recognised and blank lines are not in it.
	Text uint64
	// Unexplained is how many of Text are no decoration that is known. They are
	// told in [Result.Gaps].
	Unexplained uint64
}

// rows is how many lines were sockets of another protocol.
func (i *Ignored) rows() uint64 { return i.UDP + i.Unix + i.Raw + i.Other }

// Whole reports whether nothing was lost in reading: every line was understood
// and every number is exact.
func (r *Result) Whole() bool {
	return !problem.Lossy(r.Gaps) && r.Broken == 0
}

// Once reports whether the text is of one moment of one machine, so that every
// socket is in Counts once.
func (r *Result) Once() bool {
	return !r.again && (r.Parts.Kin == Alone || r.Parts.Kin == Pieces)
}

// Result is what was read.
type Result struct {
	Format  Format  // the format of most rows
	Columns Columns // what the rows show; only filled by [Reader.Rows]
	Counts  Counts
	Lines   uint64 // lines read, of every kind
	Ignored Ignored
	Broken  uint64 // TCP rows, or lines that may be some, that could not be read
	// Parts is how the text falls into tables. Counts is the sum of all.
	Parts Parts
	// Summed are those of Gaps which say that Counts is a sum.
	Summed []problem.Gap
	// Last is the counts of the last part; equal to Counts when there is one.
	Last Counts
	// CountsOnly is set when [Reader.Rows] ends with an error because the text has
	// counts by state, which can be used, and no rows.
	CountsOnly bool
	// Gaps is what should be in the listing and is not, or could not be read:
	// broken lines by number, a netstat without -a, one family only.
	Gaps []problem.Gap
	// Limits is what no listing of this format shows, see [Format.Limits].
	Limits []problem.Gap

	again bool // a row, or a state among counts, is there more than once
}
