// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// killedVariable tells the test program to open and close tracers until it is
// killed.
const killedVariable = "TRACER_TEST_KILLED"

// openForEver opens tracers with all that can be asked for, one after the other.
func openForEver() error {
	for {
		tr, err := Open(Options{Owners: true, Ends: true, Events: true, KeepClosers: true, Stays: true, Resets: true, Cost: true})
		if err != nil {
			return err
		}
		time.Sleep(30 * time.Millisecond)
		if err := tr.Close(); err != nil {
			return err
		}
	}
}

// TestKilled: who traces and is killed at any moment leaves no program, map or link
// in the kernel.
func TestKilled(t *testing.T) {
	const trials = 30
	opened(t, Options{})
	kinds := map[string]int{}
	for range trials {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{killedVariable + "=1"}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(400 * time.Millisecond))))
		err := cmd.Process.Signal(unix.SIGSTOP) // what it has then is what it has when it is killed
		had, _ := testnet.Objects(strconv.Itoa(cmd.Process.Pid))
		if killed := cmd.Process.Kill(); err != nil || killed != nil {
			t.Fatal(err, killed)
		}
		_ = cmd.Wait() // killed
		for _, o := range had {
			kinds[o.Kind]++
		}
		testnet.Gone(t, had)
	}
	t.Logf("%d were killed, with %v", trials, kinds)
	if kinds["map_id"] == 0 || kinds["prog_id"] == 0 || kinds["link_id"] == 0 {
		t.Error("nothing was there to be left behind")
	}
}
