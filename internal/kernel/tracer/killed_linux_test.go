// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bufio"
	"fmt"
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

// openForEver opens tracers with all options, one after the other, and reports when
// each is closed.
func openForEver() error {
	for {
		began := time.Now()
		tr, err := Open(Options{Owners: true, Ends: true, Events: true, KeepClosers: true, Stays: true, Resets: true, Cost: true})
		if err != nil {
			return err
		}
		time.Sleep(time.Since(began)) // so that the kill is as likely while it is open as while it opens
		if err := tr.Close(); err != nil {
			return err
		}
		fmt.Println("closed")
	}
}

// traceForEver starts a process that does so.
func traceForEver(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{killedVariable + "=1"}
	cmd.Stderr = os.Stderr
	return cmd
}

// firstTrace is how long a process takes until it has closed its first tracer; ten
// times as long on an emulated processor.
func firstTrace(t *testing.T) time.Duration {
	t.Helper()
	cmd := traceForEver(t)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	took := time.Since(began)
	if killed := cmd.Process.Kill(); err != nil || killed != nil {
		t.Fatal(err, killed)
	}
	_ = cmd.Wait() // killed
	return took
}

// TestKilled: a tracing process that is killed at any moment leaves no program, map or
// link in the kernel.
func TestKilled(t *testing.T) {
	trials := 30
	if testing.Short() {
		trials = 4
	}
	opened(t, Options{})
	kinds, within := map[string]int{}, 2*firstTrace(t)
	for range trials {
		cmd := traceForEver(t)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(within))))
		err := cmd.Process.Signal(unix.SIGSTOP) // so that what it holds now is what it holds when killed
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
