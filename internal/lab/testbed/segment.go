// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
)

// Send describes a segment of the scripted peer. All values but the flags are those
// that a correct TCP would send, unless they are set here.
type Send struct {
	Flags segment.Flags
	Data  []byte
	Seq   Number
	Ack   Number
	ISN   Number // for a SYN; Shift counts from the end of the previous incarnation
	TS    Number // TSval of the timestamp option
	// Timestamps offers timestamps in a SYN. Other segments have them if both SYNs
	// did.
	Timestamps bool
	Scale      int    // window scale in a SYN; 0 means not offered
	Win        Number // Default means 65535
	Again      bool   // repeat the last segment with these flags
	Fate       record.Fate
	Label      string // name of the segment that the network holds or copies
	Copy       bool   // deliver it, and let the network keep a copy
}

// Handling is what the network does with a segment.
type Handling struct {
	Fate  record.Fate
	Label string
	Copy  bool
}

// Expect describes the next segment that the kernel has to send.
type Expect struct {
	Flags      segment.Flags // PSH is not compared
	Data       *string       // nil means any
	Len        *int
	Seq        *Number // FromISN or Raw
	Ack        *Number
	ISN        *Number // for a SYN; Shift counts from the end of the previous incarnation
	Timestamps *bool
	Window     *int
	Again      bool // the segment must be a retransmission
	From       *record.End
	Within     Range
	Handling
}

// String describes the expected segment as a script does.
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
