// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// knowledgeOf marks which fields a row of a listing tells.
func knowledgeOf(row *listing.Row) {
	s := &row.Socket
	s.Known = socket.FieldsOf(socket.FieldState)
	add := func(known bool, ids ...socket.FieldID) {
		if known {
			s.Known = s.Known.Union(socket.FieldsOf(ids...))
		}
	}
	add(s.Family != 0, socket.FieldFamily)
	add(s.Kind != socket.KindUnknown, socket.FieldKind)
	add(s.Local.Addr().IsValid(), socket.FieldLocal)
	add(s.Remote.Addr().IsValid(), socket.FieldRemote)
	add(row.Columns.Has(listing.Ports), socket.FieldLocalPort, socket.FieldRemotePort)
	add(row.Columns.Has(listing.Queues), socket.FieldRecvQ, socket.FieldSendQ)
	// ss prints the limit of a listener as its Send-Q; /proc and netstat print 0.
	add(row.Columns.Has(listing.Queues) && s.State == tcp.Listen && s.SendQ > 0, socket.FieldBacklog)
	add(row.Columns.Has(listing.UID), socket.FieldUID)
	add(row.Columns.Has(listing.Inode), socket.FieldInode)
	add(row.Columns.Has(listing.Timers), socket.FieldTimer, socket.FieldExpires, socket.FieldRetrans)
	add(row.Columns.Has(listing.Cookie), socket.FieldCookie)
}

// listed keeps the processes that a listing names, one entry per process.
type listed map[uint32]*socket.Owner

// owner returns the owner that a row names, nil when it names none.
func (l listed) owner(row *listing.Row) *socket.Owner {
	if row.PID == 0 {
		return nil
	}
	o := l[row.PID]
	if o == nil || o.Process.Name != string(row.Process) {
		o = &socket.Owner{
			Confidence: socket.OwnerKnown,
			Why:        "named in the listing",
			Process:    &socket.Process{PID: row.PID, Name: string(row.Process), NoName: len(row.Process) == 0},
		}
		l[row.PID] = o
	}
	return o
}
