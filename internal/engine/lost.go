// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"slices"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// lost adds a gap for each namespace that could not be read because no path leads to
// it. A namespace lives as long as a socket is in it, even if no process, mount or
// descriptor refers to it. The kernel's own list tells that it exists, and a walk
// tells whether it has TCP sockets. A namespace without sockets is about to be ended
// by the kernel and is not reported.
func (s *scanner) lost(read []*netns.Namespace) error {
	if !s.host.scope.All() || s.stopped {
		return nil
	}
	held, known := s.heldUnseen(read)
	for _, inode := range slices.Sorted(maps.Keys(s.vanished)) {
		g := s.vanished[inode].Gap(errNothingLeads)
		g.Structural = known && held[inode] == 0
		if held[inode] == 0 {
			s.report.Gaps = append(s.report.Gaps, g)
		}
	}
	if len(held) == 0 {
		return nil
	}
	err := s.reread(func(inode uint64) bool { // created during the scan
		if held[inode] == 0 {
			return false
		}
		delete(held, inode)
		return true
	})
	if err != nil {
		return err
	}
	for _, inode := range slices.Sorted(maps.Keys(held)) {
		s.report.Unread++
		s.report.Gaps = append(s.report.Gaps, problem.Unread("network namespace "+strconv.FormatUint(inode, 10), problem.NetnsHeld, inode, held[inode]))
	}
	return nil
}

var errNothingLeads = problem.New("it cannot be reached any more: it has ended, or only sockets keep it alive", "已无路径可达：它已结束，或只有套接字还占着它")

// heldUnseen counts the sockets of namespaces that were not found, by inode. known
// is false where the kernel cannot be asked.
func (s *scanner) heldUnseen(read []*netns.Namespace) (held map[uint64]uint64, known bool) {
	now, known := s.host.countSpaces()
	if !known || s.listed <= len(read) && now == len(read) && len(s.vanished) == 0 {
		return nil, known
	}
	walker, err := s.host.walk()
	if err != nil {
		return nil, false
	}
	result, err := walker.Walk(s.ctx, tableQuery(len(read)))
	if err != nil {
		return nil, false
	}
	seen := make(map[uint64]bool, len(read))
	for _, ns := range read {
		_, gone := s.vanished[ns.Inode]
		seen[ns.Inode] = !gone
	}
	held = map[uint64]uint64{}
	for i := range result.Rows {
		if row := &result.Rows[i]; row.Socket.Netns != nil && !seen[row.Socket.Netns.Inode] {
			held[row.Socket.Netns.Inode] += row.Sockets
		}
	}
	return held, true
}

// countSpaces returns how many network namespaces the kernel has, by its own
// list; known is false where it cannot be asked.
func (h *Host) countSpaces() (n int, known bool) {
	if netns.OnlyFirst() {
		return 1, true
	}
	if h.mayWalk() != nil {
		return 0, false
	}
	walker, err := h.walk()
	if err != nil {
		return 0, false
	}
	n, err = walker.Namespaces()
	return n, err == nil
}
