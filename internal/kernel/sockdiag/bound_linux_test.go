// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestShowsBound is what a bound socket in a namespace of its own shows.
func TestShowsBound(t *testing.T) {
	shows, err := ShowsBound()
	if err != nil {
		t.Skipf("this kernel does not tell: %v", err)
	}
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
			t.Fatal(err)
		}
		conn, err := Open()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		seen := 0
		err = conn.Dump(context.Background(), Request{States: tcp.SetOf(tcp.Bound)}, func(Message) bool { seen++; return true })
		if err != nil || (seen == 1) != shows {
			t.Errorf("%d seen, %v; told %v", seen, err, shows)
		}
	})
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err == nil {
		if byTypes, err := showsBound("2.6.60", "/sys/kernel/btf/vmlinux"); err != nil || byTypes != shows {
			t.Errorf("the types say %v, %v; the release %v", byTypes, err, shows)
		}
	}
}

func TestShowsBoundByRelease(t *testing.T) {
	types := filepath.Join(t.TempDir(), "types")
	if err := os.WriteFile(types, []byte("\x00TCP_CLOSE\x00BPF_TCP_BOUND_INACTIVE\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		release, types string
		shows, fails   bool
	}{
		{"6.8.0-45-generic", "", true, false},
		{"6.18.44", "", true, false},
		{"7.0", "", true, false},
		{"6.7.12", os.DevNull, false, false},
		{"5.14.0-503.el9", types, true, false},
		{"6.1.0", types + ".none", false, true},
		{"", os.DevNull, false, false},
	} {
		shows, err := showsBound(c.release, c.types)
		if shows != c.shows || (err != nil) != c.fails {
			t.Errorf("%q: %v, %v", c.release, shows, err)
		}
	}
}
