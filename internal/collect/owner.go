// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownerFields are the fields that say who owns a socket.
func ownerFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldProcess, socket.FieldPID, socket.FieldSharers, socket.FieldUnit, socket.FieldContainer, socket.FieldPod)
}

// owners looks up, with one pass over the processes, who owns the kept sockets and the
// listeners in trouble. Without such sockets it makes no pass.
func (x *examiner) owners(ctx context.Context, h *engine.Host) ([]problem.Gap, error) {
	troubled := x.troubled(false)
	wanted := len(troubled)
	for _, space := range x.machine.Spaces {
		wanted += len(space.Sockets.Inodes())
		if x.Traced {
			wanted += space.Sockets.Kept()
		}
	}
	if wanted == 0 {
		return nil, nil
	}
	unknown := 0
	gaps, err := h.Owners(ctx, ownerFields(), func(ask engine.Askable) {
		counted := func(o *socket.Owner) *socket.Owner {
			if o.Process == nil && o.Among == "" {
				unknown++
			}
			return o
		}
		for _, space := range x.machine.Spaces {
			space.Sockets.Own(func(inode uint32, cgroup uint64) *socket.Owner { return counted(ask.Of(inode, cgroup)) })
			space.Sockets.OwnClosed(ask.Closer)
			space.Sockets.AskReaders(ask.Reads)
		}
		for i := range troubled {
			q := &troubled[i]
			q.Socket.Owner = counted(ask.Listener(q.Socket, q.Accepted))
			if h.Stopped(q.Socket.Owner) {
				q.in.Stopped(q.Socket)
			}
		}
	})
	if unknown == 0 || err != nil {
		return nil, err // gaps about other processes do not matter here
	}
	return gaps, nil
}

// descriptors looks for processes near their limit of file descriptors, each in its
// own network namespace.
func (x *examiner) descriptors(ctx context.Context, h *engine.Host) error {
	near, known, err := h.Proc().NearLimit(ctx, diagnose.NearDescriptorLimit)
	if err != nil {
		return err
	}
	owners, err := homes(ctx, h, near, func(d procfs.Descriptors) procfs.Process { return d.Process })
	if err != nil {
		return err
	}
	for _, space := range x.machine.Spaces {
		if !known {
			space.Absent["/proc/PID/limits"] = knowledge.Absence{Code: knowledge.AbsentFiles}
			continue
		}
		space.Descriptors = []diagnose.Descriptors{}
		for i, d := range near {
			if space.Netns == nil || d.Netns != space.Netns.Inode {
				continue
			}
			space.Descriptors = append(space.Descriptors, diagnose.Descriptors{Owner: owners[i], Open: d.Open, Limit: d.Limit, Beyond: d.Beyond})
		}
	}
	return nil
}

// homes returns the owner of each item: its process with unit, container and
// pod.
func homes[T any](ctx context.Context, h *engine.Host, all []T, process func(T) procfs.Process) (owners []*socket.Owner, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	place := socket.FieldsOf(socket.FieldUnit, socket.FieldContainer, socket.FieldPod)
	_, err = h.Owners(ctx, place, func(ask engine.Askable) { // gaps about units and containers do not matter here
		for _, one := range all {
			p := process(one)
			o := &socket.Owner{
				Confidence: socket.OwnerKnown, Scanned: true,
				Process: &socket.Process{PID: uint32(p.PID), Start: p.Start, Name: p.Name},
			}
			o.Unit, o.Container, o.Pod = ask.Home(o.Process.PID)
			owners = append(owners, o)
		}
	})
	return owners, err
}

// A troubledQueue is a listener and the reading that has it.
type troubledQueue struct {
	diagnose.Queue
	in *diagnose.QueueReading
}

// troubled lists the listeners that findings will be about: those in trouble
// themselves, those whose clients gave up, and those whose accepted connections are in
// trouble. If owned is false it omits
// listeners whose owner is known already.
func (x *examiner) troubled(owned bool) (all []troubledQueue) {
	for _, space := range x.machine.Spaces {
		for _, q := range diagnose.JudgeQueues(space.Sockets.Queues, x.earlier(space), x.Within) {
			if (q.Severity >= diagnose.Notice || q.GaveUp > 0 || space.Sockets.Serves(q.Socket)) && q.Socket.Inode != 0 && (owned || q.Socket.Owner == nil) {
				all = append(all, troubledQueue{q, space.Sockets.Queues})
			}
		}
	}
	return all
}

// earlier returns the queues of the namespace at the earlier reading, nil without one.
func (x *examiner) earlier(space *diagnose.Space) *diagnose.QueueReading {
	if x.Since == nil {
		return nil
	}
	for _, past := range x.Since.Spaces {
		if past.Netns != nil && space.Netns != nil && past.Netns.Inode == space.Netns.Inode {
			return past.Sockets.Queues
		}
	}
	return nil
}
