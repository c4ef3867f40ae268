// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseOpenLimit(t *testing.T) {
	const head = "Limit                     Soft Limit           Hard Limit           Units     \n"
	for text, want := range map[string]uint64{
		head + "Max open files            1024                 524288               files     \nMax locked memory         unlimited\n": 1024,
		head + "Max open files            unlimited            unlimited            files     \n":                                      0,
		head: 0,
	} {
		if got, ok := parseOpenLimit([]byte(text)); got != want || ok != (want > 0) {
			t.Errorf("%q: %d %v, want %d", text, got, ok, want)
		}
	}
}

// TestNearLimit: a process is found whose limit of files equals the number of its open
// files.
func TestNearLimit(t *testing.T) {
	for range 20 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
	}
	find := func() (d Descriptors, found bool) {
		all, known, err := Own().NearLimit(t.Context(), 0.9)
		if err != nil {
			t.Fatal(err)
		}
		if !known {
			t.Skip("this kernel does not tell how many files a process has open (Linux 6.2 does)")
		}
		for _, d := range all {
			if int(d.Process.PID) == os.Getpid() {
				return d, true
			}
		}
		return Descriptors{}, false
	}
	if d, found := find(); found {
		t.Fatalf("near its limit: %+v", d)
	}
	stat, err := os.Stat("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: uint64(stat.Size()) + 2, Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	d, found := find()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if !found || d.Limit != low.Cur || d.Open < 20 || d.Netns == 0 || d.Process.Start == 0 {
		t.Errorf("found %v: %+v, limit %d", found, d, low.Cur)
	}
}

// TestNumbersBeyondLimit: a descriptor opened before the limit was lowered does not
// count against the new limit.
func TestNumbersBeyondLimit(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	const limit = 300
	if old.Cur <= limit+1 {
		t.Skipf("no number beyond %d is to be had here", limit)
	}
	fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, limit+1)
	if err != nil {
		t.Fatal(err)
	}
	before := numberedFrom("/proc/self", limit+1)
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}
	if after := numberedFrom("/proc/self", limit+1); before != after+1 {
		t.Errorf("%d with one beyond %d, %d without", before, limit, after)
	}
}
