// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A Right is something that a test requires of the machine.
type Right string

// The rights, as written in CI_REQUIRE.
const (
	Root  Right = "root"  // the effective user is root
	Netns Right = "netns" // network namespaces can be made
	BPF   Right = "bpf"   // CAP_BPF, and the kernel's types in /sys/kernel/btf/vmlinux

	UserNS Right = "userns" // the kernel has user namespaces

	// Features that a kernel may lack, or whose module is not installed. Only the test
	// itself can find out: see [Skip].
	KTLS Right = "ktls" // TCP_ULP tls with AES-GCM
	NFS  Right = "nfs"  // NFS client and server

	// Tools are the usual programs of Linux that a test runs, such as ip, ss, nft and
	// promtool, and what they need of the kernel. Only the test itself knows which ones
	// it needs: see [Skip].
	Tools Right = "tools"

	// Packagers are the programs that make, check and install packages: Debian's, and
	// modules that must be downloaded. Only the test itself knows which ones it needs:
	// see [Skip].
	Packagers Right = "packagers"
)

// Require skips the test if the machine lacks the right, and says why. If the
// environment's CI_REQUIRE names the right ("root,netns"), the test fails instead:
// that machine should have the right, and a test that never runs proves nothing.
func Require(t testing.TB, right Right) {
	t.Helper()
	if err := available(right); err != nil {
		Skip(t, right, err.Error())
	}
}

// Skip skips the test because of a missing right, or fails it if CI_REQUIRE names the
// right. It is for rights that only the test itself can check.
func Skip(t testing.TB, right Right, reason string) {
	t.Helper()
	if required(os.Getenv("CI_REQUIRE"), right) {
		t.Fatalf("CI_REQUIRE names %s, but: %s", right, reason)
	}
	t.Skipf("needs %s: %s", right, reason)
}

// required reports whether a list such as "root, netns" names the right.
func required(list string, right Right) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(name string) bool {
		return strings.TrimSpace(name) == string(right)
	})
}
