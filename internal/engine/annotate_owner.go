// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Askable answers who owns a socket that was read earlier. Its answers come
// from one pass over the processes.
type Askable struct{ a *annotator }

// Of says who has a socket open, by its inode and cgroup.
func (k Askable) Of(inode uint32, cgroup uint64) *socket.Owner {
	return k.a.newOwner(k.a.resolver.Owned(k.a.ctx, inode, cgroup))
}

// Listener says who accepts from a listener; accepted are connections of it that
// somebody has open.
func (k Askable) Listener(s *socket.Socket, accepted []uint32) *socket.Owner {
	return k.a.newOwner(k.a.resolver.Listener(k.a.ctx, s.Inode, s.CgroupID, func() []uint32 { return accepted }))
}

// Closer looks up who closed a socket that nobody has open any more, nil where no
// trace has seen it.
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

// Home returns where a process lives, by its cgroup, as far as that is known.
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

// Reads reports whether a process waits for input of a socket just now: then
// what is there is less than it wants.
func (k Askable) Reads(pid, inode uint32) bool {
	if k.a.processes == nil {
		return false
	}
	p, ok := k.a.processes.Process(int32(pid))
	if !ok {
		return false
	}
	w := k.a.resolver.Waiting(p)
	return w != nil && w.Reads(inode)
}

// Owners lets ask find out, with one pass over the processes, whose sockets are
// that were read before. The gaps are what could not be seen.
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

// clue remembers what a socket with an owner tells about those without one.
func (a *annotator) clue(s *socket.Socket) {
	if !a.need.listeners || s.State != tcp.Listen && (!a.need.owner || a.clues.Inbound(s.Local)) {
		return // a connection that came in tells nothing about a destination
	}
	v := owner.Verdict{}
	if a.need.owner {
		v = a.owned(s)
	}
	if v.Confidence == owner.Known || s.State == tcp.Listen {
		a.clues.Add(s, v.Owner)
	}
}

// owner finds the owner of a socket: by its descriptor and cgroup if it has
// them, else from the clues.
func (a *annotator) owner(s *socket.Socket) *socket.Owner {
	if a.processes == nil && s.CgroupID != 0 {
		return a.ownerByCgroup(s)
	}
	return a.ownerByClues(s)
}

// ownerByCgroup is the short way where nobody asks for processes: the cgroup
// says it all, and neighbours in the table mostly share one.
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
		return a.lastOwner // as most are: looking a verdict up hashes its names
	}
	o, ok := a.owners[v]
	if !ok {
		o = a.newOwner(v)
		a.owners[v] = o
	}
	a.lastVerdict, a.lastOwner = v, o
	return o
}

// owned says who has a socket open; of a listener, who accepts from it. It is asked
// twice in a row about a socket that is a clue too.
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

// inferred completes the verdict on a connection that nobody has open. One with
// a cgroup of its own is known by that, but which process of the service it was
// takes the listener or another connection to tell, when they are of the same.
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

// closed are the states that a socket without a process comes to by being
// closed first, or after its peer.
const closed tcp.StateSet = 1<<tcp.FinWait1 | 1<<tcp.FinWait2 | 1<<tcp.TimeWait | 1<<tcp.Closing

// closedBy is whose a socket is by a trace, and where that does not know, by its
// cgroup.
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

// shared returns the owner of a socket that was closed before the trace began:
// none, or one drawn in proportion to the known closes.
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

// traced is the trace that runs beside; nil without one, and for what is no host.
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

// hidden reports whether somebody has the socket open who could not be seen, or
// has the listener that it came in by, or whether a trace began too late: then
// its process is not known, which is not none.
func (a *annotator) hidden(v owner.Verdict) bool {
	if v.Reason == owner.BeforeTrace || v.Reason == owner.SeveralHolders {
		return true
	}
	return (v.Reason == owner.NotVisible || v.Reason == owner.ListenerUnknown) && (a.apart || len(a.processes.Gaps()) > 0)
}

// unread is which processes could not be read. Where each socket that was looked at
// has its owner all the same, nothing was lost by it.
func (a *annotator) unread() []problem.Gap {
	gaps := slices.Clone(a.processes.Gaps())
	for i := range gaps {
		gaps[i].Structural = gaps[i].Structural || !a.missed
	}
	return gaps
}

// outside says that processes of other PID namespaces have sockets open that were
// seen here, as in a container that shares the network of its host.
func (a *annotator) outside() []problem.Gap {
	if !a.apart || !a.unseen {
		return nil
	}
	return []problem.Gap{problem.Unread("processes", problem.ProcessesOutside)}
}

// command reads a command line, once for each process.
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
		return "" // it has exited: its name is all that is left of it
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
