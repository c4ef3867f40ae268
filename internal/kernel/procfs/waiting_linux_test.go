// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseCall(t *testing.T) {
	for text, want := range map[string]struct {
		call int
		arg  uint64
		ok   bool
	}{
		"43 0x5 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f01\n": {43, 5, true},
		"running\n":            {},
		"-1 0x7ffe 0x7f01\n":   {},
		"":                     {},
		"0 zwölf 0x0 0x0\n":    {},
		"281 0xffffffff 0x0\n": {281, 0xffffffff, true},
	} {
		call, arg, ok := parseCall(text)
		if ok != want.ok || ok && (call != want.call || arg != want.arg) {
			t.Errorf("%q is %d %d %v, want %+v", text, call, arg, ok, want)
		}
	}
}

func TestPolledSockets(t *testing.T) {
	const fdinfo = "pos:\t0\nflags:\t02\nmnt_id:\t16\nino:\t1057\n" +
		"tfd:        5 events:       19 data:                5  pos:0 ino:1267 sdev:8\n" +
		"tfd:        6 events: 80000001 data:                6  pos:0 ino:ff sdev:8\n" +
		"tfd:        7 events:        4 data:                7  pos:0 ino:7 sdev:8\n" + // output only
		"tfd:        8 events: 40000000 data:                8  pos:0 ino:8 sdev:8\n" + // disarmed
		"tfd:        9 events: zz\n"
	got := map[uint32]bool{}
	eachPolled(strings.NewReader(fdinfo), func(inode uint32, level bool) { got[inode] = level })
	if len(got) != 2 || !got[0x1267] || got[0xff] {
		t.Errorf("%v", got)
	}
	if level, known := got[0xff]; !known || level {
		t.Errorf("EPOLLET: %v %v", level, known)
	}
}

// TestWaiting: of listeners one is waited for in accept(2), one is in an epoll set
// and two are only open, one of which a set has that wants to send.
func TestWaiting(t *testing.T) {
	called, polled, idle, other := listener(t), listener(t), listener(t), listener(t)
	set, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(set)
	for fd, events := range map[int]uint32{polled: unix.EPOLLIN, other: unix.EPOLLOUT} {
		if err := unix.EpollCtl(set, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		_, _, _ = unix.Accept4(called, unix.SOCK_CLOEXEC) // until it is shut down
	}()
	procs, err := Own().ScanProcesses(t.Context(), ProcessOptions{})
	if err != nil {
		t.Fatal(err)
	}
	self, ok := procs.Process(int32(os.Getpid()))
	if !ok {
		t.Fatal("this process holds no socket")
	}
	var w *Waiting
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if w, ok = procs.Waiting(self); !ok {
			t.Fatal("what this process waits for cannot be seen")
		}
		if w.Accepts(inodeOf(t, called)) || time.Now().After(end) {
			break
		}
	}
	for fd, want := range map[int]bool{called: true, polled: true, idle: false, other: false} {
		if got := w.Accepts(inodeOf(t, fd)); got != want {
			t.Errorf("descriptor %d: accepts %v, want %v", fd, got, want)
		}
	}
	if int(w.Parent) != os.Getppid() {
		t.Errorf("parent %d, want %d", w.Parent, os.Getppid())
	}
	if err := unix.Shutdown(called, unix.SHUT_RD); err != nil {
		t.Fatal(err)
	}
	<-done
	gone := *self
	gone.Start++
	if _, ok := procs.Waiting(&gone); ok {
		t.Error("another process of that number is taken for it")
	}
}

func listener(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestActivated: a manager says in the environment of a service which process the
// listeners are for, and what that starts inherits it.
func TestActivated(t *testing.T) {
	for environ, want := range map[string]int32{
		"PATH=/bin\x00LISTEN_PID=4711\x00LISTEN_FDS=2\x00LISTEN_FDNAMES=a:b\x00": 4711,
		"LISTEN_FDS=1\x00LISTEN_PID=12":                                          12,
		"LISTEN_PID=4711\x00":                                                    0,
		"LISTEN_FDS=1\x00":                                                       0,
		"LISTEN_PID=4711\x00LISTEN_FDS=0\x00":                                    0,
		"LISTEN_PID=many\x00LISTEN_FDS=1\x00":                                    0,
		"MY_LISTEN_PID=4711\x00LISTEN_FDS=1\x00":                                 0,
		"":                                                                       0,
	} {
		if pid, ok := parseActivated([]byte(environ)); ok != (want != 0) || ok && pid != want {
			t.Errorf("%q: %d %v, want %d", environ, pid, ok, want)
		}
	}
}
