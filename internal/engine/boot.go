// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"

// bootHere returns the name that the kernel gave to the present boot of this
// host, as [snapshot.Machine] keeps it; "" is not known.
func bootHere() string {
	boot, err := sysctl.Read("kernel.random.boot_id")
	if err != nil {
		return ""
	}
	return boot
}
