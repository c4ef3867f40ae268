// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// nobodys starts a process of an unprivileged user in new user, mount and network
// namespaces. It runs a script there and waits. nobodys returns the network namespace.
func nobodys(t *testing.T, script string) (inode uint64) {
	t.Helper()
	testnet.Require(t, testnet.UserNS)
	cmd := exec.Command("unshare", "-Urnm", "sh", "-ec", script+"\necho done; exec sleep 600")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "done\n" {
		t.Skip("an unprivileged user may not make namespaces here")
	}
	inode, err = readLink("/proc/"+strconv.Itoa(cmd.Process.Pid)+"/ns/net", "net")
	if err != nil {
		t.Fatal(err)
	}
	return inode
}

// public is a directory in which every user may mount.
func public(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "netns-test-") // only root may enter t.TempDir
	if err == nil {
		err = os.Chmod(dir, 0o755) //nolint:gosec // see above
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	return dir
}

// TestNobodyNames: an unprivileged user mounts a namespace under any name, also in a
// /run/netns of his own, and puts it into a cgroup with the name of a container. The
// namespace is shown by its number, or by that name together with the user.
func TestNobodyNames(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("it takes root to see the processes of others")
	}
	for name, script := range map[string]string{
		"elsewhere": `mount -t tmpfs t DIR; mkdir DIR/netns; touch DIR/netns/atkweb; mount --bind /proc/self/ns/net DIR/netns/atkweb`,
		"run":       `mount -t tmpfs t /run; mkdir /run/netns; touch /run/netns/atkweb; mount --bind /proc/self/ns/net /run/netns/atkweb`,
		// Left behind by a process that has moved to another namespace.
		"left": `mount -t tmpfs t /run; mkdir /run/netns; touch /run/netns/atkweb; mount --bind /proc/self/ns/net /run/netns/atkweb; exec unshare -n sh -c "echo done; exec sleep 600"`,
	} {
		t.Run(name, func(t *testing.T) {
			inode := nobodys(t, strings.ReplaceAll(script, "DIR", public(t)))
			users := func(uid uint32) (string, bool) { return "mallory", uid == 65534 }
			all, _, err := Discover(t.Context(), Options{UserName: users})
			if err != nil {
				t.Fatal(err)
			}
			seen := false
			for _, n := range all {
				if n.Name == "atkweb" {
					t.Errorf("called so by nobody: %+v", n)
				}
				seen = seen || n.Inode == inode && n.Name == strconv.FormatUint(inode, 10)+"@mallory" && n.User == "mallory"
			}
			if !seen {
				t.Errorf("%d is not among %d namespaces", inode, len(all))
			}
			scope, err := ParseScope("atkweb")
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := Select(t.Context(), scope, Options{}); err == nil {
				t.Errorf("--netns atkweb is %+v", got)
			}
			called := Options{Label: func([]int32) (string, string) { return containerID[:12], containerID }, UserName: users}
			for text, found := range map[string]bool{containerID: false, containerID[:12]: false, containerID[:12] + "@mallory": true} {
				scope, err := ParseScope(text)
				if err != nil {
					t.Fatal(err)
				}
				got, _, err := Select(t.Context(), scope, called)
				is := func(n *Namespace) bool { return n.Inode == inode }
				if slices.ContainsFunc(got, is) != found {
					t.Errorf("--netns %s is %+v, %v", text, got, err)
				}
			}
		})
	}
}

// TestManyMounts: if an unprivileged user makes thousands of mounts, not all of them
// are read, and that is reported.
func TestManyMounts(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("it takes root to see the processes of others")
	}
	dir := public(t)
	inode := nobodys(t, `mount -t tmpfs t `+dir+`; cd `+dir+`; mkdir a; mount --bind a a; i=0; while [ $i -lt 11 ]; do mount --rbind . a; i=$((i+1)); done`)
	began := time.Now()
	all, gaps, err := Discover(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	found := false
	for _, n := range all {
		found = found || n.Inode == inode
	}
	told := false
	for _, g := range gaps {
		told = told || strings.Contains(knowledge.GapReason(g), "so many mounts")
	}
	if !found || !told {
		t.Errorf("found %v, gaps %v", found, gaps)
	}
}
