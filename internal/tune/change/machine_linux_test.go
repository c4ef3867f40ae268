// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// inMounts runs a shell script in a new mount namespace, and then this test binary as
// a scenario, whose output it returns.
func (b *bench) inMounts(script, role string) (string, error) {
	b.t.Helper()
	cmd := b.command(role, noFault, 0, true)
	inner := cmd.Args
	cmd = exec.Command("unshare", append([]string{"--mount", "sh", "-ec", "mount --make-rprivate /\n" + script + "\nexec \"$@\"", "script"}, inner...)...)
	cmd.Env = append(b.command(role, noFault, 0, true).Env, "BENCH="+filepath.Dir(b.state), "STATE="+b.state, "ETC="+b.etc)
	var out bytes.Buffer
	cmd.Stderr = &out
	err := cmd.Run()
	return out.String(), err
}

// TestReadOnlyEtc: a change whose file cannot be written is not confirmed; its values
// stay, and it can still be taken back.
func TestReadOnlyEtc(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	out, err := b.inMounts(`mount --bind "$ETC" "$ETC" && mount -o remount,ro,bind "$ETC"`, "confirm")
	if err == nil || !strings.Contains(out, "read-only file system") || !strings.Contains(out, "not confirmed, and its values are as they were") {
		t.Errorf("%v: %s", err, out)
	}
	b.wantLive(after())
	b.wantNoFile()
	b.wantState(change.Pending)
	_, err = b.engine().Rollback(context.Background(), 0, false)
	must(t, err)
	b.wantLive(before())
}

// TestReadOnlyEtcRollback: if a change's file cannot be removed, the change stays
// complete.
func TestReadOnlyEtcRollback(t *testing.T) {
	b := newBench(t)
	b.apply(0)
	_, err := b.engine().Confirm(context.Background(), 0, false)
	must(t, err)
	out, err := b.inMounts(`mount --bind "$ETC" "$ETC" && mount -o remount,ro,bind "$ETC"`, "rollback-confirmed")
	if err == nil || !strings.Contains(out, "read-only file system") {
		t.Errorf("%v: %s", err, out)
	}
	b.wantLive(after())
	b.wantState(change.Confirmed)
}

// TestDiskFull: on a real file system of a few pages, the disk becomes full at every
// possible place.
func TestDiskFull(t *testing.T) {
	b := newBench(t)
	top := t.TempDir()
	ran := 0
	for kb := 4; kb <= 48; kb += 4 { // in kB; the lock needs no page, each file needs its own
		b.fresh(filepath.Join(top, fmt.Sprint(kb)))
		mount := filepath.Dir(b.state)
		must(t, unix.Mount("tmpfs", mount, "tmpfs", 0, fmt.Sprintf("size=%dk,nr_inodes=16", kb)))
		etc := map[string]string{}
		func() {
			defer func() { must(t, unix.Unmount(mount, 0)) }()
			must(t, os.MkdirAll(b.etc, 0o755))
			etc, b.foreign = b.foreign, etc
			_, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{Within: time.Hour})
			if err == nil {
				_, err = b.engine().Confirm(context.Background(), 0, false)
			}
			if err != nil {
				ran++
				if !errors.Is(err, unix.ENOSPC) {
					t.Errorf("%d kB: %v", kb, err)
				}
			}
			if !b.settled(err) || !b.rolledBack() {
				t.Errorf("%d kB: %v", kb, err)
			}
		}()
	}
	if ran == 0 {
		t.Error("the disk was never full")
	}
}

// roleRights tries to apply a change without the right to.
const roleRights = "rights"

// rights checks the error of an apply without rights, and that nothing has been
// written.
func rights() error {
	e := change.New(childOptions(nil))
	h, err := e.Preview(context.Background(), thePlan(), change.ApplyOptions{})
	if err == nil {
		err = e.NeedsRights(context.Background(), h)
	}
	if err == nil {
		_, err = e.Apply(context.Background(), thePlan(), change.ApplyOptions{})
	}
	permission, ok := errors.AsType[*problem.PermissionError](err)
	fmt.Printf("permission: %v, hint: %v\n", ok, ok && permission.Hint != "")
	return err
}

// TestUnprivileged: in a container without rights, apply names what it needs before it
// writes anything: in a user namespace that does not own the network namespace, as
// nobody, and with /proc/sys mounted read-only.
func TestUnprivileged(t *testing.T) {
	b := newBench(t)
	must(t, os.MkdirAll(b.state, 0o755))
	for dir := b.state; dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode()&1 == 0 {
			must(t, os.Chmod(dir, 0o755))
		}
	}
	for _, test := range []struct {
		name  string
		start func(cmd *exec.Cmd) *exec.Cmd
		want  string
	}{
		{"user namespace", func(cmd *exec.Cmd) *exec.Cmd {
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags:  unix.CLONE_NEWUSER,
				Credential:  &syscall.Credential{Uid: 0, Gid: 0, NoSetGroups: true}, // this is user 65534 outside
				UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 65534, Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 65534, Size: 1}},
			}
			return cmd
		}, "permission: true, hint: true"},
		{"nobody", func(cmd *exec.Cmd) *exec.Cmd {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			return cmd
		}, "permission: true, hint: true"},
		{"read-only /proc/sys", func(cmd *exec.Cmd) *exec.Cmd {
			script := "mount --make-rprivate /; mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; exec \"$@\""
			in := exec.Command("unshare", append([]string{"--mount", "sh", "-ec", script, "script"}, cmd.Args...)...)
			in.Env = cmd.Env
			return in
		}, "read-only here: it cannot be set in this namespace"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "user namespace" {
				testnet.Require(t, testnet.UserNS)
			}
			if test.name != "read-only /proc/sys" { // then the journal is not the reason
				must(t, os.Chown(b.state, 65534, 65534))
			}
			b.ns.Do(func() {
				cmd := b.command(roleRights, noFault, 0, true)
				cmd.Args[0] = readable(t)
				cmd.Path = cmd.Args[0]
				cmd = test.start(cmd)
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(string(out), test.want) {
					t.Errorf("%v: %s\nwant %s", err, out, test.want)
				}
				b.wantLive(before())
				must(t, os.Chown(b.state, 0, 0)) // otherwise its journals are not trusted
				if s := b.newest(); s != nil {
					t.Errorf("a change was begun: %+v", s)
				}
			})
		})
	}
}

// readable copies this test binary to a directory from which everybody may run it.
func readable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tune-test-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	text, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	file := filepath.Join(dir, "test")
	must(t, os.WriteFile(file, text, 0o755))
	return file
}

// TestStatusWithoutRights: everybody may see what was changed.
func TestStatusWithoutRights(t *testing.T) {
	b := newBench(t)
	b.apply(0)
	info, err := os.Stat(filepath.Join(b.state, "change-0001.journal"))
	must(t, err)
	lock, err := os.Stat(filepath.Join(b.state, "lock"))
	must(t, err)
	if info.Mode().Perm() != 0o644 || lock.Mode().Perm() != 0o600 {
		t.Errorf("journal %v, lock %v", info.Mode(), lock.Mode())
	}
}

// allVisible reports whether the namespaces of all processes are visible.
func allVisible() bool {
	_, err := os.Readlink("/proc/1/ns/net")
	return err == nil
}

// TestOtherNamespace: a change to a container's namespace is made from outside, is
// found again by the namespace's identity, and ends with the namespace.
func TestOtherNamespace(t *testing.T) {
	b := newBench(t)
	other := testnet.New(t, testnet.Options{})
	holder := other.Command("sleep", "600")
	must(t, holder.Start())
	held := true
	end := func() {
		if held {
			held = false
			_ = holder.Process.Kill()
			_ = holder.Wait()
		}
	}
	t.Cleanup(end)
	p := thePlan()
	p.Netns = fmt.Sprint(holder.Process.Pid)
	o := b.options(nil)
	o.EtcDir = ""
	ctx := context.Background()
	c, err := change.New(o).Apply(ctx, p, change.ApplyOptions{})
	must(t, err)
	b.wantLive(before()) // this namespace has not changed
	if c.Netns.Inode != other.Inode() || c.Persist != "" {
		t.Errorf("%+v", c.Header)
	}
	if got := other.Sysctl("net.core.somaxconn"); got != "8192" {
		t.Errorf("there it is %s", got)
	}
	s := b.newest()
	if s.State != change.Applied || s.Values[0].Is != change.IsNew {
		t.Errorf("status from outside: %s %+v", s.State, s.Values)
	}
	_, err = change.New(o).Confirm(ctx, 0, false)
	must(t, err)
	_, err = change.New(o).Rollback(ctx, 0, false)
	must(t, err)
	if got := other.Sysctl("net.core.somaxconn"); got != "4096" {
		t.Errorf("rolled back to %s", got)
	}

	p.Changes[0].Was, p.Changes[0].WasKnown = "", false
	_, err = change.New(o).Apply(ctx, p, change.ApplyOptions{})
	must(t, err)
	other.Release()
	end() // ends everything through which the namespace can be found
	if s := b.newest(); s.State != change.Gone && (s.State != change.Unseen || allVisible()) {
		t.Errorf("status of what is gone: %s", s.State)
	}
	_, err = change.New(o).Rollback(ctx, 0, false)
	b.wantLive(before())
	if _, hidden := errors.AsType[*problem.PermissionError](err); hidden && !allVisible() {
		t.Log("process 1 of this machine may not be seen: it could live in the namespace")
		return
	}
	must(t, err)
	b.wantState(change.Gone)
}
