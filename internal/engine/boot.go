// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"

// boot returns the name that the kernel gave to the present boot of this host, as
// [snapshot.Machine] keeps it; "" if that is not known.
func (h *Host) boot() string { return h.parameter("kernel.random.boot_id") }

// parameter returns a kernel parameter of the host's proc tree; "" if that is not
// known.
func (h *Host) parameter(name string) string {
	value, err := sysctl.ReadIn(h.proc, name)
	if err != nil {
		return ""
	}
	return value
}
