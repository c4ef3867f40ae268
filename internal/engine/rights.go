// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/rights"

// GiveUpRights gives up what this process may do and a host does not need any
// more that has answered once, for good and for all of its threads. What stays:
// to walk the tables with the programs that are loaded, to see whose sockets are,
// to be told marks; and to enter other network namespaces where such are asked
// for. It matches [errors.ErrUnsupported] in a program that is linked with C, and
// elsewhere than on Linux.
func (h *Host) GiveUpRights() error {
	keep := []rights.Right{rights.DACReadSearch, rights.NetAdmin, rights.SysPtrace, rights.PerfMon, rights.BPF}
	if !h.scope.Self() {
		keep = append(keep, rights.SysAdmin)
	}
	return rights.GiveUp(keep...)
}
