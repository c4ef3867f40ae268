// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/loopback"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/lab/wire"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Options say how a [Lab] is set up.
type Options struct {
	Wire wire.Kind
	// Buckets is the size of each namespace's private connection hash; 0 means 4096.
	Buckets int
}

// maxTimeWait is set as tcp_max_tw_buckets in every namespace, because a small private
// hash would lower that to half its buckets (tcp_set_hashinfo in net/ipv4/tcp_ipv4.c).
const maxTimeWait = 4_000_000

// Lab makes testbeds. It keeps a namespace whose only purpose is to pass the size of a
// private connection hash on to its children. With the shared hash every dump on the
// machine would walk past the lab's sockets, and the lab's dumps past all others. A
// Lab is safe for concurrent use.
type Lab struct {
	wire   wire.Kind
	parent int // file descriptor of the namespace
}

// Open makes a Lab. It needs CAP_SYS_ADMIN in its user namespace; without it the error
// is a [*problem.PermissionError].
func Open(o Options) (*Lab, error) {
	if o.Buckets == 0 {
		o.Buckets = 4096
	}
	l := &Lab{wire: o.Wire, parent: -1}
	err := isolate.OnThread(func() error { return l.makeParent(o.Buckets) })
	return l, err
}

func (l *Lab) makeParent(buckets int) error {
	err := isolate.Parent(buckets)
	if err != nil {
		return err
	}
	l.parent, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return problem.Errorf("open our network namespace: %w", "打开本程序的网络命名空间：%w", err)
	}
	return nil
}

// Close releases the Lab's namespace. Running testbeds continue.
func (l *Lab) Close() error { return unix.Close(l.parent) }

// Run calls f with a new testbed, on a new thread in a new network namespace, and
// removes everything when f returns. Any number may run at the same time.
func (l *Lab) Run(family socket.Family, f func(*Testbed) error) error {
	return isolate.OnThread(func() error {
		if err := l.enter(); err != nil {
			return err
		}
		return Here(family, l.wire, f)
	})
}

// Here calls f with a testbed in the network namespace of the calling thread. The
// thread must be locked, and the caller must own the namespace.
func Here(family socket.Family, kind wire.Kind, f func(*Testbed) error) error {
	b, err := open(family, kind)
	if err != nil {
		return err
	}
	defer b.close()
	return f(b)
}

// enter moves the calling thread into a new child of the parent namespace.
func (l *Lab) enter() error {
	if err := unix.Setns(l.parent, unix.CLONE_NEWNET); err != nil {
		return problem.Errorf("enter the parent namespace: %w", "进入上级命名空间：%w", err)
	}
	return isolate.Net()
}

func open(family socket.Family, kind wire.Kind) (*Testbed, error) {
	if err := loopback.Up(); err != nil {
		return nil, err
	}
	w, err := wire.Open(kind)
	if err != nil {
		return nil, err
	}
	d, err := sockdiag.Open()
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	b := newBench(family, w, d)
	if err := b.SetSysctl("tcp_max_tw_buckets", strconv.Itoa(maxTimeWait)); err != nil {
		b.close()
		return nil, err
	}
	b.Mark()
	return b, nil
}
