// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A WatchID names the sockets that a rule wants to see one by one.
type WatchID int

// The watches. A new one is an entry here and in the table below.
const (
	// CloseWaitHeld are CLOSE_WAIT that a process has open.
	CloseWaitHeld WatchID = iota
	// FinWait2Held are FIN_WAIT2 that a process has open.
	FinWait2Held

	numWatches = iota
)

// String returns what the watch is about, for messages.
func (w WatchID) String() string { return watches[w].name }

// watch is an entry of the table: which rows, and what must be known of a row
// to say so.
type watch struct {
	name   string
	states tcp.StateSet
	needs  []socket.FieldID
	wants  func(*socket.Socket) bool
}

var watches = [numWatches]watch{
	CloseWaitHeld: {
		"owners of CLOSE_WAIT", tcp.SetOf(tcp.CloseWait),
		[]socket.FieldID{socket.FieldInode},
		func(s *socket.Socket) bool { return s.Inode != 0 },
	},
	FinWait2Held: {
		"owners of FIN_WAIT2", tcp.SetOf(tcp.FinWait2),
		[]socket.FieldID{socket.FieldInode, socket.FieldKind},
		func(s *socket.Socket) bool { return s.Kind == socket.Full && s.Inode != 0 },
	},
}
