// SPDX-License-Identifier: Apache-2.0

package engine

import "github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"

// Boot returns the name that the kernel gave to the present boot of this host,
// as [snapshot.Machine] keeps it. Sockets' cookies mean the same within one boot.
func Boot() (string, error) { return sysctl.Read("kernel.random.boot_id") }
