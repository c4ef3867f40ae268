// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// Bounds on how many processes that share a listener are examined and named.
const (
	sharersLooked = 64
	sharersNamed  = 3
)

// Listener is [Resolver.Owned] for a listening socket, which several processes may
// have open: a server and its workers, or a manager that made it and the service that
// uses it. The owner is who accepts from it: the processes that wait for connections,
// else those that have accepted connections open (accepted returns their inodes and
// is called only then), else those that were started to serve it. If none of this can
// be seen, all processes are named, and none as the owner.
func (r *Resolver) Listener(ctx context.Context, inode uint32, cgroup uint64, accepted func() []uint32) Verdict {
	v := r.Owned(ctx, inode, cgroup)
	if v.Owner.Holders < 2 || r.Processes == nil {
		return v
	}
	holders := r.holders(inode)
	users := r.accepting(holders, inode, accepted)
	o := &v.Owner
	if len(users) == 0 || program(users) == "" && len(users) > 1 {
		among := holders
		if len(users) > 0 {
			among = users
		}
		o.PID, o.Start, o.Process, o.Among = 0, 0, program(among), names(among)
		v.Reason = SeveralHolders
		return v
	}
	first := users[0]
	o.PID, o.Start, o.Process = first.PID, first.Start, first.Name
	o.Also = names(without(holders, users))
	if place := r.place(ctx, cgroup, o.PID); place != nil {
		o.Unit, o.Container, o.Pod = place.Service(), place.Container, place.Pod
	}
	return v
}

func (r *Resolver) holders(inode uint32) (all []*procfs.Process) {
	for p := range r.Processes.All(inode) {
		if !p.Gone() && len(all) < sharersLooked {
			all = append(all, p)
		}
	}
	return all
}

// accepting returns the processes that accept from a listener, by the best evidence
// available; none if there is no evidence.
func (r *Resolver) accepting(holders []*procfs.Process, inode uint32, accepted func() []uint32) []*procfs.Process {
	if users := r.chosen(holders, func(w *procfs.Waiting) bool { return w.Accepts(inode) }); len(users) > 0 {
		return users
	}
	if users := r.having(holders, accepted()); len(users) > 0 {
		return users
	}
	if users := r.polling(holders, inode); len(users) > 0 {
		return users
	}
	// No process is seen to use the listener: it belongs to the service that was
	// started with it.
	if users := r.chosen(holders, func(w *procfs.Waiting) bool { return w.Activated }); len(users) > 0 {
		return users
	}
	return r.chosen(holders, func(w *procfs.Waiting) bool { return w.ActivatedBefore })
}

// having returns the processes that have any of these connections open.
func (r *Resolver) having(holders []*procfs.Process, accepted []uint32) (users []*procfs.Process) {
	for _, h := range holders {
		if slices.ContainsFunc(accepted, func(i uint32) bool { return r.holds(h, i) }) {
			users = append(users, h)
		}
	}
	return users
}

// polling returns the processes that may accept, if all others are their parents,
// which gave them the listener.
func (r *Resolver) polling(holders []*procfs.Process, inode uint32) []*procfs.Process {
	users := r.chosen(holders, func(w *procfs.Waiting) bool { return w.MayAccept(inode) })
	for _, h := range without(holders, users) {
		if !slices.ContainsFunc(users, func(u *procfs.Process) bool { return r.Waiting(u) != nil && r.Waiting(u).Parent == h.PID }) {
			return nil
		}
	}
	return users
}

func (r *Resolver) chosen(holders []*procfs.Process, want func(*procfs.Waiting) bool) (users []*procfs.Process) {
	for _, h := range holders {
		if w := r.Waiting(h); w != nil && want(w) {
			users = append(users, h)
		}
	}
	return users
}

func (r *Resolver) holds(p *procfs.Process, inode uint32) bool {
	for q := range r.Processes.All(inode) {
		if q.PID == p.PID {
			return true
		}
	}
	return false
}

// Waiting returns what a process waits for. It is read once; nil if it cannot be
// read.
func (r *Resolver) Waiting(p *procfs.Process) *procfs.Waiting {
	w, known := r.waiting[p.PID]
	if !known {
		if r.waiting == nil {
			r.waiting = map[int32]*procfs.Waiting{}
		}
		w, _ = r.Processes.Waiting(p)
		r.waiting[p.PID] = w
	}
	return w
}

// program returns the common name of all processes, "" if they differ.
func program(all []*procfs.Process) string {
	for _, p := range all {
		if p.Name != all[0].Name {
			return ""
		}
	}
	return all[0].Name
}

func without(all, some []*procfs.Process) (rest []*procfs.Process) {
	for _, p := range all {
		if !slices.Contains(some, p) {
			rest = append(rest, p)
		}
	}
	return rest
}

// names lists processes with their pids.
func names(all []*procfs.Process) string {
	var list []string
	for _, p := range all[:min(len(all), sharersNamed)] {
		list = append(list, fmt.Sprintf("%s[%d]", p.Name, p.PID))
	}
	if more := len(all) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("+%d", more))
	}
	return strings.Join(list, ", ")
}
