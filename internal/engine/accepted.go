// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// acceptedMost bounds how many connections of one listener are examined to find
// the processes that hold them.
const acceptedMost = 16

// acceptedAt returns the inodes of some connections that somebody has accepted
// from a listener of the namespace of the calling thread. It asks the kernel
// for these connections only, once per listener. The result is empty where the
// kernel cannot be asked. It is rarely needed: few listeners are open in
// several processes of which none waits for a connection.
func (a *annotator) acceptedAt(l *socket.Socket) []uint32 {
	if known, asked := a.accepted[l.Inode]; asked {
		return known
	}
	inodes := askAccepted(a, l)
	if a.accepted == nil {
		a.accepted = map[uint32][]uint32{}
	}
	a.accepted[l.Inode] = inodes
	return inodes
}

func askAccepted(a *annotator, l *socket.Socket) (inodes []uint32) {
	port := socket.PortCondition{Side: socket.LocalSide, Is: socket.PortEqual, Port: l.Local.Port()}
	code, err := sockdiag.Compile(port)
	if err != nil {
		return nil
	}
	conn, err := sockdiag.Open()
	if err != nil {
		return nil
	}
	defer conn.Close() //nolint:errcheck // the connection is only read
	request := sockdiag.Request{States: tcp.SetOf(tcp.Established, tcp.CloseWait), Filter: code}
	var s socket.Socket
	_ = conn.Dump(a.ctx, request, func(m sockdiag.Message) bool { // messages that came before an error are valid
		if m.Inode() == 0 {
			return true
		}
		m.Decode(&s)
		if cameInAt(&s, l) {
			inodes = append(inodes, s.Inode)
		}
		return len(inodes) < acceptedMost
	})
	return inodes
}

// cameInAt reports whether a connection to the port of a listener can have come in
// by it.
func cameInAt(s, l *socket.Socket) bool {
	local, at := s.Local.Addr().Unmap().WithZone(""), l.Local.Addr().Unmap().WithZone("")
	return at == local || at.IsUnspecified() && (at.Is6() || local.Is4())
}
