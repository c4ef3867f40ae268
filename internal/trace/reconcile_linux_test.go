// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// both makes a connection in the namespace of the calling thread; its listener is
// closed again.
func both() (client, server *net.TCPConn, err error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	client, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, nil, err
	}
	server, err = l.AcceptTCP()
	return client, server, err
}

// closed makes a connection that the client closes first.
func closed() error {
	client, server, err := both()
	return closing(client, server, err)
}

func closing(client, server *net.TCPConn, err error) error {
	if err != nil {
		return err
	}
	err = client.Close()
	_, _ = server.Read(make([]byte, 1))
	return errors.Join(err, server.Close())
}

// TestBooksPart: a connection that is disconnected in FIN_WAIT2 does not reach
// TIME_WAIT. The trace sees one that the kernel has not counted, and none is lost.
func TestBooksPart(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := tracedBy(t, ns, Options{Owners: true})
	ns.Do(func() {
		client, server, err := both()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		defer client.Close()
		if err := client.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		raw, err := client.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) {
			for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err != nil || info.State == uint8(tcp.FinWait2) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		if err := raw.Control(func(fd uintptr) { // Linux takes AF_UNSPEC as: disconnect
			none := unix.RawSockaddr{Family: unix.AF_UNSPEC}
			if _, _, errno := unix.Syscall(unix.SYS_CONNECT, fd, uintptr(unsafe.Pointer(&none)), unsafe.Sizeof(none)); errno != 0 {
				t.Error(errno)
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
	s, err := tr.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if k := s.Kernel; k == nil || k.Seen != 1 || k.Born != 0 || k.Apart() != 1 || len(k.Parted) != 1 || k.Parted[0].More || s.Partial() {
		t.Errorf("reconciliation %+v, gaps %v", s.Kernel, s.Gaps)
	}
}

// TestBooksStopped: if the program no longer runs, the answer says what was not seen,
// and since when.
func TestBooksStopped(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := tracedBy(t, ns, Options{Owners: true})
	ns.Do(func() {
		if err := closed(); err != nil {
			t.Fatal(err)
		}
	})
	testnet.Delivered(t)
	if k := tr.reconciler.close(); k == nil || k.Seen != 1 || k.Born != 1 || len(k.Parted) != 0 {
		t.Fatalf("before: %+v", k)
	}
	still, err := tr.watcher.Balance()
	if err != nil {
		t.Fatal(err)
	}
	tr.reconciler.turn.Lock()
	tr.reconciler.seen = func() (tracer.Edges, error) { return still, nil }
	tr.reconciler.turn.Unlock()
	ns.Do(func() {
		for range 3 {
			if err := closed(); err != nil {
				t.Fatal(err)
			}
		}
	})
	testnet.Delivered(t)
	s, err := tr.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if k := s.Kernel; k == nil || k.Missed() != 9 || len(k.Parted) != int(accounts) || !s.Partial() {
		t.Fatalf("reconciliation %+v, gaps %v", s.Kernel, s.Gaps)
	}
	for _, p := range s.Kernel.Parted {
		if p.Seen != 1 || p.Counted != 4 || p.Apart != 3 || !p.More {
			t.Errorf("%s: %+v", p.Account, p)
		}
	}
	gaps, err := tr.Coverage()
	if err != nil {
		t.Fatal(err)
	}
	missed := 0
	for _, g := range gaps {
		if g.Code == problem.TimeWaitsMissed || g.Code == problem.OpensMissed || g.Code == problem.AcceptsMissed {
			missed++
		}
	}
	if missed != int(accounts) {
		t.Errorf("gaps %v", gaps)
	}
}

// churn makes connections to one listener until over is set.
func churn(over *atomic.Bool) error {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer l.Close()
	for !over.Load() && err == nil {
		var client, server *net.TCPConn
		if client, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr)); err == nil {
			server, err = l.AcceptTCP()
		}
		err = closing(client, server, err)
	}
	return err
}

// TestBooksWhileBusy: while connections come and go, the trace and the kernel's
// counters agree, except for events for which the kernel skipped the program.
func TestBooksWhileBusy(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	tr := tracedBy(t, ns, Options{Owners: true})
	var over atomic.Bool
	made := make(chan error)
	go func() {
		var err error
		ns.Do(func() { err = churn(&over) })
		made <- err
	}()
	for range 30 {
		s, err := tr.Summary()
		if err != nil {
			t.Fatal(err)
		}
		if k := s.Kernel; k == nil || k.Missed() > s.Lost.Skipped || k.Missed() == 0 && len(k.Parted) > 0 {
			t.Fatalf("reconciliation %+v, lost %+v", s.Kernel, s.Lost)
		}
		time.Sleep(20 * time.Millisecond)
	}
	over.Store(true)
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	testnet.Delivered(t)
	s, err := tr.Summary()
	if err != nil {
		t.Fatal(err)
	}
	edges := map[[2]tcp.State]uint64{}
	for _, e := range s.Edges {
		edges[[2]tcp.State{e.From, e.To}] = e.Count
	}
	if k := s.Kernel; k.Born < 100 || edges[[2]tcp.State{tcp.Listen, tcp.SynRecv}] < 100 {
		t.Errorf("%+v of %v", k, edges)
	}
}
