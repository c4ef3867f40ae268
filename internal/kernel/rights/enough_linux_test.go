// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestEnoughThenGiveUp: what was tried with less leaves no thread behind that may
// less when all of them give up their rights.
func TestEnoughThenGiveUp(t *testing.T) {
	testnet.Require(t, testnet.Root)
	const child = "RIGHTS_TEST_CHILD"
	if os.Getenv(child) != "" {
		if !Enough(func() error { return nil }, unix.CAP_DAC_READ_SEARCH) || Enough(func() error { return errors.New("no") }) {
			t.Fatal("what is enough is told otherwise")
		}
		if err := GiveUp(unix.CAP_DAC_READ_SEARCH); err != nil {
			t.Fatal(err)
		}
		return
	}
	program := withoutC(t)
	for range 40 {
		cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestEnoughThenGiveUp$")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// withoutC is this test in a program that is not linked with C, in which nothing can
// be given up: itself, in a guest.
func withoutC(t *testing.T) string {
	t.Helper()
	if testnet.WithoutC() {
		return os.Args[0]
	}
	program := filepath.Join(t.TempDir(), "test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}
