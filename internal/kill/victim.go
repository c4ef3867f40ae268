// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A Victim is a socket as it was when it was shown.
type Victim struct {
	target sockdiag.Target
	known  socket.FieldSet
	inode  uint32
	recvQ  uint32
	sendQ  uint32
	family socket.Family
	kind   socket.Kind
	state  tcp.State
	part   bool          // part of an MPTCP connection
	owner  *socket.Owner // shared by many victims
	netns  *socket.Netns // shared by all victims of a namespace
}

func victimOf(s *socket.Socket) Victim {
	return Victim{
		target: sockdiag.TargetOf(s), known: s.Known,
		inode: s.Inode, recvQ: s.RecvQ, sendQ: s.SendQ,
		family: s.Family, kind: s.Kind, state: s.State, part: s.Subflow, owner: s.Owner, netns: s.Netns,
	}
}

// Fill fills a row with the fields of [Fields].
func (v *Victim) Fill(row *socket.Socket) {
	*row = socket.Socket{
		Known: v.known, State: v.state, Kind: v.kind, Family: v.family,
		Local: v.target.Local, Remote: v.target.Remote, Ifindex: v.target.Device, Cookie: v.target.Cookie,
		Inode: v.inode, RecvQ: v.recvQ, SendQ: v.sendQ, Owner: v.owner, Netns: v.netns,
	}
}

// Show is Fill for display: names that others chose are made safe to show.
func (v *Victim) Show(row *socket.Socket) {
	v.Fill(row)
	showOwner(row)
	if n := row.Netns; n != nil && visible.Hidden(n.Name) >= 0 {
		row.Netns = &socket.Netns{Inode: n.Inode, Name: visible.Text(n.Name), Container: visible.Text(n.Container)}
	}
}

// showOwner makes the names of an owner safe to show.
func showOwner(row *socket.Socket) {
	o := row.Owner
	if o == nil || o.Process == nil || visible.Hidden(o.Process.Name) < 0 {
		return
	}
	c, process := *o, *o.Process
	process.Name, process.Command = visible.Text(process.Name), visible.Text(process.Command)
	c.Process = &process
	row.Owner = &c
}

// State returns the state that the socket was in.
func (v *Victim) State() tcp.State { return v.state }

// Cookie returns the kernel's cookie of the socket.
func (v *Victim) Cookie() uint64 { return v.target.Cookie }

// Subflow reports whether the socket was part of an MPTCP connection, which outlives
// it.
func (v *Victim) Subflow() bool { return v.part }

// Owned reports whether a process had the socket open.
func (v *Victim) Owned() bool { return v.inode != 0 }

// Fields returns the fields that are known of a [Victim].
func Fields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldKind, socket.FieldFamily,
		socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldIfindex, socket.FieldCookie, socket.FieldInode, socket.FieldRecvQ, socket.FieldSendQ,
		socket.FieldPID, socket.FieldProcess, socket.FieldSharers, socket.FieldUnit, socket.FieldContainer, socket.FieldOwnerOf,
		socket.FieldNetns, socket.FieldNetnsInode,
	)
}

// An identity identifies a socket within one boot.
type identity struct {
	netns  uint64 // inode
	cookie uint64
}

func identityOf(s *socket.Socket) identity {
	id := identity{cookie: s.Cookie}
	if s.Netns != nil {
		id.netns = s.Netns.Inode
	}
	return id
}

func (v *Victim) identity() identity {
	id := identity{cookie: v.target.Cookie}
	if v.netns != nil {
		id.netns = v.netns.Inode
	}
	return id
}
