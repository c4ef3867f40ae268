// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// withRights runs do on a thread with exactly these capabilities, which ends
// afterwards.
func withRights(t *testing.T, do func(), capabilities ...uint) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var caps [2]unix.CapUserData
		for _, c := range capabilities {
			caps[c/32].Effective |= 1 << (c % 32)
			caps[c/32].Permitted |= 1 << (c % 32)
		}
		err := unix.Capset(&header, &caps[0])
		if err == nil {
			do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal("capset: ", err)
	}
}

// TestRights: the two capabilities suffice for loading and for the self-check, and
// each missing one is named.
func TestRights(t *testing.T) {
	open(t) // skips the test if nothing is allowed
	q := Query{By: key(socket.FieldState)}
	prepare := func() error {
		w, err := Open()
		if err != nil {
			return err
		}
		defer w.Close()
		return w.Prepare(q)
	}
	for _, tt := range []struct {
		has  []uint
		need []string
	}{
		{[]uint{unix.CAP_BPF, unix.CAP_PERFMON}, nil},
		{[]uint{unix.CAP_BPF}, []string{"CAP_PERFMON"}},
		{[]uint{unix.CAP_PERFMON}, []string{"CAP_BPF"}},
		{nil, []string{"CAP_BPF", "CAP_PERFMON"}},
	} {
		var err error
		withRights(t, func() { err = prepare() }, tt.has...)
		var denied *problem.PermissionError
		switch {
		case tt.need == nil && err != nil:
			t.Errorf("with capabilities %v: %v", tt.has, err)
		case tt.need != nil && (!errors.As(err, &denied) || !slices.Equal(denied.Need, tt.need)):
			t.Errorf("with capabilities %v: %v, want one that names %v", tt.has, err, tt.need)
		}
	}
}
