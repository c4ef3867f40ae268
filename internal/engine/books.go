// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
)

// bookFiles are the numbers that the kernel keeps beside the socket table.
func bookFiles() []string {
	return []string{"/proc/net/sockstat", "/proc/net/sockstat6", "/proc/net/snmp", "/proc/net/netstat"}
}

// CensusWithBooks is [Census], with the kernel's own numbers from before and
// after it for [diagnose.Reconcile]. The gaps are files that could not be read.
func CensusWithBooks(ctx context.Context, o Options) (*query.Census, *diagnose.Books, []problem.Gap, error) {
	files, missing := procfs.ReadFacts(bookFiles())
	before := factsOf(files, missing)
	c, err := Census(ctx, o)
	if err != nil {
		return nil, nil, nil, err
	}
	files, missing = procfs.ReadFacts(bookFiles())
	b := &diagnose.Books{
		Sockets: &c.Tally, OwnersKnown: c.OwnersKnown, Before: &before, Now: factsOf(files, missing),
	}
	return c, b, missing, nil
}

// SnapshotBooks are the numbers that were saved with the only network namespace
// of a snapshot; nil when it has several. They were read once.
func SnapshotBooks(f *snapshot.File, c *query.Census) (*diagnose.Books, []problem.Gap) {
	if len(f.Namespaces) != 1 {
		return nil, nil
	}
	ns := &f.Namespaces[0]
	b := &diagnose.Books{
		Sockets: &c.Tally, OwnersKnown: c.OwnersKnown, Now: factsOf(ns.Files, ns.Missing),
	}
	return b, ns.Missing
}
