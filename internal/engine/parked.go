// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/binary"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
)

// maxParked is how many bytes of messages are kept at most.
const maxParked = 256 << 10

// sizeofTimeWait is about how many bytes a message about a socket in TIME_WAIT takes:
// the fixed part and a few attributes.
const sizeofTimeWait = 128

// parked keeps messages that are shown later, up to maxParked bytes.
type parked struct {
	buf  []byte // each message follows its length
	full bool   // a message found no room; nothing is kept from then on
}

// add keeps a copy of a message.
func (p *parked) add(m sockdiag.Message) {
	if p.full || len(p.buf)+len(m)+4 > maxParked {
		p.buf, p.full = nil, true
		return
	}
	p.buf = binary.NativeEndian.AppendUint32(p.buf, uint32(len(m)))
	p.buf = append(p.buf, m...)
}

// each shows the messages in the order in which they came, until do returns false.
func (p *parked) each(do func(sockdiag.Message) bool) {
	for rest := p.buf; len(rest) > 0; {
		end := 4 + int(binary.NativeEndian.Uint32(rest))
		if !do(sockdiag.Message(rest[4:end])) {
			return
		}
		rest = rest[end:]
	}
}
