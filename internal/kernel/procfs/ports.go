// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"fmt"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// LocalPortRange returns net.ipv4.ip_local_port_range of the namespace of the
// calling thread, both ends included: the ports that the kernel chooses from.
func (f FS) LocalPortRange() (ports [2]uint16, err error) {
	text, err := os.ReadFile(f.Path("sys/net/ipv4/ip_local_port_range"))
	if err != nil {
		return ports, fmt.Errorf("procfs: %w", err)
	}
	if _, err := fmt.Sscan(string(text), &ports[0], &ports[1]); err != nil {
		return [2]uint16{}, problem.Errorf("procfs: ip_local_port_range %q: %w", "procfs：ip_local_port_range %q：%w", text, err)
	}
	return ports, nil
}
