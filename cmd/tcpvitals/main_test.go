// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// asProgram makes the test binary a tcpvitals.
const asProgram = "TCPVITALS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testnet.Main(m)
}

// TestInterrupted: Ctrl-C ends a command with a message and the exit code 130,
// and before it is watched for, with the signal itself, for which shells show
// 130 too. It never goes unheard.
func TestInterrupted(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, unwatched, 2 * time.Second} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "queues", "--window", "1m")
		cmd.Env = append(os.Environ(), asProgram+"=1")
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		exit, _ := errors.AsType[*exec.ExitError](err)
		if exit == nil {
			t.Fatalf("after %v: %v", after, err)
		}
		status := exit.Sys().(syscall.WaitStatus) //nolint:forcetypeassert // it is, on Linux
		byUs := status.ExitStatus() == 130 && said.String() == "tcpvitals: interrupted\n"
		byKernel := status.Signaled() && status.Signal() == syscall.SIGINT && said.Len() == 0
		if !byUs && (!byKernel || after == 2*time.Second) {
			t.Errorf("after %v: %v; %q", after, err, said.String())
		}
	}
}
