// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// unlisted looks for processes with many TCP sockets that no dump shows. It dumps the
// sockets only if /proc shows a process that may have so many.
func (x *examiner) unlisted(ctx context.Context, h *engine.Host) error {
	holders, known, err := h.Proc().HoldersOfUnlisted(ctx, diagnose.UnlistedLeast)
	if err != nil {
		return err
	}
	holders = slices.DeleteFunc(holders, func(u *procfs.Unlisted) bool { return x.spaceOf(u.Netns) == nil })
	for _, space := range x.machine.Spaces {
		if !known {
			space.Absent[diagnose.FactUnlisted] = knowledge.Absence{Code: knowledge.AbsentFiles}
			continue
		}
		space.Unlisted = []diagnose.Unlisted{}
	}
	if len(holders) == 0 {
		return nil
	}
	report, err := h.Rows(ctx, engine.Scan{Fields: socket.FieldsOf(socket.FieldInode)}, engine.Visit(func(s *socket.Socket) bool {
		for _, u := range holders {
			u.InTable(s.Inode)
		}
		return true
	}))
	if err != nil {
		return err
	}
	if report.Partial() { // a socket that the dump lost would look like one that is in no table
		for _, space := range x.machine.Spaces {
			space.Unlisted, space.Absent[diagnose.FactUnlisted] = nil, knowledge.Absence{Code: knowledge.AbsentFailed, Detail: partly(report.Gaps)}
		}
		return nil
	}
	return x.counted(ctx, h, holders)
}

// partly says why a dump is incomplete.
func partly(gaps []problem.Gap) knowledge.Text {
	for _, g := range gaps {
		if !g.Structural {
			return reason(g)
		}
	}
	return knowledge.ErrorText(problem.New("sockets changed while the table was read", "读取套接字表时其内容在变"))
}

// counted keeps the number of unlisted sockets of each holder, with its unit and
// container.
func (x *examiner) counted(ctx context.Context, h *engine.Host, holders []*procfs.Unlisted) error {
	owners, err := homes(ctx, h, holders, func(u *procfs.Unlisted) procfs.Process { return u.Process })
	if err != nil {
		return err
	}
	for i, u := range holders {
		if n := u.Count(); n >= diagnose.UnlistedLeast {
			space := x.spaceOf(u.Netns)
			space.Unlisted = append(space.Unlisted, diagnose.Unlisted{Owner: owners[i], Sockets: n, Limit: u.Limit})
		}
	}
	return nil
}

// spaceOf returns the space of a network namespace; nil if it was not read.
func (x *examiner) spaceOf(netns uint64) *diagnose.Space {
	for _, space := range x.machine.Spaces {
		if space.Netns != nil && space.Netns.Inode == netns {
			return space
		}
	}
	return nil
}
