// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	files "github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// whole makes sure that a directory has whole snapshots and nothing else, and returns
// how many there are.
func whole(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, err := files.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".snap") && e.Name() != ballast {
			t.Errorf("left behind: %s", e.Name())
		}
	}
	for _, p := range all {
		src, err := engine.OpenFile(p.Name)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(p.Name), err)
			continue
		}
		if _, err := engine.Census(t.Context(), src, nil); err != nil {
			t.Errorf("%s: %v", filepath.Base(p.Name), err)
		}
		_ = src.Close()
	}
	return len(all)
}

// ballast is a file that leaves no room on a file system.
const ballast = "ballast"

// room mounts a small file system in place of the directory of snapshots of a history.
func room(t *testing.T, ns *testnet.NS, dir string) string {
	t.Helper()
	a := start(t, ns, "--data-dir", dir, "--snapshots", "0")
	if err := a.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = a.cmd.Wait()
	snapshots := files.Dir(dir)
	if err := os.MkdirAll(snapshots, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", snapshots, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		testnet.Skip(t, testnet.Root, "no right to mount: "+err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(snapshots, unix.MNT_DETACH) })
	return snapshots
}

// crowd makes a machine of which a snapshot is worth writing.
func crowd(t *testing.T, ns *testnet.NS) {
	t.Helper()
	l := listening(t, ns)
	t.Cleanup(func() { _ = l.Close() })
	for range 100 {
		dial(t, ns)
	}
}

// goesOn makes sure that the history keeps samples.
func (a *running) goesOn() {
	a.Helper()
	const counted = `count_over_time(tcpvitals_connections{state="listen",family="ipv4"}[1h])`
	last := func() float64 {
		n := a.ask(counted)
		if len(n) == 0 {
			return 0
		}
		return n[len(n)-1]
	}
	before := last()
	until(a.T, "the history goes on", func() bool { return last() > before+3 })
}

// TestSnapshotsFull: without room for snapshots that is said once, the history goes on,
// what was kept before is there, and with room snapshots are kept again.
func TestSnapshotsFull(t *testing.T) {
	t.Parallel()
	ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()+"/history"
	snapshots := room(t, ns, dir)
	crowd(t, ns)
	a := start(t, ns, "--data-dir", dir, "--snapshot-every", "1s")
	until(t, "a snapshot is kept", func() bool { return whole(t, snapshots) > 0 })
	f, err := os.Create(filepath.Join(snapshots, ballast))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if said := a.log("a snapshot cannot be kept"); !strings.Contains(said, "no space left") {
		t.Errorf("%s", said)
	}
	a.goesOn()
	if n := whole(t, snapshots); n == 0 {
		t.Error("what was kept before is gone")
	}
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	a.log("snapshots are kept again")
	if n := whole(t, snapshots); n == 0 {
		t.Error("nothing is kept")
	}
}

// TestSnapshotsReadOnly: the same where the directory becomes read-only.
func TestSnapshotsReadOnly(t *testing.T) {
	t.Parallel()
	ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()+"/history"
	snapshots := room(t, ns, dir)
	crowd(t, ns)
	a := start(t, ns, "--data-dir", dir, "--snapshot-every", "1s")
	until(t, "a snapshot is kept", func() bool { return whole(t, snapshots) > 0 })
	until(t, "nothing is being written", func() bool {
		return unix.Mount("", snapshots, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") == nil
	})
	if said := a.log("a snapshot cannot be kept"); !strings.Contains(said, "read-only file system") {
		t.Errorf("%s", said)
	}
	a.goesOn()
	if n := whole(t, snapshots); n == 0 {
		t.Error("what was kept before is gone")
	}
	if err := unix.Mount("", snapshots, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	a.log("snapshots are kept again")
}

// TestSnapshotsKilled: whenever the agent is killed, what has the name of a snapshot is
// one, and nothing else is left.
func TestSnapshotsKilled(t *testing.T) {
	t.Parallel()
	ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()+"/history"
	crowd(t, ns)
	for range 3 {
		a := start(t, ns, "--data-dir", dir, "--snapshot-every", "1s")
		until(t, "a snapshot is kept", func() bool {
			all, err := files.List(dir + "/snapshots")
			return err == nil && len(all) > 0
		})
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		if err := a.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = a.cmd.Wait()
		if n := whole(t, dir+"/snapshots"); n == 0 {
			t.Error("what was kept is gone")
		}
	}
}
