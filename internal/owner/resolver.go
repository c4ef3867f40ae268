// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"context"
	"iter"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// Holders tells which processes have a socket open; [*procfs.Processes] implements
// it.
type Holders interface {
	Lookup(inode uint32) (procfs.Holders, bool)
	All(inode uint32) iter.Seq[*procfs.Process]
	Waiting(p *procfs.Process) (*procfs.Waiting, bool)
}

// Resolver combines the descriptor table and the cgroup into an owner. A nil
// Processes or Places leaves its part out. Not safe for concurrent use.
type Resolver struct {
	Processes Holders
	Places    *Places

	waiting map[int32]*procfs.Waiting // by pid; nil if it could not be read
}

// Owned returns the owner of a socket by its inode (0 when no process has it open)
// and cgroup id (0 when the kernel did not tell). For a socket that its process has
// closed or not yet accepted, the cgroup alone gives a Known owner: a full socket
// keeps the cgroup in which it was made, and an accepted one that of its listener
// (net/core/sock.c sk_clone_lock). For a socket with neither, the verdict is Unknown
// without a reason; [Clues] may infer the owner.
//
// Owned allocates only for a cgroup or process that it has not seen before.
func (r *Resolver) Owned(ctx context.Context, inode uint32, cgroup uint64) Verdict {
	var o Owner
	if r.Processes != nil {
		if h, ok := r.Processes.Lookup(inode); ok && !h.First.Gone() {
			o.PID, o.Start, o.Process, o.Holders = h.First.PID, h.First.Start, h.First.Name, h.Count
		}
	}
	place := r.place(ctx, cgroup, o.PID)
	if place != nil {
		o.Unit, o.Container, o.Pod = place.Service(), place.Container, place.Pod
	}
	switch {
	case !o.HasProcess() && !o.Zero() && inode != 0 && r.Processes != nil:
		return Verdict{Owner: o, Confidence: Known, Reason: NotVisible} // the place is known, the process is not
	case !o.Zero():
		return Verdict{Owner: o, Confidence: Known}
	case inode != 0 && r.Processes != nil: // also in a cgroup namespace of its own, where the cgroup is not found either
		return Verdict{Reason: NotVisible}
	case cgroup != 0 && r.Places != nil && place == nil:
		return Verdict{Reason: CgroupGone}
	default:
		return Verdict{}
	}
}

// place prefers the cgroup of the socket to that of its process: the process may have
// received the socket from another, or have moved since. The root cgroup tells
// nothing; on a hybrid host it is also the v2 cgroup of a container in v1
// hierarchies.
func (r *Resolver) place(ctx context.Context, cgroup uint64, pid int32) *Place {
	if r.Places == nil {
		return nil
	}
	place := r.Places.ByCgroup(ctx, cgroup)
	if pid != 0 && (place == nil || place.Path == "/") {
		if byProcess := r.Places.ByProcess(pid); byProcess != nil {
			return byProcess
		}
	}
	return place
}
