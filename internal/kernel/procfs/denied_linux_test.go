// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestWhyDenied: a user who lacks one of the two rights gets a message that names
// both; only a user with both is told that something else refuses.
func TestWhyDenied(t *testing.T) {
	const ptrace, search, override = 1 << unix.CAP_SYS_PTRACE, 1 << unix.CAP_DAC_READ_SEARCH, 1 << unix.CAP_DAC_OVERRIDE
	for caps, want := range map[uint64]problem.Code{
		0:                 problem.ProcessesDenied,
		ptrace:            problem.ProcessesDenied,
		search | override: problem.ProcessesDenied,
		ptrace | search:   problem.ProcessesRefused,
		ptrace | override: problem.ProcessesRefused,
	} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "self"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "self/status"), fmt.Appendf(nil, "Name:\tx\nCapEff:\t%016x\nCapBnd:\t0\n", caps), 0o644); err != nil {
			t.Fatal(err)
		}
		s := &scan{tree: At(root), procs: make([]Process, 2)}
		s.denied.Store(1)
		if gaps := s.gaps(); len(gaps) != 1 || gaps[0].Code != want {
			t.Errorf("with %x: %v, want %s", caps, gaps, want)
		}
	}
}
