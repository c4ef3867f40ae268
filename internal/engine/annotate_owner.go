// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// clue remembers what a socket with an owner tells about those without one.
func (a *annotator) clue(s *socket.Socket) {
	if !a.need.listeners || s.State != tcp.Listen && (!a.need.owner || a.clues.Inbound(s.Local)) {
		return // a connection that came in tells nothing about a destination
	}
	v := owner.Verdict{}
	if a.need.owner {
		v = a.resolver.Owned(a.ctx, s.Inode, s.CgroupID)
	}
	if v.Confidence == owner.Known || s.State == tcp.Listen {
		a.clues.Add(s, v.Owner)
	}
}

// owner says whose a socket is: by its descriptor and cgroup where it has them,
// else by what the clues say.
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
	v := a.resolver.Owned(a.ctx, s.Inode, s.CgroupID)
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

// inferred completes the verdict on a connection that nobody has open. One with
// a cgroup of its own is known by that, but which process of the service it was
// takes the listener or another connection to tell, when they are of the same.
func (a *annotator) inferred(s *socket.Socket, v owner.Verdict) owner.Verdict {
	if v.Confidence == owner.Known && a.processes == nil || v.Reason != owner.NoReason {
		return v
	}
	by := a.clues.Infer(s)
	if v.Confidence != owner.Known {
		return by
	}
	same := by.Owner.Unit == v.Owner.Unit && by.Owner.Container == v.Owner.Container
	if by.Confidence == owner.Inferred && by.Owner.Process != "" && same {
		return by
	}
	return v
}

func (a *annotator) newOwner(v owner.Verdict) *socket.Owner {
	o := &socket.Owner{
		Confidence: confidence(v.Confidence),
		Why:        v.Reason.String(),
		Scanned:    a.processes != nil && !a.hidden(v),
		Unit:       v.Owner.Unit,
		Container:  v.Owner.Container,
		Pod:        v.Owner.Pod,
	}
	if v.Owner.Process != "" {
		o.Process = &socket.Process{PID: uint32(v.Owner.PID), Name: v.Owner.Process}
		o.Sharers = max(v.Owner.Holders-1, 0)
		if a.need.fields.Has(socket.FieldCommand) {
			o.Process.Command = a.command(v.Owner.PID)
		}
	}
	return o
}

// hidden reports whether somebody has the socket open who could not be seen:
// then its process is not known, which is not none.
func (a *annotator) hidden(v owner.Verdict) bool {
	return v.Reason == owner.NotVisible && len(a.processes.Gaps()) > 0
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
