// SPDX-License-Identifier: Apache-2.0

package sysctl_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestNamespace: the value is that of the namespace of the calling thread.
func TestNamespace(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "77")
	ns.Do(func() {
		if n, err := sysctl.Uint("net.core.somaxconn"); n != 77 || err != nil {
			t.Errorf("somaxconn inside: %d, %v; set to 77", n, err)
		}
		if text, err := sysctl.Read("net.ipv4.ip_local_port_range"); text == "" || err != nil {
			t.Errorf("port range: %q, %v", text, err)
		}
	})
	if n, err := sysctl.Uint("net.core.somaxconn"); n == 77 || err != nil {
		t.Errorf("somaxconn outside: %d, %v", n, err)
	}
}

func TestErrors(t *testing.T) {
	if _, err := sysctl.Read("net.core.no_such_parameter"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a parameter that does not exist: %v", err)
	}
	if _, err := sysctl.Uint("net.ipv4.tcp_congestion_control"); err == nil {
		t.Error("a word was read as a number")
	}
}

// TestName: dots and slashes change places both ways.
func TestName(t *testing.T) {
	for _, name := range []string{"net.ipv4.tcp_mem", "net.ipv4.conf.eth0/7.forwarding"} {
		if got, ok := sysctl.Name(sysctl.File(name)); got != name || !ok {
			t.Errorf("%s comes back as %s, %v", name, got, ok)
		}
	}
	if name, ok := sysctl.Name("/proc/net/netstat"); ok {
		t.Errorf("/proc/net/netstat is taken for the parameter %s", name)
	}
}
