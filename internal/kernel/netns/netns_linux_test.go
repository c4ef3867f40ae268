// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// resident starts a process in a namespace, and returns its pid and a function that
// ends it.
func resident(t testing.TB, ns *testnet.NS) (pid int32, end func()) {
	t.Helper()
	cmd := ns.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	t.Cleanup(end)
	return int32(cmd.Process.Pid), end
}

func find(t testing.TB, inode uint64, o Options) *Namespace {
	t.Helper()
	all, _, err := Discover(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var found *Namespace
	for _, n := range all {
		if n.Inode != inode {
			continue
		}
		if found != nil {
			t.Errorf("namespace %d is there twice", inode)
		}
		found = n
	}
	return found
}

// current returns the namespace of the calling thread.
func current() (uint64, error) { return readLink("/proc/thread-self/ns/net", "net") }

func TestSelfNeedsNoRight(t *testing.T) {
	all, _, err := Select(t.Context(), Scope{}, Options{})
	if err != nil || len(all) != 1 || !all[0].Self {
		t.Fatalf("Select self = %v, %v", all, err)
	}
	var inside uint64
	if err := all[0].Do(func() (err error) { inside, err = current(); return err }); err != nil || inside != all[0].Inode {
		t.Errorf("inside of self is %d, %v; want %d", inside, err, all[0].Inode)
	}
	all, _, err = Discover(t.Context(), Options{})
	if err != nil || !all[0].Self || all[0].Dev == 0 || !all[0].has(int32(os.Getpid())) {
		t.Errorf("Discover does not begin with self: %+v, %v", all[0], err)
	}
}

func TestDiscoverProcess(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	first, _ := resident(t, ns)
	second, _ := resident(t, ns)
	label := func(pids []int32) (string, string) {
		if slices.Contains(pids, first) {
			return "web", containerID
		}
		return "", ""
	}
	n := find(t, ns.Inode(), Options{Label: label})
	want := []int32{min(first, second), max(first, second)}
	if n == nil || !slices.Equal(n.PIDs, want) || n.Name != "web" || n.Container != containerID || n.Self || n.Host {
		t.Fatalf("found %+v, want processes %v", n, want)
	}
	for _, text := range []string{fmt.Sprint(first), fmt.Sprint(n.Inode), "web", containerID[:12], fmt.Sprintf("/proc/%d/ns/net", second)} {
		scope, err := ParseScope(text)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Select(t.Context(), scope, Options{Label: label})
		if err != nil || len(got) != 1 || got[0].Inode != n.Inode {
			t.Errorf("Select %s = %v, %v", text, got, err)
		}
	}
}

// mountFile mounts the namespace's file somewhere, until the test ends.
func mountFile(t *testing.T, ns *testnet.NS) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "blue")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(ns.Path(), file, "", unix.MS_BIND, ""); err != nil {
		testnet.Skip(t, testnet.Netns, "mount the file of a namespace: "+err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(file, unix.MNT_DETACH) })
	return file
}

// TestDiscoverMount: a namespace that is mounted and also has processes is found once.
func TestDiscoverMount(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	file := mountFile(t, ns)
	n := find(t, ns.Inode(), Options{})
	if n == nil || !slices.Equal(n.Mounts, []string{file}) || n.Name != "blue" || len(n.PIDs) != 0 {
		t.Fatalf("found %+v, want one that is mounted at %s", n, file)
	}
	pid, _ := resident(t, ns)
	n = find(t, ns.Inode(), Options{})
	if n == nil || !slices.Equal(n.Mounts, []string{file}) || !slices.Equal(n.PIDs, []int32{pid}) {
		t.Errorf("found %+v, want it mounted and with process %d", n, pid)
	}
}

// TestDiscoverForeignMount: a namespace is found that is mounted only in the mount
// namespace of another process.
func TestDiscoverForeignMount(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	file := filepath.Join(t.TempDir(), "hidden")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `mount --bind "$0" "$1" && echo ready && exec sleep 600`, ns.Path(), file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} // Go makes the mounts of the new namespace private
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		testnet.Skip(t, testnet.Root, "make a mount namespace: "+err.Error())
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	}()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("child says %q, %v", line, err)
	}
	n := find(t, ns.Inode(), Options{})
	want := fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, file)
	if n == nil || !slices.Equal(n.Mounts, []string{want}) || n.Name != strconv.FormatUint(n.Inode, 10) {
		t.Fatalf("found %+v, want it mounted at %s", n, want)
	}
	var inside uint64
	if err := n.Do(func() (err error) { inside, err = current(); return err }); err != nil || inside != n.Inode {
		t.Errorf("inside is %d, %v; want %d", inside, err, n.Inode)
	}
}

func TestDo(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	resident(t, ns)
	n := find(t, ns.Inode(), Options{})
	boom := errors.New("boom")
	if err := n.Do(func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("Do returns %v, want the function's error", err)
	}
	if err := n.Do(func() error { skipGoroutine(); return nil }); !errors.Is(err, errEnded) {
		t.Errorf("Do of a function that ends its goroutine returns %v", err)
	}
}

func skipGoroutine() { (&testing.T{}).SkipNow() }

// TestDoLeavesNoThreadBehind: after entering a namespace many times, no goroutine is
// left in it, and the main thread, which /proc shows for the process, has not moved.
func TestDoLeavesNoThreadBehind(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	resident(t, ns)
	n := find(t, ns.Inode(), Options{})
	home, err := readLink("/proc/self/ns/net", "net")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 300 {
		wg.Go(func() {
			err := n.Do(func() error {
				if at, err := current(); err != nil || at != n.Inode {
					t.Errorf("inside is %d, %v; want %d", at, err, n.Inode)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			if at, err := current(); err != nil || at != home {
				t.Errorf("after Do a goroutine is in %d, %v; want %d", at, err, home)
			}
		})
	}
	wg.Wait()
	if at, err := readLink("/proc/self/ns/net", "net"); err != nil || at != home {
		t.Errorf("the process is in %d, %v; want %d", at, err, home)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		at, err := readLink("/proc/self/task/"+task.Name()+"/ns/net", "net")
		if err == nil && at != home {
			// The thread may be about to end.
			t.Logf("thread %s is in %d still", task.Name(), at)
		}
	}
}

func TestVanished(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	_, end := resident(t, ns)
	ns.Release()
	n := find(t, ns.Inode(), Options{})
	end()
	err := n.Do(func() error { t.Error("entered"); return nil })
	if !errors.Is(err, ErrVanished) {
		t.Errorf("Do = %v, want ErrVanished", err)
	}
	gap := n.Gap(err)
	if gap.Source != "network namespace "+n.Name || !strings.Contains(knowledge.GapReason(gap), "vanished") {
		t.Errorf("gap %+v", gap)
	}
}

// TestReplaced: a pid or a path that now leads to another namespace is not mistaken
// for the earlier one.
func TestReplaced(t *testing.T) {
	ns, other := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	pid, _ := resident(t, other)
	file := mountFile(t, other)
	n := &Namespace{Inode: ns.Inode(), Name: "was", PIDs: []int32{pid}, Mounts: []string{file}}
	if err := n.Do(func() error { t.Error("entered another namespace"); return nil }); !errors.Is(err, ErrVanished) {
		t.Errorf("Do = %v, want ErrVanished", err)
	}
}

// TestVanishesWhileRead: a namespace that ends while it is being read can be read to
// the end.
func TestVanishesWhileRead(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	_, end := resident(t, ns)
	ns.Release()
	n := find(t, ns.Inode(), Options{})
	err := n.Do(func() error {
		end()
		raw, err := os.ReadFile("/proc/thread-self/net/tcp")
		if err == nil && !strings.Contains(string(raw), "local_address") {
			t.Errorf("read %q", raw)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSelectErrors(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"/none/at/all", "/etc/passwd", "/etc/passwd/x", pipe, "/proc/self/ns/mnt", "no-such-name", "4194304", "4194305"} {
		scope, err := ParseScope(text)
		if err != nil {
			t.Fatal(err)
		}
		var usage *problem.UsageError
		if got, _, err := Select(t.Context(), scope, Options{}); !errors.As(err, &usage) {
			t.Errorf("Select %s = %v, %v; want a usage error", text, got, err)
		}
	}
}

// TestNobodyHelper runs as a user without rights inside TestWithoutPermission.
func TestNobodyHelper(t *testing.T) {
	path := os.Getenv("TCPVITALS_TEST_NETNS")
	if path == "" {
		return // only run by TestWithoutPermission
	}
	all, gaps, err := Discover(t.Context(), Options{})
	mount := os.Getenv("TCPVITALS_TEST_MOUNT")
	found := 0
	for i, n := range all {
		if n.Name == "blue" && slices.Equal(n.Mounts, []string{mount}) {
			found++
		}
		if n.Self != (i == 0) || i > 0 && len(n.Mounts) == 0 { // this machine may have other mounted namespaces
			t.Errorf("Discover = %v; want self, and what is mounted for all to see", all)
		}
	}
	if err != nil || found != 1 {
		t.Errorf("Discover = %v, %v; want self, and what is mounted for all to see", all, err)
	}
	if len(gaps) != 1 || !strings.Contains(knowledge.GapReason(gaps[0]), "CAP_SYS_PTRACE") {
		t.Errorf("gaps %v, want one that names CAP_SYS_PTRACE", gaps)
	}
	var denied *problem.PermissionError
	scope, err := ParseScope(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Select(t.Context(), scope, Options{}); !errors.As(err, &denied) || !slices.Contains(denied.Need, "CAP_SYS_PTRACE") {
		t.Errorf("Select of another's namespace: %v, want a permission error", err)
	}
	mounted, _, err := Select(t.Context(), Scope{kind: scopePath, text: mount}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := mounted[0].Do(func() error { return nil }); !errors.As(err, &denied) || !slices.Contains(denied.Need, "CAP_SYS_ADMIN") {
		t.Errorf("Do in a mounted namespace: %v, want a permission error that names CAP_SYS_ADMIN", err)
	}
	fmt.Println("checked as", os.Getuid())
}

func TestWithoutPermission(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	pid, _ := resident(t, ns)
	dir, err := os.MkdirTemp("", "netns-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file := filepath.Join(dir, "blue")
	bin := filepath.Join(dir, "netns.test")
	if err := errors.Join(os.Chmod(dir, 0o755), copyFile("/proc/self/exe", bin), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(ns.Path(), file, "", unix.MS_BIND, ""); err != nil {
		testnet.Skip(t, testnet.Netns, err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(file, unix.MNT_DETACH) })

	cmd := exec.Command(bin, "-test.run=^TestNobodyHelper$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "CI_REQUIRE=", "TMPDIR=/tmp",
		fmt.Sprintf("TCPVITALS_TEST_NETNS=/proc/%d/ns/net", pid), "TCPVITALS_TEST_MOUNT="+file)
	// A user id that no other test uses, so that its processes are only its own.
	const user = 61003
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("checked as %d", user)) {
		t.Errorf("as a user without rights: %v\n%s", err, out)
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
