// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/rights"

// GiveUpRights drops the capabilities that a host does not need any more once it
// has answered, for good and for all threads of the process. It keeps those for
// walking the tables, finding owners and reading the marks of sockets, and, where the
// scope has other network namespaces, for entering them. The error matches
// [errors.ErrUnsupported] in a program that is linked with C, and elsewhere than on
// Linux.
func (h *Host) GiveUpRights() error {
	keep := []rights.Right{rights.DACReadSearch, rights.NetAdmin, rights.SysPtrace, rights.PerfMon, rights.BPF}
	if !h.scope.Self() {
		keep = append(keep, rights.SysAdmin)
	}
	return rights.GiveUp(keep...)
}
