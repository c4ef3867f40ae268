// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// unreachable are the ways in which a network namespace can exist without a path that
// leads to it. hold makes something keep the namespace, and made is the number of
// listeners in it.
func unreachable() []situation {
	return []situation{
		{name: "a socket of this process", hold: onlySockets, made: 21},
		{name: "a socket of another process", hold: socketElsewhere, made: 22},
		{name: "a socket on its way between processes", hold: socketInFlight, made: 23},
		{name: "a descriptor on its way between processes", hold: descriptorInFlight, made: 24},
		{name: "a mount in a mount namespace without a process", hold: mountedNowhere, made: 25},
	}
}

// TestUnreachableNamespaces: the walk counts a namespace to which no path leads, and
// every engine that cannot enter it says how many sockets it did not count.
func TestUnreachableNamespaces(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	kept := map[uint64]situation{}
	for _, s := range unreachable() {
		ns := testnet.New(t, testnet.Options{})
		s.hold(t, ns)
		kept[ns.Inode()] = s
	}
	for _, name := range engine.Names() {
		found, report := byNamespace(t, name)
		for inode, s := range kept {
			told := slices.ContainsFunc(report.Gaps, func(g problem.Gap) bool {
				return g.Source == fmt.Sprintf("network namespace %d", inode) && g.Code == problem.NetnsHeld && strings.Contains(string(g.Args), strconv.Quote(strconv.FormatUint(s.made, 10)))
			})
			if found[inode] != s.made && (!told || !report.Partial()) {
				t.Errorf("%s finds %d of %d sockets in the namespace of %s, partial %v, gaps %v", name, found[inode], s.made, s.name, report.Partial(), report.Gaps)
			}
			if name == "hashwalk" && found[inode] != s.made {
				t.Errorf("the walk finds %d sockets in the namespace of %s, want %d", found[inode], s.name, s.made)
			}
		}
	}
}

func onlySockets(t *testing.T, ns *testnet.NS) func() {
	listenIn(t, ns, 21)
	ns.Release()
	return nil
}

// listener makes a listener in the namespace, as a descriptor.
func listener(t *testing.T, ns *testnet.NS) (file *os.File) {
	t.Helper()
	ns.Do(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Listen(fd, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		file = os.NewFile(uintptr(fd), "listener")
	})
	return file
}

func socketElsewhere(t *testing.T, ns *testnet.NS) func() {
	cmd := exec.Command("sleep", "600")
	for range 22 {
		cmd.ExtraFiles = append(cmd.ExtraFiles, listener(t, ns))
	}
	end := child(t, cmd, cmd.Start)
	for _, f := range cmd.ExtraFiles {
		_ = f.Close()
	}
	ns.Release()
	return end
}

func socketInFlight(t *testing.T, ns *testnet.NS) func() {
	for range 23 {
		send(t, listener(t, ns))
	}
	ns.Release()
	return nil
}

func descriptorInFlight(t *testing.T, ns *testnet.NS) func() {
	listenIn(t, ns, 24)
	file, err := os.Open(ns.Path())
	if err != nil {
		t.Fatal(err)
	}
	send(t, file)
	ns.Release()
	return nil
}

// send closes a file after it was sent through a socket from which nobody receives it.
func send(t *testing.T, file *os.File) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unix.Close(pair[0])
		_ = unix.Close(pair[1])
	})
	if err := unix.Sendmsg(pair[0], []byte{0}, unix.UnixRights(int(file.Fd())), nil, 0); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
}

// mountedNowhere mounts the namespace's file in a mount namespace that only a
// descriptor keeps.
func mountedNowhere(t *testing.T, ns *testnet.NS) func() {
	listenIn(t, ns, 25)
	cmd := exec.Command("sh", "-c", `mount --bind "$0" "$1" && echo ready && exec sleep 600`, ns.Path(), mountPoint(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} // Go makes the mounts of the new namespace private
	end := ready(t, cmd)
	mounts, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mounts.Close() })
	end()
	ns.Release()
	return nil
}

// connectAt makes n listeners in the namespace at a path, and a connection to one of
// them, which nobody accepts.
func connectAt(t *testing.T, path string, n uint64) {
	t.Helper()
	fail := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		fail <- connectHere(t, path, n)
	}()
	if err := <-fail; err != nil {
		t.Fatal(err)
	}
}

func connectHere(t *testing.T, path string, n uint64) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	if err := loopback.Up(); err != nil {
		return err
	}
	at := ""
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = l.Close() })
		at = l.Addr().String()
	}
	c, err := net.Dial("tcp4", at)
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return err
}
