// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// ownerFields are whose a socket is.
func ownerFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldProcess, socket.FieldPID, socket.FieldSharers, socket.FieldUnit, socket.FieldContainer, socket.FieldPod)
}

// owners looks up, with one pass over the processes, whose those sockets are
// that were kept one by one, and the listeners in trouble. A host without any
// is spared the pass.
func (x *examiner) owners(ctx context.Context, o Options) ([]problem.Gap, error) {
	troubled := x.troubled(false)
	wanted := len(troubled)
	for _, space := range x.machine.Spaces {
		wanted += len(space.Sockets.Inodes())
	}
	if wanted == 0 {
		return nil, nil
	}
	a, err := newAnnotator(ctx, o, ownerFields())
	if err != nil {
		return nil, err
	}
	defer a.close()
	unknown := 0
	of := func(inode uint32) *socket.Owner {
		o := a.newOwner(a.resolver.Owned(ctx, inode, 0))
		if o.Process == nil {
			unknown++
		}
		return o
	}
	for _, space := range x.machine.Spaces {
		space.Sockets.Own(of)
	}
	for _, listener := range troubled {
		listener.Owner = of(listener.Inode)
	}
	if unknown == 0 {
		return nil, nil // what could not be read of other processes does not matter
	}
	return a.gaps(), nil
}

// troubled lists the listeners about which there is something to say, those
// whose owner is known only if owned.
func (x *examiner) troubled(owned bool) (all []*socket.Socket) {
	for _, space := range x.machine.Spaces {
		for _, q := range diagnose.JudgeQueues(space.Sockets.Queues, x.earlier(space), x.Within) {
			if q.Severity >= diagnose.Notice && q.Socket.Inode != 0 && (owned || q.Socket.Owner == nil) {
				all = append(all, q.Socket)
			}
		}
	}
	return all
}

// earlier returns the queues of a namespace at the look before.
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

// numbersOf makes a map of one number, empty when the text is none.
func numbersOf(inode uint64, text string) map[uint64]uint64 {
	all := map[uint64]uint64{}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		all[inode] = n
	}
	return all
}

// enterWith begins a namespace for who wants all of its facts.
func (s *scanner) enterWith(ns *netns.Namespace) {
	if s.scan.onNamespace != nil {
		s.scan.Fields = s.scan.onNamespace(factsHere(ns))
	}
}
