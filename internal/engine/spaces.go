// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A discovery is the namespaces that a question is about, found once: for the
// plan, and for whoever carries it out.
type discovery struct {
	spaces []*netns.Namespace
	gaps   []problem.Gap
}

// spaces finds the network namespaces of the host's scope, with their names; what
// was found for this question is not looked for again.
func (h *Host) spaces(ctx context.Context) ([]*netns.Namespace, []problem.Gap, error) {
	if d := h.found; d != nil {
		return d.spaces, d.gaps, nil
	}
	if len(h.held) > 0 && !h.scope.All() {
		return h.held, nil, nil
	}
	var o netns.Options
	if !h.scope.Self() {
		places, _ := h.kept.place()
		o.Label, o.UserName = places.Label, h.kept.people().Name
		o.Files = h.metFiles()
	}
	found, gaps, err := netns.Select(ctx, h.scope, o)
	if err != nil {
		return nil, nil, err
	}
	found = h.withHeld(found)
	h.found = &discovery{found, gaps}
	return found, gaps, nil
}

// hold keeps a namespace. What leads to the one of this process always does.
func (h *Host) hold(ns *netns.Namespace) error {
	if h.scope.Self() || slices.ContainsFunc(h.held, func(o *netns.Namespace) bool { return o.Inode == ns.Inode }) {
		return nil
	}
	if err := ns.Hold(); err != nil {
		return err
	}
	h.held = append(h.held, ns)
	return nil
}

// withHeld puts the namespaces that are held in place of what leads there now,
// and adds those to which nothing else leads.
func (h *Host) withHeld(found []*netns.Namespace) []*netns.Namespace {
	for _, ns := range h.held {
		i := slices.IndexFunc(found, func(o *netns.Namespace) bool { return o.Inode == ns.Inode })
		if i < 0 {
			found = append(found, ns)
		} else {
			found[i] = ns
		}
	}
	return found
}

// metFiles are the descriptors of namespaces that the pass for owners met; nil
// where there was none for this question, or it looked at sockets only.
func (h *Host) metFiles() func() []procfs.NetnsFile {
	if h.met == nil {
		return nil
	}
	files, ok := h.met.NetnsFiles()
	if !ok {
		return nil
	}
	return func() []procfs.NetnsFile { return files }
}

// forget lets the next question find namespaces anew, and read what it begins with.
func (h *Host) forget() { h.found, h.met, h.sockstat = nil, nil, nil }
