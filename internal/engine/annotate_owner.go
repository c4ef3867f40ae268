// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Askable answers who owns a socket that was read earlier. Its answers come
// from one pass over the processes.
type Askable struct{ a *annotator }

// Of returns who has a socket open, by the inode and cgroup of the socket.
func (k Askable) Of(inode uint32, cgroup uint64) *socket.Owner {
	return k.a.newOwner(k.a.resolver.Owned(k.a.ctx, inode, cgroup))
}

// Listener returns the process that accepts from a listener; accepted are inodes of
// connections of this listener that some process has open.
func (k Askable) Listener(s *socket.Socket, accepted []uint32) *socket.Owner {
	return k.a.newOwner(k.a.resolver.Listener(k.a.ctx, s.Inode, s.CgroupID, func() []uint32 { return accepted }))
}

// Closer returns who closed a socket that no process has open any more; nil if no
// trace saw the close.
func (k Askable) Closer(state tcp.State, cookie uint64) *socket.Owner {
	traced := k.a.host.traced()
	if traced == nil || cookie == 0 || !closed.Has(state) {
		return nil
	}
	by, ok := traced.Closer(cookie)
	if !ok {
		return nil
	}
	return k.a.newOwner(owner.Verdict{Owner: by, Confidence: owner.Traced})
}

// Home returns the unit, container and pod of a process, as far as its cgroup tells;
// "" is not known.
func (k Askable) Home(pid uint32) (unit, container, pod string) {
	if k.a.places == nil {
		return "", "", ""
	}
	place := k.a.places.ByProcess(int32(pid))
	if place == nil {
		return "", "", ""
	}
	return place.Service(), place.Container, place.Pod
}

// Reads reports whether a process is blocked in a read of a socket now, and whether it
// is stopped. The unread bytes of a blocked one are fewer than it waits for.
func (k Askable) Reads(pid, inode uint32) (reads, stopped bool) {
	w := k.waiting(pid)
	return w != nil && w.Reads(inode), w != nil && w.Stopped
}

// Stopped reports whether the one process that is known to have a socket is stopped,
// by a signal or a debugger.
func (h *Host) Stopped(o *socket.Owner) bool {
	if o == nil || o.Process == nil || o.Among != "" {
		return false
	}
	return h.proc.Stopped(procfs.Process{PID: int32(o.Process.PID), Start: o.Process.Start})
}

// waiting returns what a process waits for; nil if that is not known.
func (k Askable) waiting(pid uint32) *procfs.Waiting {
	if k.a.processes == nil {
		return nil
	}
	p, ok := k.a.processes.Process(int32(pid))
	if !ok {
		return nil
	}
	return k.a.resolver.Waiting(p)
}

// Owners calls ask with an [Askable] that answers who owns sockets that were read
// earlier. It makes one pass over the processes. The gaps tell what could not be
// seen.
func (h *Host) Owners(ctx context.Context, fields socket.FieldSet, ask func(Askable)) ([]problem.Gap, error) {
	return answer(ctx, h, func() ([]problem.Gap, error) {
		a, err := h.annotator(ctx, fields)
		if err != nil {
			return nil, err
		}
		ask(Askable{a})
		return a.gaps(), nil
	})
}

// clue remembers what a socket with a known owner tells about sockets without one.
func (a *annotator) clue(s *socket.Socket) {
	if !a.need.listeners || s.State != tcp.Listen && (!a.need.owner || a.clues.Inbound(s.Local)) {
		return // an accepted connection tells nothing about a destination
	}
	v := owner.Verdict{}
	if a.need.owner {
		v = a.owned(s)
	}
	if v.Confidence == owner.Known || s.State == tcp.Listen {
		a.clues.Add(s, v.Owner)
	}
}

// owner finds the owner of a socket: by descriptor and cgroup if the socket has them,
// else from the clues.
func (a *annotator) owner(s *socket.Socket) *socket.Owner {
	if a.processes == nil && s.CgroupID != 0 {
		return a.ownerByCgroup(s)
	}
	return a.ownerByClues(s)
}

// ownerByCgroup is the fast path when nobody asks for processes: the cgroup alone
// gives the owner, and neighbours in the table mostly share a cgroup.
func (a *annotator) ownerByCgroup(s *socket.Socket) *socket.Owner {
	if a.last != nil && a.lastCgroup == s.CgroupID {
		return a.last
	}
	o := a.ownerByClues(s)
	if o.Confidence == socket.OwnerKnown {
		a.last, a.lastCgroup = o, s.CgroupID
	}
	return o
}

func (a *annotator) ownerByClues(s *socket.Socket) *socket.Owner {
	v := a.owned(s)
	if s.Inode == 0 && s.State.Connection() {
		v = a.inferred(s, v)
	}
	if a.lastOwner != nil && v == a.lastVerdict {
		return a.lastOwner // most sockets repeat the previous verdict; looking a verdict up hashes its names
	}
	o, ok := a.owners[v]
	if !ok {
		o = a.newOwner(v)
		a.owners[v] = o
	}
	a.lastVerdict, a.lastOwner = v, o
	return o
}

// owned returns who has a socket open, and for a listener who accepts from it. A
// socket that is also a clue is asked about twice in a row; the second answer is
// remembered.
func (a *annotator) owned(s *socket.Socket) owner.Verdict {
	q := ownedQuestion{s.Inode, s.CgroupID, s.State == tcp.Listen}
	if s.Inode == 0 || q != a.ownedLast {
		a.ownedLast, a.ownedVerdict = q, a.askOwned(s)
	}
	return a.ownedVerdict
}

// An ownedQuestion is what [annotator.owned] is asked.
type ownedQuestion struct {
	inode  uint32
	cgroup uint64
	listen bool
}

func (a *annotator) askOwned(s *socket.Socket) owner.Verdict {
	if s.State == tcp.Listen {
		return a.resolver.Listener(a.ctx, s.Inode, s.CgroupID, func() []uint32 { return a.acceptedAt(s) })
	}
	return a.resolver.Owned(a.ctx, s.Inode, s.CgroupID)
}

// inferred completes the verdict on a connection that no process has open. If the
// connection has a cgroup, the cgroup gives the service. The process within the
// service is taken from the listener or from another connection, if they belong to
// the same service.
func (a *annotator) inferred(s *socket.Socket, v owner.Verdict) owner.Verdict {
	if v.Confidence == owner.Known && a.processes == nil || v.Reason != owner.NoReason {
		return v
	}
	if traced := a.host.traced(); traced != nil && closed.Has(s.State) {
		return closedBy(traced, s, v)
	}
	by := a.clues.Infer(s)
	if v.Confidence != owner.Known {
		return by
	}
	same := by.Owner.Unit == v.Owner.Unit && by.Owner.Container == v.Owner.Container
	if by.Confidence == owner.Inferred && by.Owner.HasProcess() && same {
		return by
	}
	return v
}

// closed are the states of a socket that its process has closed.
const closed tcp.StateSet = 1<<tcp.FinWait1 | 1<<tcp.FinWait2 | 1<<tcp.TimeWait | 1<<tcp.Closing

// closedBy takes the owner from the trace. If the trace does not know who closed the
// socket, the cgroup gives the owner.
func closedBy(traced owner.Closers, s *socket.Socket, v owner.Verdict) owner.Verdict {
	switch by, ok := traced.Closer(s.Cookie); {
	case ok:
		return owner.Verdict{Owner: by, Confidence: owner.Traced}
	case v.Confidence == owner.Known:
		return v
	default:
		return shared(traced, s)
	}
}

// shared returns an owner for a socket that was closed before the trace began: no
// owner, or one drawn at random in proportion to the closes that the trace saw.
func shared(traced owner.Closers, s *socket.Socket) owner.Verdict {
	if sharer, ok := traced.(owner.Sharer); ok {
		netns := uint64(0)
		if s.Netns != nil {
			netns = s.Netns.Inode
		}
		if by, ok := sharer.Share(netns, s.Local.Port(), s.Remote.Port()); ok {
			return owner.Verdict{Owner: by, Confidence: owner.Inferred, Reason: owner.ByShares}
		}
	}
	return owner.Verdict{Reason: owner.BeforeTrace}
}

// traced returns the trace that runs at the same time; nil if none runs, or if the
// source is not a live host.
func (h *Host) traced() owner.Closers {
	if h == nil {
		return nil
	}
	return h.options.Traced
}

func (a *annotator) newOwner(v owner.Verdict) *socket.Owner {
	a.unseen = a.unseen || v.Reason == owner.NotVisible
	looked := a.processes != nil
	o := &socket.Owner{
		Confidence: confidence(v.Confidence),
		Why:        v.Reason.String(),
		Hidden:     looked && v.Confidence == owner.Unknown && a.hidden(v),
		Scanned:    looked && !a.hidden(v),
		Unit:       v.Owner.Unit,
		Container:  v.Owner.Container,
		Pod:        v.Owner.Pod,
		Also:       v.Owner.Also,
		Among:      v.Owner.Among,
	}
	a.missed = a.missed || o.Hidden
	if v.Owner.HasProcess() {
		o.Process = &socket.Process{PID: uint32(v.Owner.PID), Start: v.Owner.Start, Name: v.Owner.Process}
		o.Sharers = max(v.Owner.Holders-1, 0)
		if a.need.fields.Has(socket.FieldCommand) {
			o.Process.Command = a.command(v.Owner.PID)
		}
	}
	return o
}

// hidden reports whether the process of a socket is unknown, which is not the same as
// none: a process that could not be seen has the socket or its listener open, or the
// trace began too late.
func (a *annotator) hidden(v owner.Verdict) bool {
	if v.Reason == owner.BeforeTrace || v.Reason == owner.SeveralHolders {
		return true
	}
	return (v.Reason == owner.NotVisible || v.Reason == owner.ListenerUnknown) && (a.apart || len(a.processes.Gaps()) > 0)
}

// unread returns a gap for processes that could not be read. There is no gap if each
// socket that was looked at has its owner all the same.
func (a *annotator) unread() []problem.Gap {
	gaps := slices.Clone(a.processes.Gaps())
	for i := range gaps {
		gaps[i].Structural = gaps[i].Structural || !a.missed
	}
	return gaps
}

// outside returns a gap if processes of other PID namespaces have sockets of this
// network namespace open, as in a container that shares the network of its host.
func (a *annotator) outside() []problem.Gap {
	if !a.apart || !a.unseen {
		return nil
	}
	return []problem.Gap{problem.Unread("processes", problem.ProcessesOutside)}
}

// command returns the command line of a process. It is read once per process.
func (a *annotator) command(pid int32) string {
	if a.processes == nil {
		return ""
	}
	p, ok := a.processes.Process(pid)
	if !ok {
		return ""
	}
	line, err := a.processes.Command(p)
	if err != nil {
		return "" // the process has exited; only its name is left
	}
	return line
}

func confidence(c owner.Confidence) socket.Confidence {
	switch c {
	case owner.Known:
		return socket.OwnerKnown
	case owner.Inferred:
		return socket.OwnerInferred
	case owner.Traced:
		return socket.OwnerTraced
	default:
		return socket.OwnerNone
	}
}
