// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// ktlsActs end a connection that the kernel encrypts. The kernel's TLS has its own
// close() (net/tls/tls_main.c tls_sk_proto_close).
func ktlsActs() []act {
	orderly := func(name string, do func(fd int) error) act {
		return act{name: name, client: closedFirst, server: closedAfter, do: func(fd int) error {
			return errors.Join(encrypt(fd), do(fd))
		}}
	}
	return []act{
		orderly("close of kTLS", unix.Close),
		orderly("shutdown, close of kTLS", func(fd int) error { return errors.Join(unix.Shutdown(fd, unix.SHUT_WR), unix.Close(fd)) }),
		orderly("exit with kTLS", func(int) error { return nil }),
		orderly("kill with kTLS", func(int) error { return unix.Kill(os.Getpid(), unix.SIGKILL) }),
	}
}

// Of include/uapi/linux/tls.h.
const (
	solTLS       = 282
	tlsTX        = 1
	tls12        = 0x0303
	aesGCM128    = 51
	aesGCM128Len = 40
)

// encrypt lets the kernel encrypt what the socket sends.
func encrypt(fd int) error {
	if err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_ULP, "tls"); err != nil {
		return fmt.Errorf("TCP_ULP: %w", err)
	}
	var info [aesGCM128Len]byte
	binary.NativeEndian.PutUint16(info[:], tls12)
	binary.NativeEndian.PutUint16(info[2:], aesGCM128)
	if err := unix.SetsockoptString(fd, solTLS, tlsTX, string(info[:])); err != nil {
		return fmt.Errorf("TLS_TX: %w", err)
	}
	return nil
}

// TestKTLS: the process that has an encrypted connection open is named as the one that
// closes it.
func TestKTLS(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		client, server, err := pair(l)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		defer server.Close()
		raw, err := client.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var refused error
		if err := errors.Join(raw.Control(func(fd uintptr) { refused = encrypt(int(fd)) }), refused); err != nil {
			testnet.Skip(t, testnet.KTLS, err.Error())
		}
	})
	for _, a := range ktlsActs() {
		t.Run(a.name, func(t *testing.T) {
			tr := opened(t, Options{Netns: ns.Inode(), Owners: true, Ends: true, KeepClosers: true})
			port, id := a.run(t, ns)
			compareEnds(t, tr, &a, port)
			if by, known, err := tr.Closer(id); err != nil || !known || by.Process != actor || by.Kernel {
				t.Errorf("closer %+v, %v, %v", by, known, err)
			}
		})
	}
}

// Numbers of ONC RPC (RFC 5531), of mount and of NFS version 3 (RFC 1813).
const (
	rpcReply    = 1
	mountMount  = 1
	mountNumber = 100005
	nfsNumber   = 100003
	nfsNull     = 0
	nfsDenied   = 13
)

// answerRPC answers each call on a connection until the other end closes: a mount with
// a handle, and every NFS call with "denied".
func answerRPC(conn net.Conn) error {
	for {
		var mark [4]byte
		if _, err := io.ReadFull(conn, mark[:]); err != nil {
			return nil // closed
		}
		call := make([]byte, binary.BigEndian.Uint32(mark[:])&0xffff)
		if _, err := io.ReadFull(conn, call); err != nil || len(call) < 24 {
			return fmt.Errorf("a call of %d bytes: %w", len(call), err)
		}
		word := func(i int) uint32 { return binary.BigEndian.Uint32(call[4*i:]) }
		words := []uint32{word(0), rpcReply, 0, 0, 0, 0}
		switch program, procedure := word(3), word(5); {
		case program == mountNumber && procedure == mountMount:
			words = append(words, 0, 8, 1, 2, 1, 1) // a handle of 8 bytes, and one way to say who one is
		case program == nfsNumber && procedure != nfsNull:
			words = append(words, nfsDenied, 0)
		}
		answer := binary.BigEndian.AppendUint32(nil, 1<<31|uint32(4*len(words)))
		for _, w := range words {
			answer = binary.BigEndian.AppendUint32(answer, w)
		}
		if _, err := conn.Write(answer); err != nil {
			return err
		}
	}
}

// TestNFSClient: the kernel's NFS client opens and closes its connections itself. They
// are attributed to the kernel, not to the process that mounts or to a process that
// happened to run.
func TestNFSClient(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true})
	var l *net.TCPListener
	ns.Do(func() {
		var err error
		if l, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
	})
	served, over := 0, make(chan error)
	go func() {
		var errs []error
		for {
			conn, err := l.Accept()
			if err != nil {
				over <- errors.Join(errs...)
				return
			}
			served++
			errs = append(errs, answerRPC(conn), conn.Close())
		}
	}()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	data := fmt.Sprintf("addr=127.0.0.1,vers=3,proto=tcp,port=%d,mountproto=tcp,mountport=%d,nolock,timeo=100,retrans=1", port, port)
	var err error
	dir := t.TempDir()
	ns.Do(func() { err = unix.Mount("127.0.0.1:/", dir, "nfs", 0, data) })
	if errors.Is(err, unix.ENODEV) {
		_ = l.Close()
		if err := <-over; err != nil {
			t.Log(err)
		}
		testnet.Skip(t, testnet.NFS, "no NFS in this kernel")
	}
	if !errors.Is(err, unix.EACCES) {
		t.Errorf("mount: %v, want it to be denied", err)
	}
	testnet.Delivered(t)
	closed := kernelClosed(t, tr, port, 2)
	_ = l.Close()
	if err := <-over; err != nil {
		t.Error(err)
	}
	if served != 2 || closed != 2 {
		t.Errorf("%d connections, %d closed by the kernel; want 2 for mount and NFS", served, closed)
	}
}

// kernelClosed waits until the kernel has been the first to close that many
// connections to the port, and returns their number.
func kernelClosed(t *testing.T, tr *Tracer, port uint16, want uint64) (n uint64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); n < want && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		totals, err := tr.Totals()
		if err != nil {
			t.Fatal(err)
		}
		n = 0
		for _, o := range totals.Owners {
			if o.What == ClosedFirst && o.Kernel && o.Port == port {
				n += o.Count
			}
		}
	}
	return n
}

// TestNFSServer: a connection that the kernel's NFS server closes, as it does if no
// RPC comes, is attributed to the kernel.
func TestNFSServer(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := opened(t, Options{Netns: ns.Inode(), Owners: true})
	control := t.TempDir()
	var err error
	ns.Do(func() { err = unix.Mount("nfsd", control, "nfsd", 0, "") })
	if errors.Is(err, unix.ENODEV) {
		testnet.Skip(t, testnet.NFS, "no NFS server in this kernel")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(control, 0) //nolint:errcheck // the directory's removal tells
	set := func(name, value string) {
		t.Helper()
		ns.Do(func() { err = os.WriteFile(filepath.Join(control, name), []byte(value), 0) })
		if err != nil {
			t.Fatal(err)
		}
	}
	set("versions", "-3 +4\n") // version 4 alone needs no rpcbind
	set("threads", "1\n")
	defer set("threads", "0\n")
	const port = 2049
	ns.Do(func() {
		conn, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			t.Error(err)
			return
		}
		_, err = conn.Write([]byte{0xff, 0xff, 0xff, 0xff}) // a fragment of 2 GiB
		_, _ = conn.Read(make([]byte, 1))
		if err := errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	})
	if n := kernelClosed(t, tr, port, 1); n != 1 {
		t.Errorf("%d closed by the kernel, want 1", n)
	}
}
