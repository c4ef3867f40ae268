// SPDX-License-Identifier: Apache-2.0

package mixture

import (
	"errors"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestMakeAfterAPause: if the process does not run for two seconds, the kernel sends
// more SYNs again than a device queues by default. Make still succeeds for a socket
// whose last step is an ACK, which is never sent again.
func TestMakeAfterAPause(t *testing.T) {
	lab, err := testbed.Open(testbed.Options{})
	if _, denied := errors.AsType[*problem.PermissionError](err); denied {
		testnet.Skip(t, testnet.Root, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	err = lab.Run(socket.IPv4, func(b *testbed.Testbed) error {
		m := &maker{b: b}
		if err := m.all(Counts{tcp.SynSent: 700}); err != nil {
			return err
		}
		time.Sleep(2200 * time.Millisecond)
		return m.all(Counts{tcp.Closing: 1})
	})
	if err != nil {
		t.Error(err)
	}
}
