// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// opened opens a host and closes it when the test ends.
func opened(t testing.TB, o engine.Options) *engine.Host {
	t.Helper()
	h, err := engine.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}
