// SPDX-License-Identifier: Apache-2.0

package apart

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// roomVariable tells the test program to open a room, and to say whether the process
// is where it was.
const roomVariable = "APART_TEST_ROOM"

func TestMain(m *testing.M) {
	if os.Getenv(roomVariable) != "" {
		if err := stays(); err != nil {
			panic(err)
		}
		return
	}
	testnet.Main(m)
}

// stays fails when the process is in another namespace while a room is open, or
// after it.
func stays() error {
	before, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return err
	}
	r, err := New()
	if err != nil {
		return err
	}
	during, err := os.Readlink("/proc/self/ns/net")
	r.Close()
	after, again := os.Readlink("/proc/self/ns/net")
	if err := errors.Join(err, again); err != nil {
		return err
	}
	if during != before || after != before {
		return fmt.Errorf("the process is in %s, with a room in %s, afterwards in %s", before, during, after)
	}
	return nil
}

// TestFirstThread: a room is on another thread than the first, by which /proc says
// where the process is. With one processor it is the first that is free.
func TestFirstThread(t *testing.T) {
	testnet.Require(t, testnet.Netns)
	for range 5 {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{roomVariable + "=1", "GOMAXPROCS=1"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%.300s", err, out)
		}
	}
}
