// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestRequired(t *testing.T) {
	tests := []struct {
		list  string
		right Right
		want  bool
	}{
		{"", Root, false},
		{"root", Root, true},
		{"root,netns", Netns, true},
		{"root, bpf ", BPF, true},
		{"rootless", Root, false},
	}
	for _, tt := range tests {
		if got := required(tt.list, tt.right); got != tt.want {
			t.Errorf("required(%q, %s) = %v, want %v", tt.list, tt.right, got, tt.want)
		}
	}
}

// A recorder is a testing.TB that records how a test would have ended. Like the real
// one, Fatalf and Skipf end the goroutine.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()               {}
func (r *recorder) Fatalf(string, ...any) { r.ended = "failed"; runtime.Goexit() }
func (r *recorder) Skipf(string, ...any)  { r.ended = "skipped"; runtime.Goexit() }
func (r *recorder) run(fn func()) string {
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	<-done
	return r.ended
}

func TestSkipIsAFailureWhereTheRightIsRequired(t *testing.T) {
	for list, want := range map[string]string{"": "skipped", "root": "skipped", "root,bpf": "failed"} {
		t.Setenv("CI_REQUIRE", list)
		r := &recorder{TB: t}
		if got := r.run(func() { Skip(r, BPF, "no BTF") }); got != want {
			t.Errorf("CI_REQUIRE=%q: %s, want %s", list, got, want)
		}
	}
}

func TestUnknownRightIsNeverThere(t *testing.T) {
	if err := available("wings"); err == nil {
		t.Error("available(wings) = nil, want a reason")
	}
}

func TestLeaks(t *testing.T) {
	before := takeInventory()
	stop := make(chan struct{})
	go func() { <-stop }()
	file, err := os.Open("leak.go")
	if err != nil {
		t.Fatal(err)
	}
	leaks := strings.Join(before.leaks(20*time.Millisecond), "\n")
	if !strings.Contains(leaks, "TestLeaks") {
		t.Errorf("the goroutine was not found in:\n%s", leaks)
	}
	if runtime.GOOS == "linux" && !strings.Contains(leaks, "leak.go") {
		t.Errorf("the open file was not found in:\n%s", leaks)
	}
	close(stop)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if left := before.leaks(leakPatience); len(left) > 0 {
		t.Errorf("still there after both ended:\n%s", strings.Join(left, "\n"))
	}
}
