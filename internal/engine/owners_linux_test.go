// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestOwnersAreThoseOfNow: a host that stays open names the present owner of a socket:
// not the owner at the last question, even if that process still runs, and not a
// process that got its pid.
func TestOwnersAreThoseOfNow(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	var fd int
	var err error
	ns.Do(func() {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
			err = unix.Listen(fd, 1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	h := opened(t, engine.Options{Netns: ns.Path(), Stays: true})
	self := uint32(os.Getpid())
	if got := holder(t, h); got != self {
		t.Fatalf("held by %d, want %d", got, self)
	}
	file := os.NewFile(uintptr(fd), "listener")
	cmd := exec.Command("cat") // has the socket as descriptor 3 until its input ends
	cmd.ExtraFiles = []*os.File{file}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = file.Close() // from here on only the child has it
	for range 3 {
		if got := holder(t, h); got != uint32(cmd.Process.Pid) {
			t.Errorf("handed over to %d, still said to be held by %d", cmd.Process.Pid, got)
		}
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := holder(t, h); got != 0 {
		t.Errorf("closed, and said to be held by %d", got)
	}
}

// holder is the process that has the only listener open, 0 for none.
func holder(t *testing.T, h *engine.Host) (pid uint32) {
	t.Helper()
	r, err := each(t.Context(), h, engine.Scan{Fields: socket.FieldsOf(socket.FieldProcess, socket.FieldPID)}, func(s *socket.Socket) bool {
		if s.Owner != nil && s.Owner.Process != nil {
			pid = s.Owner.Process.PID
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Gaps {
		if strings.Contains(g.Reason, "/proc") {
			t.Log(g)
		}
	}
	return pid
}

// BenchmarkOwners alternates rows with owners, asked of a host that stays open, and
// rows without. with/without is the median of the pairs, in processor time and in real
// time. It reads the sockets of the machine.
func BenchmarkOwners(b *testing.B) {
	h := opened(b, engine.Options{Stays: true})
	ask := func(fields socket.FieldSet) func() {
		return func() {
			if _, err := each(b.Context(), h, engine.Scan{Fields: fields}, func(*socket.Socket) bool { return true }); err != nil {
				b.Fatal(err)
			}
		}
	}
	with, without := ask(socket.FieldsOf(socket.FieldProcess)), ask(socket.FieldsOf(socket.FieldState, socket.FieldInode))
	with()
	var ratios, worked, once, again []float64
	for b.Loop() {
		var a, z float64
		more := workOf(func() { a = timeOf(with) })
		less := workOf(func() { z = timeOf(without) })
		ratios, again, once = append(ratios, a/z), append(again, a), append(once, z)
		worked = append(worked, more/less)
	}
	for _, all := range [][]float64{ratios, worked, once, again} {
		slices.Sort(all)
	}
	middle := len(ratios) / 2
	b.ReportMetric(worked[middle], "with/without-CPU")
	b.ReportMetric(ratios[middle], "with/without")
	b.ReportMetric(again[middle]*1e3, "ms-with")
	b.ReportMetric(once[middle]*1e3, "ms-without")
	b.ReportMetric(0, "ns/op")
}

// workOf is the processor time, in seconds, that this process uses for a function.
func workOf(do func()) float64 {
	used := func() (ns int64) {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			return 0
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	do()
	return float64(used()-before) / 1e9
}
