// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"math/bits"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file recognizes the numeric codes of the states. A list of codes such as
// ESTABLISHED=1, SYN_SENT=2 looks like a list of counts.

// codes finds out whether every number beside a state is the code of that state in one
// of the known numberings.
type codes struct {
	not    uint8  // bit set: numberings in which a number was not the code of its state
	states uint32 // bit set: states that occurred
	marked bool   // a mark stands between a state and its number
	first  told
}

const (
	numberingsN = 3
	noNumbering = 1<<numberingsN - 1 // value of not: in every numbering some number was not the code of its state
)

// numberings are the numbers of the states, from CLOSED on: of the kernel
// (include/net/tcp_states.h), of SNMP and Windows (RFC 4022, tcpConnectionState), and of
// the BSDs (netinet/tcp_fsm.h).
func numberings(s tcp.State) (of [numberingsN]uint64) {
	switch s {
	case tcp.Close:
		return [numberingsN]uint64{7, 1, 0}
	case tcp.Listen:
		return [numberingsN]uint64{10, 2, 1}
	case tcp.SynSent:
		return [numberingsN]uint64{2, 3, 2}
	case tcp.SynRecv, tcp.NewSynRecv:
		return [numberingsN]uint64{3, 4, 3}
	case tcp.Established:
		return [numberingsN]uint64{1, 5, 4}
	case tcp.FinWait1:
		return [numberingsN]uint64{4, 6, 6}
	case tcp.FinWait2:
		return [numberingsN]uint64{5, 7, 9}
	case tcp.CloseWait:
		return [numberingsN]uint64{8, 8, 5}
	case tcp.LastAck:
		return [numberingsN]uint64{9, 9, 8}
	case tcp.Closing:
		return [numberingsN]uint64{11, 10, 7}
	case tcp.TimeWait:
		return [numberingsN]uint64{6, 11, 10}
	default:
		return [numberingsN]uint64{most, most, most}
	}
}

// codesOf takes a line of counts. What plainly counts, below a heading or by uniq -c, is
// no list of codes. Of JSON, its reader knows which numbers have nothing but a state for
// a key.
func (rd *Reader) codesOf() {
	l, c := &rd.line, &rd.codes
	if l.bare || l.celled || l.wide || l.itemized || rd.json != nil && rd.json.counts || isUniq(l.line) || rd.metric(l.line) {
		c.not = noNumbering
		return
	}
	for _, p := range l.pair[:l.pairs] {
		c.take(p.state, p.number)
	}
	c.marked = c.marked || rd.json != nil || bytes.ContainsAny(l.line, "=:({[|")
	c.first.add(rd.result.Lines, l.line)
}

// take takes a state and the number beside it.
func (c *codes) take(s tcp.State, number uint64) {
	for i, n := range numberings(s) {
		if n != number {
			c.not |= 1 << i
		}
	}
	c.states |= 1 << s
}

// all reports whether the counts of the text may be codes: all are those of one
// numbering. Where nothing but a blank stands before the numbers, two small ones can
// be like that by chance.
func (c *codes) all() bool {
	needed := 3
	if c.marked {
		needed = 2
	}
	return c.not != noNumbering && bits.OnesCount32(c.states) >= needed
}
