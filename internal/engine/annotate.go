// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"io/fs"
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
	host *Host           // nil for a listing
	need needs

	users     *owner.Users
	processes *procfs.Processes
	places    *owner.Places
	resolver  owner.Resolver
	problems  []problem.Gap
	apart     bool // the processes belong to another PID namespace
	unseen    bool // a process that is not shown here has a socket open
	missed    bool // the process of a socket is not known, and might be one that could not be read

	// The fields below hold for the network namespace that is being read.
	netns   *socket.Netns
	clues   *owner.Clues
	dropped uint64 // clues dropped in earlier namespaces
	devices map[uint32]string

	last       *socket.Owner // owner of the previous socket, looked up by its cgroup
	lastCgroup uint64

	owners map[owner.Verdict]*socket.Owner
	// lastVerdict is the previous verdict, lastOwner the owner made from it.
	lastVerdict owner.Verdict
	lastOwner   *socket.Owner
	// ownedLast is the last question to [annotator.owned], ownedVerdict the answer.
	ownedLast    ownedQuestion
	ownedVerdict owner.Verdict
	accepted     map[uint32][]uint32 // inodes of accepted connections, by the inode of the listener
	byGroup      map[uint64]*socket.Cgroup
	numbers      map[uint32]string // user ids that have no name
}

// needs tells what must be read to fill a set of fields.
type needs struct {
	fields    socket.FieldSet
	processes bool // a pass over /proc/PID/fd
	owner     bool // the owner, even if only its unit is known from the cgroup
	places    bool // what cgroups mean: unit, container, pod
	listeners bool // listening sockets must be read before all others
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

// annotator returns an annotator for one question about the given fields.
func (h *Host) annotator(ctx context.Context, fields socket.FieldSet) (*annotator, error) {
	a := &annotator{
		ctx: ctx, host: h, need: needsOf(fields),
		owners:  map[owner.Verdict]*socket.Owner{},
		byGroup: map[uint64]*socket.Cgroup{},
		numbers: map[uint32]string{},
	}
	if a.need.fields.Has(socket.FieldUser) {
		a.users = h.kept.people()
	}
	if a.need.places || !h.scope.Self() {
		a.openPlaces()
	}
	if a.need.processes {
		if err := a.scanProcesses(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// openPlaces prepares the look-up of cgroups. On a host with cgroup v1 only, the
// kernel tells no cgroup of a socket; then units and containers come from the
// processes.
func (a *annotator) openPlaces() {
	places, none := a.host.kept.place()
	if none != nil {
		a.need.processes = a.need.processes || a.need.owner && onlyV1(none)
		a.problems = append(a.problems, problem.Failed("cgroups", none).NeverShown())
	}
	a.places, a.resolver.Places = places, places
}

// withoutCgroups is called for tables that tell no cgroup of a socket. Then the
// owner, and even its unit, can be learned from the processes only.
func (a *annotator) withoutCgroups() error {
	if !a.need.owner || a.processes != nil {
		return nil
	}
	return a.scanProcesses()
}

func (a *annotator) scanProcesses() error {
	processes, err := a.host.lister.processes(a.ctx, a.host.options.Stays)
	if err != nil {
		return err
	}
	a.processes, a.resolver.Processes, a.host.met = processes, processes, processes
	a.apart = a.host.proc.OwnPIDNamespace()
	if a.places == nil {
		a.openPlaces() // a process is always shown with its unit
	}
	return nil
}

// enter begins a namespace: clues of one say nothing about another.
func (a *annotator) enter(ns *netns.Namespace) {
	a.netns = &socket.Netns{Inode: ns.Inode, Name: ns.Name, Container: ns.Container}
	if a.clues != nil {
		a.dropped += a.clues.Dropped()
	}
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
		return "" // the kernel reports uid 0 for a socket that no process has open
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

// device returns the name of an interface of the calling thread's namespace.
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

// direction tells which side opened a connection: it came in if a listener here has
// its local port.
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

// gaps returns what could not be read while rows were completed.
func (a *annotator) gaps() (gaps []problem.Gap) {
	for _, g := range a.conditionalGaps() {
		gaps = append(gaps, g.Gap)
	}
	return gaps
}

// conditionalGaps returns the gaps, each with the fields and states for which it
// matters.
func (a *annotator) conditionalGaps() (gaps []snapshot.Gap) {
	add := func(when snapshot.Condition, found []problem.Gap) {
		for _, g := range found {
			gaps = append(gaps, snapshot.Gap{Gap: g, When: when})
		}
	}
	add(snapshot.WhenPlaces, a.problems)
	if a.processes != nil {
		add(snapshot.WhenProcesses, a.unread())
		add(snapshot.WhenProcesses, a.outside())
	}
	if a.places != nil {
		add(snapshot.WhenPlaces, a.places.Gaps())
	}
	add(snapshot.WhenUsers, a.nameless())
	add(snapshot.WhenProcesses, a.forgotten())
	return gaps
}

// nameless returns a gap if users are shown as numbers because the file of user names
// could not be read. A host without such a file has no names to lose: no gap.
func (a *annotator) nameless() []problem.Gap {
	if a.users == nil || a.users.Err() == nil {
		return nil
	}
	err := a.users.Err()
	g := problem.Unread("users", problem.UsersNameless, err)
	g.Structural = errors.Is(err, fs.ErrNotExist)
	return []problem.Gap{g}
}

// forgotten returns a gap if more destinations were seen than [owner.Clues]
// remembers: the owner of a socket that no process has open could then not be
// inferred.
func (a *annotator) forgotten() []problem.Gap {
	n := a.dropped
	if a.clues != nil {
		n += a.clues.Dropped()
	}
	if !a.need.owner || n == 0 {
		return nil
	}
	return []problem.Gap{problem.Unread("owners", problem.OwnersForgotten, n).NeverShown()} // each socket concerned carries the reason itself
}
