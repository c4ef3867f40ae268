// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	_ "embed"
	"errors"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

//go:embed testdata/trap.o
var trap []byte

// TestTrap: a program that keeps its place on the stack loads and runs on every
// kernel. On Linux before 6.7 it does not follow a chain, and the self-check
// must notice: this is what it is for. Later kernels verify the body of a loop
// for every turn (commit ab5cfac139ab), and then the same program is right; so
// it passes there if and only if it counts what the real one counts.
func TestTrap(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	v, err := load(trap, Query{}, 1, false)
	if err != nil {
		t.Fatal("it is to load everywhere, that is the trap: ", err)
	}
	defer v.close() //nolint:errcheck // never fails
	checked := v.selfCheck()
	if checked != nil && !errors.Is(checked, ErrSelfCheck) {
		t.Fatal(checked)
	}
	right := followsChain(t, v)
	t.Logf("follows a chain: %v; self-check: %v", right, checked)
	if right != (checked == nil) {
		t.Errorf("the program follows a chain: %v, but the self-check says %v", right, checked)
	}
}

// followsChain reports whether the program sees sockets that share a slot.
func followsChain(t *testing.T, v *variant) bool {
	t.Helper()
	_, all, err := v.tables()
	if err != nil {
		t.Fatal(err)
	}
	whole := span{which: listeners, to: all[0].lhash2Mask + 1, step: 1}
	for { // until no other process of the machine opened or closed a listener meanwhile
		before, errBefore := v.sum(whole)
		fds, err := listenTogether(2)
		if err != nil {
			t.Fatal(err)
		}
		with, errWith := v.sum(whole)
		closeAll(fds)
		without, errWithout := v.sum(whole)
		if err := errors.Join(errBefore, errWith, errWithout); err != nil {
			t.Log(err)
			return false
		}
		if before.seen == without.seen {
			return with.seen == without.seen+2
		}
	}
}
