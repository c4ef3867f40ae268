// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestMain lets the test binary act as the program that is killed, and as its guard.
// The product does not use this environment.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 2 && os.Args[1] == guardCommand:
		err = guardChild(os.Args[2:])
	case os.Getenv(envRole) == roleSession:
		err = session()
	case os.Getenv(envRole) == roleRights:
		err = rights()
	case os.Getenv(envRole) != "":
		err = child()
	default:
		testnet.Main(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
