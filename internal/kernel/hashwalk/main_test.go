// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }
