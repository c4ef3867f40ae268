// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
)

// Send describes a segment of the scripted peer. Everything but the flags has
// the value that a correct TCP would give it, unless it is overridden.
type Send struct {
	Flags segment.Flags
	Data  []byte
	Seq   Number
	Ack   Number
	ISN   Number // of a SYN; Shift counts from the end of the incarnation before
	TS    Number // the timestamp
	// Timestamps offers timestamps in a SYN. Other segments carry them when
	// both SYNs did.
	Timestamps bool
	Scale      int    // window scale in a SYN; 0: not offered
	Win        Number // Default: 65535
	Again      bool   // repeat the latest segment with these flags
	Fate       record.Fate
	Label      string // of what the network holds or keeps a copy of
	Copy       bool   // delivered, and the network keeps a copy
}

// Handling is what the network does with a segment.
type Handling struct {
	Fate  record.Fate
	Label string
	Copy  bool
}

// Expect describes the next segment that the kernel is to send.
type Expect struct {
	Flags      segment.Flags // PSH is not compared
	Data       *string       // nil: not compared
	Len        *int
	Seq        *Number // FromISN or Raw
	Ack        *Number
	ISN        *Number // Shift: of a SYN, from the end of the incarnation before
	Timestamps *bool
	Window     *int
	Again      bool // it must be a retransmission
	From       *record.End
	Within     Range
	Handling
}

// String describes the expected segment as a script would.
func (x Expect) String() string {
	var text strings.Builder
	text.WriteString(x.Flags.String())
	if x.Again {
		text.WriteString(" again")
	}
	for _, n := range []struct {
		name   string
		number *Number
	}{{"seq", x.Seq}, {"ack", x.Ack}, {"isn", x.ISN}} {
		if n.number != nil {
			text.WriteString(" " + n.name + "=" + n.number.String())
		}
	}
	if x.Data != nil {
		text.WriteString(" " + strconv.Quote(*x.Data))
	}
	return text.String()
}
