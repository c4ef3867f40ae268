// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// An annotator adds to a row what the socket table itself does not say: names,
// the listener of a port, the owner. It reads only what was asked for, and each
// thing once. Not safe for concurrent use.
type annotator struct {
	ctx  context.Context //nolint:containedctx // it lives as long as one call of Rows
	need needs

	users     *owner.Users
	processes *procfs.Processes
	cgroups   *procfs.CgroupTree
	places    *owner.Places
	resolver  owner.Resolver
	problems  []problem.Gap

	// Of the namespace that is being read:
	netns   *socket.Netns
	clues   *owner.Clues
	devices map[uint32]string

	last       *socket.Owner // of the socket before, known by its cgroup
	lastCgroup uint64

	owners map[owner.Verdict]*socket.Owner
	// The verdict before this one, and its owner.
	lastVerdict owner.Verdict
	lastOwner   *socket.Owner
	byGroup     map[uint64]*socket.Cgroup
	numbers     map[uint32]string // users without a name
}

// needs is what a set of fields comes down to.
type needs struct {
	fields    socket.FieldSet
	processes bool // a pass over /proc/PID/fd
	owner     bool // whose, if only by cgroup
	places    bool // the meaning of cgroups
	listeners bool // the listening sockets before all others
}

func needsOf(fields socket.FieldSet) needs {
	wanted := func(ids ...socket.FieldID) bool { return !fields.Intersect(socket.FieldsOf(ids...)).Empty() }
	n := needs{
		fields:    fields,
		processes: fields.Costs(socket.CostScan),
		places:    wanted(socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldOwnerOf, socket.FieldOwnerWhy, socket.FieldCgroup),
	}
	n.owner = n.processes || wanted(socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldOwnerOf, socket.FieldOwnerWhy)
	n.listeners = n.owner || wanted(socket.FieldDirection, socket.FieldListener)
	return n
}

func newAnnotator(ctx context.Context, o Options, fields socket.FieldSet) (*annotator, error) {
	a := &annotator{
		ctx: ctx, need: needsOf(fields),
		users:   owner.NewUsers(""),
		owners:  map[owner.Verdict]*socket.Owner{},
		byGroup: map[uint64]*socket.Cgroup{},
		numbers: map[uint32]string{},
	}
	if a.need.places || o.scope() != "self" {
		a.openPlaces()
	}
	if a.need.processes {
		if err := a.scanProcesses(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// openPlaces prepares the look-up of cgroups. A host with cgroup v1 only has no
// cgroup of a socket: then units and containers come from the processes.
func (a *annotator) openPlaces() {
	tree, err := procfs.OpenCgroups("")
	if err != nil {
		if _, ok := errors.AsType[*problem.UnsupportedError](err); ok {
			a.need.processes = a.need.processes || a.need.owner
		}
		a.problems = append(a.problems, problem.Gap{Source: "cgroups", Reason: err.Error(), Structural: true})
		a.places = owner.NewPlaces(nil, "")
	} else {
		a.cgroups, a.places = tree, owner.NewPlaces(tree, "")
	}
	a.resolver.Places = a.places
}

func (a *annotator) scanProcesses() error {
	processes, err := findProcesses(a.ctx)
	if err != nil {
		return err
	}
	a.processes, a.resolver.Processes = processes, processes
	if a.places == nil {
		a.openPlaces() // an owner is one thing: never a process without its unit
	}
	return nil
}

func (a *annotator) close() {
	if a.cgroups != nil {
		_ = a.cgroups.Close()
	}
}

// label names namespaces by their processes; nil where nobody asks.
func (a *annotator) label() func([]int32) (string, string) {
	if a.places == nil {
		return nil
	}
	return a.places.Label
}

// enter begins a namespace: clues of one say nothing about another.
func (a *annotator) enter(ns *netns.Namespace) {
	a.netns = &socket.Netns{Inode: ns.Inode, Name: ns.Name, Container: ns.Container}
	a.clues = owner.NewClues(owner.CluesOptions{})
	a.devices = nil
}

// complete adds to a row what was asked for.
func (a *annotator) complete(s *socket.Socket) {
	s.Netns = a.netns
	f := a.need.fields
	if f.Has(socket.FieldUser) {
		s.User = a.user(s)
		s.Known.Add(socket.FieldUser)
	}
	if f.Has(socket.FieldDevice) {
		s.Device = a.device(s.Ifindex)
		s.Known.Add(socket.FieldDevice)
	}
	if f.Has(socket.FieldCgroup) && s.Known.Has(socket.FieldCgroupID) {
		s.Cgroup = a.cgroup(s.CgroupID)
	}
	if a.need.listeners {
		a.direction(s)
	}
	if a.need.owner {
		s.Owner = a.owner(s)
	}
}

func (a *annotator) user(s *socket.Socket) string {
	if s.Inode == 0 {
		return "" // the kernel says uid 0 for a socket that nobody has open
	}
	if name, ok := a.users.Name(s.UID); ok {
		return name
	}
	name, ok := a.numbers[s.UID]
	if !ok {
		name = strconv.FormatUint(uint64(s.UID), 10)
		a.numbers[s.UID] = name
	}
	return name
}

// device names an interface of the namespace of the calling thread.
func (a *annotator) device(index uint32) string {
	if index == 0 {
		return ""
	}
	if a.devices == nil {
		a.devices = map[uint32]string{}
	}
	name, ok := a.devices[index]
	if !ok {
		if i, err := net.InterfaceByIndex(int(index)); err == nil {
			name = i.Name
		}
		a.devices[index] = name
	}
	return name
}

func (a *annotator) cgroup(id uint64) *socket.Cgroup {
	c, ok := a.byGroup[id]
	if !ok {
		if p := a.places.ByCgroup(a.ctx, id); p != nil {
			c = &socket.Cgroup{ID: id, Path: p.Path, Unit: p.Service(), Container: p.Container, Pod: p.Pod}
		}
		a.byGroup[id] = c
	}
	return c
}

// direction tells who opened a connection, by the listeners that there are.
func (a *annotator) direction(s *socket.Socket) {
	s.Known.Add(socket.FieldDirection)
	s.Known.Add(socket.FieldListener)
	if !s.State.Connection() {
		return
	}
	s.Direction = socket.Outbound
	if l, ok := a.clues.Listener(s.Local); ok {
		s.Direction, s.Listener = socket.Inbound, l
	}
}

// gaps is what could not be read on the way.
func (a *annotator) gaps() (gaps []problem.Gap) {
	for _, g := range a.conditionalGaps() {
		gaps = append(gaps, g.Gap)
	}
	return gaps
}

// conditionalGaps is gaps with what has to be asked for to meet them.
func (a *annotator) conditionalGaps() (gaps []snapshot.Gap) {
	add := func(when snapshot.Condition, found []problem.Gap) {
		for _, g := range found {
			gaps = append(gaps, snapshot.Gap{Gap: g, When: when})
		}
	}
	add(snapshot.WhenPlaces, a.problems)
	if a.processes != nil {
		add(snapshot.WhenProcesses, a.processes.Gaps())
	}
	if a.places != nil {
		add(snapshot.WhenPlaces, a.places.Gaps())
	}
	return gaps
}
