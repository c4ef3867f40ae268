// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/owner"
)

// Shares distributes the connections that were closed before the trace began among
// the processes that have been seen to close connections of the same service since:
// to each in proportion to its closes, port by port. For a single connection the
// result proves nothing. Not safe for concurrent use.
type Shares struct {
	only  uint32 // the only namespace, if there is just one
	parts map[service]*part
}

// A service is a port in a namespace: of a listener, or of peers.
type service struct {
	netns    uint32
	port     uint16
	accepted bool
}

// A part is the set of processes that close connections of a service.
type part struct {
	closers []shareOf
	total   uint64 // number of closes
	given   uint64 // number given to all
}

type shareOf struct {
	owner.Owner

	count uint64 // number of closes
	given uint64
}

// Shares returns who has closed first since the trace began. It needs Options.Owners.
func (t *Trace) Shares() (*Shares, error) {
	totals, err := t.watcher.Totals()
	if err != nil {
		return nil, err
	}
	s := &Shares{parts: map[service]*part{}}
	if len(t.found) == 1 {
		s.only = uint32(t.found[0].Inode)
	}
	for i := range totals.Owners {
		o := &totals.Owners[i]
		if o.What != tracer.ClosedFirst {
			continue
		}
		d := t.doer(o)
		by := owner.Owner{Process: d.Process, Unit: d.Unit, Container: d.Container, Pod: t.place(cgroupOf(o)).Pod}
		if by.Zero() {
			continue
		}
		s.add(service{o.Netns, o.Port, o.Accepted}, by, o.Count)
	}
	for _, p := range s.parts { // makes ties repeatable
		slices.SortFunc(p.closers, func(a, b shareOf) int {
			return strings.Compare(a.Process+"\x00"+a.Unit+"\x00"+a.Container, b.Process+"\x00"+b.Unit+"\x00"+b.Container)
		})
	}
	return s, nil
}

func (s *Shares) add(to service, by owner.Owner, n uint64) {
	p := s.parts[to]
	if p == nil {
		p = &part{}
		s.parts[to] = p
	}
	p.total += n
	for i := range p.closers {
		if p.closers[i].Owner == by {
			p.closers[i].count += n
			return
		}
	}
	p.closers = append(p.closers, shareOf{Owner: by, count: n})
}

// Share implements [owner.Sharer].
func (s *Shares) Share(netns uint64, local, remote uint16) (owner.Owner, bool) {
	in := uint32(netns)
	if s.only != 0 {
		in = s.only
	}
	p := s.parts[service{in, local, true}]
	if p == nil {
		p = s.parts[service{in, remote, false}]
	}
	if p == nil {
		return owner.Owner{}, false
	}
	return p.next(), true
}

// next gives one more connection to the process that is farthest below its share.
func (p *part) next() owner.Owner {
	p.given++
	most, at := 0.0, 0
	for i := range p.closers {
		c := &p.closers[i]
		due := float64(c.count)/float64(p.total)*float64(p.given) - float64(c.given)
		if i == 0 || due > most {
			most, at = due, i
		}
	}
	p.closers[at].given++
	return p.closers[at].Owner
}
