// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// The fields of a /proc/net/tcp row (net/ipv4/tcp_ipv4.c, get_tcp4_sock).
const (
	procLocal = iota + 1
	procRemote
	procState
	procQueues
	procTimer
	procRetrans
	procUID
	procTimeout
	procInode
	procRefs
)

// udpFields is how many fields the rows of /proc/net/udp and raw have
// (net/ipv4/udp.c, udp4_format_sock). TCP rows have 17, and 12 for
// minisockets and request sockets.
const udpFields = 13

// readProc reads "  12: 0100007F:1F90 00000000:0000 0A ...".
func (l *line) readProc() bool {
	if !isSlot(l.at[0]) || !isHexEndpoint(l.get(procLocal)) {
		return false
	}
	state, ok := procStateOf(l.get(procState))
	switch {
	case ok && isHexEndpoint(l.at[procRemote]):
		l.readProcRow(state)
	case l.n <= procState:
		l.ends(Proc, problem.LineNoState)
	default:
		l.unstated(Proc, procState)
	}
	return true
}

func (l *line) readProcRow(state tcp.State) {
	if l.n == udpFields && (state == tcp.Close || state == tcp.Established) {
		l.class = otherUDP
		return
	}
	l.found(Proc, state, procLocal)
	switch {
	case state == tcp.FinWait2 && l.n > procTimer:
		l.kind = socket.Full
		if timer := l.at[procTimer]; len(timer) > 1 && timer[1] == '3' {
			l.kind = socket.Mini
		}
	case state == tcp.SynRecv && l.n > procRefs:
		l.kind = socket.Full
		if string(l.at[procRefs]) == "0" && string(l.at[procInode]) == "0" {
			l.kind = socket.Request
		}
	}
}

// isSlot reports whether w is a row number such as "12:".
func isSlot(w []byte) bool {
	return len(w) > 1 && w[len(w)-1] == ':' && isNumber(w[:len(w)-1])
}

// isHexEndpoint reports whether w is 0100007F:1F90 or the longer form of IPv6.
func isHexEndpoint(w []byte) bool {
	n := len(w) - 5
	return (n == 8 || n == 32) && w[n] == ':' && isHex(w[:n]) && isHex(w[n+1:])
}

// procStateOf reads a state of two hex digits, as the kernel prints it. The
// kernel prints 03 for a handshake that 0C, TCP_NEW_SYN_RECV, is; programs that
// read its structures themselves print 0C.
func procStateOf(w []byte) (tcp.State, bool) {
	if len(w) != 2 || w[0] != '0' {
		return 0, false
	}
	s := tcp.State(hexDigit(w[1]))
	return s.Reported(), s >= tcp.Established && s <= tcp.NewSynRecv
}
