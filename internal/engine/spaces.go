// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A discovery is the namespaces that a question is about. They are found once and
// serve both the plan and its execution.
type discovery struct {
	spaces []*netns.Namespace
	gaps   []problem.Gap
}

// spaces finds the network namespaces of the host's scope, with their names. For one
// question they are found once.
func (h *Host) spaces(ctx context.Context) ([]*netns.Namespace, []problem.Gap, error) {
	if d := h.found; d != nil {
		return d.spaces, d.gaps, nil
	}
	if len(h.held) > 0 && !h.scope.All() {
		return h.held, nil, nil
	}
	var o netns.Options
	if !h.scope.Self() { // a copy of a tree has no files of namespaces, and its own needs none
		o.Proc = h.proc
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

// hold keeps a namespace open. With scope "self" there is nothing to hold: that
// namespace is the process's own.
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

// withHeld replaces each namespace that was found by the held one with the same
// inode, and adds held ones that no path leads to any more.
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

// metFiles returns the descriptors of namespaces that the pass over processes met;
// nil if there was no such pass for this question, or if it looked at sockets only.
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

// forget drops what was found for one question: the next question searches for
// namespaces and reads sockstat anew.
func (h *Host) forget() { h.found, h.met, h.sockstat = nil, nil, nil }

// answered is forget, but within [Host.Together] the namespaces found are kept.
func (h *Host) answered() {
	kept := h.found
	h.forget()
	if h.together {
		h.found = kept
	}
}

// Together lets the questions that ask asks search for namespaces once: to find a
// thousand takes 0.3 s of a processor. What ends or begins meanwhile is noticed as
// within one question. Nobody else may ask the host at the same time.
func (h *Host) Together(ask func() error) error {
	h.together = true
	defer func() {
		h.together = false
		h.forget()
	}()
	return ask()
}
