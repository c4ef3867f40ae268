// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A Right is something a test needs of the machine.
type Right string

// The rights, as they are written in CI_REQUIRE.
const (
	Root  Right = "root"  // the effective user is root
	Netns Right = "netns" // network namespaces can be made
	BPF   Right = "bpf"   // CAP_BPF, and the kernel's types in /sys/kernel/btf/vmlinux

	// What a kernel may have been built without, or its module not be there. Only a
	// test knows: see [Skip].
	UserNS Right = "userns" // user namespaces
	KTLS   Right = "ktls"   // TCP_ULP tls with AES-GCM
	NFS    Right = "nfs"    // client and server

	// Packagers are what make, check and install packages: programs of Debian's
	// and modules that are downloaded. Only a test knows which it needs: see [Skip].
	Packagers Right = "packagers"
)

// Require skips the test when the machine lacks the right, saying why. Where
// the environment's CI_REQUIRE names the right ("root,netns"), it fails
// instead: a machine that should have it and does not is a broken machine, and
// tests that nobody runs prove nothing.
func Require(t testing.TB, right Right) {
	t.Helper()
	if err := available(right); err != nil {
		Skip(t, right, err.Error())
	}
}

// Skip skips the test for want of a right, or fails it where CI_REQUIRE names
// the right. It is for what only the test itself can find out.
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
