// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A changed is a row with all that it points to, reused for each record.
type changed struct {
	socket  socket.Socket
	change  socket.Change
	owner   socket.Owner
	process socket.Process
	cgroup  socket.Cgroup
	netns   socket.Netns
}

// rowFields returns the fields that a record has.
func rowFields() socket.FieldSet {
	return socket.FieldsOf(
		socket.FieldState, socket.FieldFamily, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldCookie, socket.FieldCgroupID, socket.FieldDirection,
	)
}

// fill makes a row from a record.
func (t *Trace) fill(row *changed, r *tracer.Record) {
	*row = changed{}
	s := &row.socket
	s.Known = rowFields()
	s.State, s.Family = r.To, socket.IPv4
	if r.Local.Addr().Is6() {
		s.Family = socket.IPv6
	}
	s.Local, s.Remote, s.Cookie, s.CgroupID = r.Local, r.Remote, r.Cookie, r.Cgroup
	if !t.watcher.Cookies() {
		s.Known = s.Known.Minus(socket.FieldsOf(socket.FieldCookie))
	}
	if !t.programs && r.Cgroup == 0 { // neither a TIME_WAIT socket nor a tracepoint tells it
		s.Known = s.Known.Minus(socket.FieldsOf(socket.FieldCgroupID))
	}
	if s.State.Connection() || r.From.Connection() {
		s.Direction = socket.Outbound
		if r.Accepted {
			s.Direction = socket.Inbound
		}
	}
	row.change = socket.Change{At: t.boot.Add(r.At), From: r.From, Reason: reasonOf(r.What, r.From, r.Errno), Closer: r.Process, Watched: !r.Unseen}
	if r.What == tracer.ResetSent {
		row.change.Reset = t.watcher.ResetReason(r.Errno)
		if r.Cookie == 0 { // no socket
			s.Known = s.Known.Minus(socket.FieldsOf(socket.FieldCookie, socket.FieldCgroupID, socket.FieldDirection))
		}
	}
	if r.Born != 0 {
		row.change.Born, row.change.Lasted = true, max(0, r.At-r.Born)
	}
	s.Change = &row.change
	if r.Netns != 0 {
		row.netns = t.space(r.Netns)
		s.Netns = &row.netns
	}
	t.own(row, r)
}

// own sets the owner: the process that acted, with its unit, else the unit of the
// socket.
func (t *Trace) own(row *changed, r *tracer.Record) {
	var place *owner.Place
	if r.Cgroup != 0 {
		place = t.places.ByCgroup(context.Background(), r.Cgroup)
	}
	if place != nil {
		row.cgroup = socket.Cgroup{ID: r.Cgroup, Path: place.Path, Unit: place.Service(), Container: place.Container, Pod: place.Pod}
		row.socket.Cgroup = &row.cgroup
	}
	o := &row.owner
	o.Confidence = socket.OwnerKnown
	if !t.programs && place == nil && (r.Unseen || !r.What.Acts()) {
		return
	}
	if r.What.Acts() && !r.Unseen {
		o.Confidence = socket.OwnerTraced
		if !r.Kernel {
			row.process = socket.Process{PID: t.pid(r.PID), Start: uint64(r.Start / procfs.ClockTick), Name: r.Process}
			o.Process, o.Scanned = &row.process, true
			place = t.places.ByCgroup(context.Background(), r.Actor)
		}
	}
	if place != nil {
		o.Unit, o.Container, o.Pod = place.Service(), place.Container, place.Pod
	}
	row.socket.Owner = o
}

// pid translates a process id of the first PID namespace, as the kernel records it,
// to this PID namespace.
func (t *Trace) pid(pid uint32) uint32 {
	if t.apart {
		return 0
	}
	return pid
}

// space returns the name of a network namespace. One that was created later has its
// inode as name.
func (t *Trace) space(inode uint32) socket.Netns {
	if n := t.spaces[inode]; n != nil {
		return *n
	}
	n := &socket.Netns{Inode: uint64(inode), Name: strconv.FormatUint(uint64(inode), 10)}
	t.spaces[inode] = n
	return *n
}

// place returns the unit and container of a cgroup; nothing if the cgroup has been
// removed.
func (t *Trace) place(cgroup uint64) owner.Place {
	if cgroup == 0 {
		return owner.Place{} // no socket, or a socket without a cgroup
	}
	if place := t.places.ByCgroup(context.Background(), cgroup); place != nil {
		return *place
	}
	return owner.Place{}
}

// Errors of a socket when it ends (errno(3); the numbers hold on all supported
// architectures, but not on MIPS, Alpha, PA-RISC and SPARC).
const (
	errPipe            = 32
	errNetUnreachable  = 101
	errReset           = 104
	errTimedOut        = 110
	errRefused         = 111
	errHostUnreachable = 113
)

// reasonOf returns how a connection ended.
func reasonOf(what tracer.What, from tcp.State, errno uint16) socket.Reason {
	switch what {
	case tracer.ClosedFirst:
		return socket.ClosedFirst
	case tracer.ClosedAfter:
		return socket.ClosedAfter
	case tracer.Connects:
		return socket.Opened
	case tracer.AbortedUnread:
		return socket.UnreadData
	case tracer.AbortedLinger:
		return socket.LingerZero
	case tracer.Aborted:
		return socket.Disconnected
	case tracer.Unaccepted:
		return socket.NeverAccepted
	case tracer.GaveUp:
		return socket.GaveUp
	case tracer.Destroyed:
		return socket.Destroyed
	case tracer.NoPort:
		return socket.NoPort
	case tracer.Vanished:
		return socket.Unseen
	case tracer.Ended:
		return endOf(from, errno)
	default:
		return 0
	}
}

// endOf returns how the network or a timer ended a connection. After this side's FIN
// the kernel sets the same error for an RST and for data that no process will read
// (net/ipv4/tcp_input.c tcp_rcv_state_process).
func endOf(from tcp.State, errno uint16) socket.Reason {
	switch {
	case errno == errTimedOut:
		return socket.TimedOut
	case errno == errRefused:
		return socket.Refused
	case errno == errHostUnreachable, errno == errNetUnreachable:
		return socket.Unreachable
	case (errno == errReset || errno == errPipe) && after(from):
		return socket.ResetAfterOurs
	case errno == errReset, errno == errPipe:
		return socket.PeerReset
	case errno == 0 && after(from):
		return socket.Abandoned
	default:
		return socket.Failed
	}
}
