// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// here returns the network namespace of the calling thread.
func here(t *testing.T) string {
	t.Helper()
	name, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestNamespaceIsFreshAndLoopbackUp(t *testing.T) {
	outside := here(t)
	ns := New(t, Options{})
	if now := here(t); now != outside {
		t.Errorf("New moved the test from %s to %s", outside, now)
	}
	ns.Do(func() {
		if inside, want := here(t), fmt.Sprintf("net:[%d]", ns.Inode()); inside != want || inside == outside {
			t.Errorf("Do ran in %s, want %s, not %s", inside, want, outside)
		}
		for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
			if err := greet(address); err != nil {
				t.Errorf("through lo at %s: %v", address, err)
			}
		}
	})
	if now := here(t); now != outside {
		t.Errorf("Do moved the test from %s to %s", outside, now)
	}
}

// greet makes a connection to a listener of its own.
func greet(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	return conn.Close()
}

func TestCommandSeesTheSocketsOfItsNamespaceOnly(t *testing.T) {
	ns := New(t, Options{})
	var listener net.Listener
	ns.Do(func() {
		var err error
		if listener, err = net.Listen("tcp4", "127.0.0.1:7777"); err != nil {
			t.Fatal(err)
		}
	})
	defer func() { _ = listener.Close() }()
	out, err := ns.Command("cat", "/proc/self/net/tcp").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], "0100007F:1E61") {
		t.Errorf("the one socket 127.0.0.1:7777 should be listed:\n%s", out)
	}
}

func TestPathCanBeOpenedByOthers(t *testing.T) {
	ns := New(t, Options{})
	out, err := ns.Command("stat", "-L", "-c", "%i", ns.Path()).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != fmt.Sprint(ns.Inode()) {
		t.Errorf("stat %s: %s %v, want %d", ns.Path(), out, err, ns.Inode())
	}
}

func TestSysctlStaysInside(t *testing.T) {
	one, two := New(t, Options{}), New(t, Options{})
	before := two.Sysctl("net.ipv4.tcp_fin_timeout")
	one.SetSysctl("net.ipv4.tcp_fin_timeout", "7")
	if got := one.Sysctl("net.ipv4.tcp_fin_timeout"); got != "7" {
		t.Errorf("inside: %s, want 7", got)
	}
	if got := two.Sysctl("net.ipv4.tcp_fin_timeout"); got != before || got == "7" {
		t.Errorf("another namespace went from %s to %s", before, got)
	}
}

func TestSysctlOutsideNetIsRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("kernel.panic was let through")
		}
	}()
	sysctlPath("kernel.panic")
}

func TestPrivateHash(t *testing.T) {
	shared, private := New(t, Options{}), New(t, Options{PrivateHash: 512})
	if got := private.Sysctl("net.ipv4.tcp_ehash_entries"); got != "512" {
		t.Errorf("tcp_ehash_entries = %s, want 512", got)
	}
	if got := shared.Sysctl("net.ipv4.tcp_ehash_entries"); !strings.HasPrefix(got, "-") {
		t.Errorf("tcp_ehash_entries of a plain namespace = %s, want a negative number", got)
	}
}

func TestEnterLastsUntilTheTestEnds(t *testing.T) {
	outside := here(t)
	ns := New(t, Options{})
	t.Run("inside", func(t *testing.T) {
		(&NS{t: t, file: ns.file}).Enter()
		if inside := here(t); inside == outside {
			t.Errorf("still in %s", outside)
		}
	})
	if now := here(t); now != outside {
		t.Errorf("left in %s, came from %s", now, outside)
	}
}

func TestDoPassesOnHowItsFunctionEnded(t *testing.T) {
	ns := New(t, Options{})
	r := &recorder{TB: t}
	if got := r.run(func() { (&NS{t: r, file: ns.file}).Do(func() { r.Skipf("enough") }); r.ended = "went on" }); got != "skipped" {
		t.Errorf("a skip inside Do: the test %s", got)
	}
	defer func() {
		if got := recover(); got != "boom" {
			t.Errorf("recovered %v, want boom", got)
		}
	}()
	ns.Do(func() { panic("boom") })
}
