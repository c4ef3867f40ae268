// SPDX-License-Identifier: Apache-2.0

package sysctl_test

import (
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestWrite(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_reserved_ports", "8080")
	for _, test := range []struct{ name, value, want string }{
		{"net.core.somaxconn", "77", "77"},
		{"net.ipv4.ip_local_port_range", "20000 30001", "20000\t30001"},
		{"net.ipv4.ip_local_reserved_ports", "", ""},
	} {
		ns.Do(func() {
			if err := sysctl.Write(rawfile.System{}, test.name, test.value); err != nil {
				t.Error(err)
			}
		})
		if got := ns.Sysctl(test.name); got != test.want {
			t.Errorf("%s is %q, want %q", test.name, got, test.want)
		}
	}
}

func TestWriteRefused(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	for _, test := range []struct {
		name, value string
		want        error
	}{
		{"net.ipv4.tcp_tw_reuse", "3", unix.EINVAL},
		{"net.ipv4.ip_local_port_range", "30000 20000", unix.EINVAL},
		{"net.ipv4.tcp_tw_recycle", "1", fs.ErrNotExist},
		{"net.ipv4.tcp_mem", "1 2 3", fs.ErrNotExist}, // the initial namespace has it
	} {
		ns.Do(func() {
			if err := sysctl.Write(rawfile.System{}, test.name, test.value); !errors.Is(err, test.want) {
				t.Errorf("%s=%s: %v, want %v", test.name, test.value, err, test.want)
			}
		})
	}
}

// other answers every read with another value.
type other struct{ rawfile.System }

func (other) Read(int, []byte) (int, error) { return 0, nil }

func TestWriteMismatch(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		err := sysctl.Write(other{}, "net.core.somaxconn", "99")
		if mismatch, ok := errors.AsType[*sysctl.MismatchError](err); !ok || mismatch.Want != "99" || mismatch.Got != "" {
			t.Errorf("%v", err)
		}
	})
}

func TestWritable(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		if err := sysctl.Writable(rawfile.System{}, "net.core.somaxconn"); err != nil {
			t.Error(err)
		}
		if err := sysctl.Writable(rawfile.System{}, "net.ipv4.tcp_mem"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("tcp_mem: %v", err)
		}
	})
}

func TestValid(t *testing.T) {
	for name, want := range map[string]bool{
		"net.core.somaxconn": true, "net.ipv4.conf.eth0/7.forwarding": true, "fs.file-max": true,
		"": false, "net": true, "net..x": false, ".net": false, "net.//.x": false, "net.ipv4.*": false, "/etc/passwd": false, "a b": false, "net.ipv4.//.//.//.etc": false,
	} {
		if got := sysctl.Valid(name); got != want {
			t.Errorf("Valid(%q) = %v", name, got)
		}
	}
}
