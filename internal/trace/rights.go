// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"github.com/tcpvitals/tcpvitals/internal/kernel/rights"
)

// GiveUpRights drops the rights that the trace no longer needs, for good. It keeps
// the right to open a cgroup by its id, for the names of units; to write a file
// anywhere, if writing is true; to enter other network namespaces, if such are
// traced, for the kernel's counters; and CAP_BPF on kernels that require it for
// reading maps (before Linux 5.19, kernel/bpf/syscall.c).
func (t *Trace) GiveUpRights(writing bool) error {
	var keep []rights.Right
	if t.cgroups != nil {
		keep = append(keep, rights.DACReadSearch)
	}
	if writing {
		keep = append(keep, rights.DACOverride)
	}
	for _, ns := range t.found {
		if !ns.Self {
			keep = append(keep, rights.SysAdmin, rights.SysPtrace)
			break
		}
	}
	read := func() error {
		_, err := t.watcher.Balance()
		return err
	}
	if !rights.Enough(read, keep...) {
		keep = append(keep, rights.BPF)
	}
	return rights.GiveUp(keep...)
}
