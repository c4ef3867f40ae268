// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestSocketActivation: if one program makes a listener and another accepts from it,
// the one that accepted is named as closing the connection.
func TestSocketActivation(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true, Ends: true, KeepClosers: true})
	ns.Do(func() {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		file, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{actVariable + "=" + acceptAct}
		cmd.ExtraFiles, cmd.Stderr = []*os.File{file}, os.Stderr
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		_, _ = client.Read(make([]byte, 1))
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		compareEnds(t, tr, &act{client: closedFirst, server: closedAfter}, port)
	})
}

// acceptAct is the act of another program with the listener: it accepts and closes.
const acceptAct = "accept from a listener of another, and close"

func acceptOne(listener int) error {
	fd, _, err := unix.Accept(listener)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// TestMPTCP: subflows of MPTCP are TCP sockets. The kernel closes them on behalf of
// the process that closes the connection, or by a worker of its own; then the trace
// names the kernel and no program.
func TestMPTCP(t *testing.T) {
	const protocol = 262 // IPPROTO_MPTCP
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true})
	ns.Do(func() {
		listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, protocol)
		if err != nil {
			t.Skipf("no MPTCP here: %v", err)
		}
		defer unix.Close(listener)
		if err := errors.Join(unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(listener, 1)); err != nil {
			t.Fatal(err)
		}
		at, err := unix.Getsockname(listener)
		if err != nil {
			t.Fatal(err)
		}
		client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, protocol)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(client, at); err != nil {
			t.Fatal(err)
		}
		server, _, err := unix.Accept(listener)
		if err != nil {
			t.Fatal(err)
		}
		_, err = unix.Write(client, []byte("x"))
		_, read := unix.Read(server, make([]byte, 8))
		if err := errors.Join(err, read, unix.Close(client)); err != nil {
			t.Fatal(err)
		}
		_, _ = unix.Read(server, make([]byte, 1))
		if err := unix.Close(server); err != nil {
			t.Fatal(err)
		}
	})
	me, _ := ownName()
	closes, blamed := uint64(0), ""
	for deadline := time.Now().Add(10 * time.Second); closes < 2 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		totals, err := tr.Totals()
		if err != nil {
			t.Fatal(err)
		}
		closes, blamed = 0, ""
		for _, o := range totals.Owners {
			if o.What == Connects || !o.What.Acts() {
				continue
			}
			closes += o.Count
			blamed += fmt.Sprintf("%d: kind %d by %q (kernel %v); ", o.Count, o.What, o.Process, o.Kernel)
			if !o.Kernel && o.Process != me {
				t.Errorf("%+v", o)
			}
		}
	}
	t.Log(blamed)
	if closes != 2 {
		t.Errorf("%d ends by somebody, want 2: %s", closes, blamed)
	}
}

// A uring is an io_uring with room for a few requests.
type uring struct {
	fd      int
	rings   []byte
	entries []byte
	params  uringParams
}

// uringParams is struct io_uring_params (include/uapi/linux/io_uring.h).
type uringParams struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wq uint32
	_                                                    [3]uint32
	sqHead, sqTail, sqMask, sqSize                       uint32
	sqFlags, sqDropped, sqArray, _                       uint32
	_                                                    uint64
	cqHead, cqTail, cqMask, cqSize                       uint32
	cqOverflow, cqEntriesAt, cqFlags, _                  uint32
	_                                                    uint64
}

const (
	uringEntry = 64
	uringClose = 19 // IORING_OP_CLOSE
	uringAsync = 1 << 4
)

func newUring() (*uring, error) {
	r := &uring{}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&r.params)), 0)
	if errno != 0 {
		return nil, errno
	}
	r.fd = int(fd)
	var err error
	size := max(int(r.params.sqArray+4*r.params.sqEntries), int(r.params.cqEntriesAt+16*r.params.cqEntries))
	if r.rings, err = unix.Mmap(r.fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return nil, err
	}
	r.entries, err = unix.Mmap(r.fd, 0x10000000, uringEntry*int(r.params.sqEntries), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return r, err
}

// end closes the ring.
func (r *uring) end() error {
	return errors.Join(unix.Munmap(r.rings), unix.Munmap(r.entries), unix.Close(r.fd))
}

// close lets the kernel close a descriptor, in the caller's context or, if async is
// set, by a worker.
func (r *uring) close(fd int, async bool) error {
	clear(r.entries[:uringEntry])
	r.entries[0] = uringClose
	if async {
		r.entries[1] = uringAsync
	}
	*(*int32)(unsafe.Pointer(&r.entries[4])) = int32(fd)
	tail := (*uint32)(unsafe.Pointer(&r.rings[r.params.sqTail]))
	at := *tail & (r.params.sqEntries - 1)
	*(*uint32)(unsafe.Pointer(&r.rings[r.params.sqArray+4*at])) = 0
	atomic.StoreUint32(tail, *tail+1)
	const getEvents = 1
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), 1, 1, getEvents, 0, 0); errno != 0 {
		return errno
	}
	runtime.KeepAlive(r)
	return nil
}

// uringCloses closes by io_uring.
func uringCloses(fd int, async bool) error {
	r, err := newUring()
	if err != nil {
		return err
	}
	return r.close(fd, async)
}
