// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// counterFiles are the files with the kernel's own numbers of sockets, which it keeps
// beside the socket table.
func counterFiles() []string {
	return []string{"/proc/net/sockstat", "/proc/net/sockstat6", "/proc/net/snmp", "/proc/net/netstat"}
}

// CensusWithCounters is [engine.Census] of all sockets, with the kernel's own numbers
// for [diagnose.Reconcile]. On a host it reads these before and after the count; a
// saved machine has them once. The gaps are files that could not be read. The error is
// a [*problem.UsageError] if the source has no such numbers, or has those of several
// namespaces.
func CensusWithCounters(ctx context.Context, src engine.Source) (*query.Census, *diagnose.CrossCheck, []problem.Gap, error) {
	switch src := src.(type) {
	case *engine.Host:
		return hostCounters(ctx, src)
	case *engine.Saved:
		return savedCounters(ctx, src)
	default:
		return nil, nil, nil, &problem.UsageError{Msg: "-v needs the kernel's own numbers, which a listing does not have", Hint: "leave -v out", Zh: "-v 需要内核自己的计数，列表里没有", HintZh: "去掉 -v"}
	}
}

func hostCounters(ctx context.Context, h *engine.Host) (*query.Census, *diagnose.CrossCheck, []problem.Gap, error) {
	files, missing := h.Proc().ReadFacts(counterFiles())
	before := factsOf(files, missing)
	c, err := engine.Census(ctx, h, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	files, missing = h.Proc().ReadFacts(counterFiles())
	b := &diagnose.CrossCheck{
		Sockets: &c.Tally, OwnersKnown: c.OwnersKnown, Before: &before, Now: factsOf(files, missing),
	}
	return c, b, missing, nil
}

// savedCounters takes the numbers that were saved, once, with the only network
// namespace of a snapshot.
func savedCounters(ctx context.Context, m *engine.Saved) (*query.Census, *diagnose.CrossCheck, []problem.Gap, error) {
	if len(m.File().Namespaces) != 1 {
		return nil, nil, nil, &problem.UsageError{Msg: "this snapshot has several network namespaces: -v compares one", Hint: "save one namespace, or leave -v out", Zh: "这个快照有多个网络命名空间：-v 只能比较一个", HintZh: "保存单个命名空间的快照，或去掉 -v"}
	}
	c, err := engine.Census(ctx, m, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	ns := &m.File().Namespaces[0]
	b := &diagnose.CrossCheck{
		Sockets: &c.Tally, OwnersKnown: c.OwnersKnown, Now: factsOf(ns.Files, ns.Missing),
	}
	return c, b, ns.Missing, nil
}
