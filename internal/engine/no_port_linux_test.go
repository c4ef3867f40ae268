// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"net"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestCensusTakesNoPort: if no local port is left, a count is still complete, because
// counting needs none.
func TestCensusTakesNoPort(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "40000 40000")
	ns.Do(func() {
		listener, err := net.Listen("tcp4", "0.0.0.0:40000")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		c, err := engine.Census(context.Background(), opened(t, engine.Options{Engine: "sock_diag"}), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range c.Gaps {
			if !g.Structural { // kernels before Linux 6.8 do not show bound and idle sockets
				t.Errorf("%s: %s", g.Source, g.Reason)
			}
		}
		if c.Total() != 1 {
			t.Errorf("%d sockets", c.Total())
		}
	})
}
