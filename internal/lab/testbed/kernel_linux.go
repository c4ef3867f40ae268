// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// socketName identifies a socket: its end, and the name of its connection or listener.
type socketName struct {
	end  record.End
	name string
}

// Host is the application on one end: its methods are the system calls that a program
// makes.
//
// A call that the kernel refuses returns a [unix.Errno]: in the lab that is a result
// and not a failure. Any other error is a problem of the testbed.
type Host struct {
	b   *Testbed
	end record.End
}

// Kernel is the program on the kernel's end.
func (b *Testbed) Kernel() Host { return Host{b, record.Kernel} }

// OtherHost is the program on the other end of a relayed or looped connection.
func (b *Testbed) OtherHost() Host { return Host{b, record.Peer} }

// done records the call and returns its error.
func (h Host) done(flow, text string, err error) error { return h.said(flow, Same(text), err) }

// said is done for a call that has words beside it.
func (h Host) said(flow string, text knowledge.Text, err error) error {
	e := &record.Event{Kind: record.Call, Flow: flow, End: h.end, Text: text.En, Note: text}
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		e.Result = unix.ErrnoName(errno)
	}
	if f := h.b.flows[flow]; f != nil {
		e.States = h.b.states(f)
	}
	h.b.record(e)
	if drained := h.b.drain(); drained != nil {
		return drained
	}
	return err
}

func (h Host) fd(name string) (int, error) {
	fd, ok := h.b.sockets[socketName{h.end, name}]
	if !ok {
		return -1, problem.Errorf("the %s has no socket called %q", "%s 没有名为 %q 的套接字", h.end, name)
	}
	return fd, nil
}

// keep stores a socket under a name that must be unused.
func (h Host) keep(name string, fd int) error {
	key := socketName{h.end, name}
	if _, taken := h.b.sockets[key]; taken {
		unix.Close(fd)
		return problem.Errorf("the %s has a socket called %q already: close it first", "%s 已有名为 %q 的套接字：请先关闭它", h.end, name)
	}
	h.b.sockets[key] = fd
	return nil
}

func (b *Testbed) newSocket() (int, error) {
	domain := unix.AF_INET
	if b.family == socket.IPv6 {
		domain = unix.AF_INET6
	}
	return unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func fromSockaddr(sa unix.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	default:
		return netip.AddrPort{}
	}
}

// bind makes and binds a socket.
func (h Host) bind(o BindOptions) (int, error) {
	fd, err := h.b.newSocket()
	if err != nil {
		return -1, err
	}
	if err := h.b.bindFD(fd, o); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (b *Testbed) bindFD(fd int, o BindOptions) error {
	for _, option := range []struct {
		wanted      bool
		level, name int
	}{
		{o.ReuseAddr, unix.SOL_SOCKET, unix.SO_REUSEADDR},
		{o.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT},
		{o.NoPort, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT},
	} {
		if !option.wanted {
			continue
		}
		if err := unix.SetsockoptInt(fd, option.level, option.name, 1); err != nil {
			return err
		}
	}
	addr := b.addr(1)
	if o.Loopback {
		addr = b.loopback()
	}
	return unix.Bind(fd, sockaddr(netip.AddrPortFrom(addr, o.Port)))
}

// Bind makes a socket that is only bound.
func (h Host) Bind(name string, o BindOptions) error {
	fd, err := h.bind(o)
	if err == nil {
		if err := h.keep(name, fd); err != nil {
			return err
		}
	}
	return h.done(name, fmt.Sprintf("bind(%d)", o.Port), err)
}

// Listen makes a listening socket; Port 0 means [DefaultPort].
func (h Host) Listen(name string, backlog int, o BindOptions) error {
	if o.Port == 0 {
		o.Port = DefaultPort
	}
	fd, err := h.bind(o)
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err == nil {
		if err := h.keep(name, fd); err != nil {
			return err
		}
	} else if fd >= 0 {
		unix.Close(fd)
	}
	return h.done(name, fmt.Sprintf("listen(%d)", backlog), err)
}

// Connect makes a socket and begins to connect it, without waiting. The connection
// uses the flow of that name, with the addresses that the kernel has chosen.
func (h Host) Connect(name string, o ConnectOptions) error {
	text := "connect()"
	if o.From != nil && o.From.Port != 0 {
		text = fmt.Sprintf("connect() from %d", o.From.Port)
	}
	if old, taken := h.b.sockets[socketName{h.end, name}]; taken {
		return problem.Errorf("the %s has a socket called %q already (fd %d): close it first", "%s 已有名为 %q 的套接字（fd %d）：请先关闭它", h.end, name, old)
	}
	fd, err := h.connect(name, o)
	if fd >= 0 {
		if err := h.keep(name, fd); err != nil {
			return err
		}
	}
	return h.done(name, text, err)
}

func (h Host) connect(name string, o ConnectOptions) (int, error) {
	fd, err := h.b.newSocket()
	if err != nil {
		return -1, err
	}
	if o.From != nil {
		err = h.b.bindFD(fd, *o.From)
	}
	to := h.destination(o)
	if err == nil {
		err = unix.Connect(fd, sockaddr(to))
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		unix.Close(fd)
		return -1, err
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return fd, err
	}
	h.adopt(name, fromSockaddr(local), to, o.Loopback)
	return fd, nil
}

func (h Host) destination(o ConnectOptions) netip.AddrPort {
	host, port := o.Host, o.Port
	if port == 0 {
		port = DefaultPort
	}
	if o.Loopback {
		return netip.AddrPortFrom(h.b.loopback(), port)
	}
	if host == 0 {
		host = defaultHost
		if h.end == record.Peer {
			host = relayHost
		}
	}
	return netip.AddrPortFrom(h.b.addr(host), port)
}

// adopt sets the addresses of a flow for a connection that has just begun.
func (h Host) adopt(name string, local, remote netip.AddrPort, loop bool) {
	b := h.b
	f := b.flow(name)
	switch {
	case loop && h.end == record.Kernel:
		f.route = looped
		b.place(f, local.Addr(), local.Port(), remote.Addr(), remote.Port())
	case loop:
		f.route = looped
		b.place(f, remote.Addr(), remote.Port(), local.Addr(), local.Port())
	case h.end == record.Kernel:
		b.place(f, local.Addr(), local.Port(), remote.Addr(), remote.Port())
	default: // the other end of a relayed connection
		b.place(f, b.addr(1), remote.Port(), b.addr(defaultHost), local.Port())
	}
}

// Accept accepts the connection of that name from a listener's queue.
func (h Host) Accept(name, listener string) error {
	fd, err := h.fd(listener)
	if err != nil {
		return err
	}
	var conn int
	var from unix.Sockaddr
	err = h.patiently(func() error {
		conn, from, err = unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return err
	})
	if err != nil {
		return h.done(name, "accept()", err)
	}
	_, remote := h.b.ends(h.b.flow(name), h.end)
	if got := fromSockaddr(from); got != remote {
		unix.Close(conn)
		return &Failure{What: callOf("accept()", name), Want: Same(remote), Got: Same(got)}
	}
	if err := h.keep(name, conn); err != nil {
		return err
	}
	return h.done(name, "accept()", nil)
}

// AcceptNothing checks that a listener has no connection to accept.
func (h Host) AcceptNothing(listener string) error {
	fd, err := h.fd(listener)
	if err != nil {
		return err
	}
	conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err == nil {
		unix.Close(conn)
	}
	return h.done("", "accept()", err)
}

// patiently repeats a call that would block until it returns something else, for as
// long as the kernel may need to settle.
func (h Host) patiently(call func() error) error {
	deadline := time.Now().Add(Settle)
	for {
		last := time.Now().After(deadline) // evaluated before the call, because this process may be stopped after it
		err := call()
		if !errors.Is(err, unix.EAGAIN) || last {
			return err
		}
		if _, err := h.b.pump(time.Millisecond); err != nil {
			return err
		}
	}
}

// Write writes data; if the kernel takes only a part, that is a failure.
func (h Host) Write(name string, data []byte) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	n, err := unix.SendmsgN(fd, data, nil, nil, unix.MSG_NOSIGNAL)
	if err == nil && n < len(data) {
		return &Failure{What: callOf("write()", name), Want: knowledge.Text{En: fmt.Sprint(len(data), " bytes"), Zh: fmt.Sprint(len(data), " 字节")}, Got: Same(n)}
	}
	return h.done(name, "write("+quoted(data)+")", err)
}

func quoted(data []byte) string {
	if text := readable(data); text != "" {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%d bytes", len(data))
}

// Read reads at most max bytes. At the end of the stream it returns no data and no
// error.
func (h Host) Read(name string, max int) ([]byte, error) {
	fd, err := h.fd(name)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, max)
	n, err := unix.Read(fd, buf)
	buf = buf[:clamp(n)]
	text := Same("read()")
	if err == nil {
		text = readText(buf)
	}
	return buf, h.said(name, text, err)
}

// ReadAll reads until want bytes have been read, the stream ends, or the kernel has
// had time to settle.
func (h Host) ReadAll(name string, want int) ([]byte, error) {
	fd, err := h.fd(name)
	if err != nil {
		return nil, err
	}
	var all []byte
	buf := make([]byte, max(want, 1))
	for {
		var n int
		err = h.patiently(func() error {
			n, err = unix.Read(fd, buf)
			return err
		})
		all = append(all, buf[:clamp(n)]...)
		if err != nil || n == 0 || len(all) >= want {
			break
		}
	}
	text := readText(all)
	if err != nil {
		text = Same("read() = " + quoted(all))
	}
	return all, h.said(name, text, err)
}

// readText is a read() with what it returned.
func readText(got []byte) knowledge.Text {
	if len(got) == 0 {
		return knowledge.Text{En: "read() = end of file", Zh: "read() = 流的结尾"}
	}
	return Same("read() = " + quoted(got))
}

// Unread returns how many received bytes of a socket have not been read (SIOCINQ,
// tcp(7)).
func (h Host) Unread(name string) (int, error) {
	fd, err := h.fd(name)
	if err != nil {
		return 0, err
	}
	n, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
	if err != nil {
		return 0, problem.Errorf("unread bytes of %s: %w", "%s 的未读字节：%w", name, err)
	}
	return n, nil
}

// clamp turns the -1 of read into 0 bytes.
func clamp(n int) int { return max(n, 0) }

// Shutdown calls shutdown(2) with unix.SHUT_RD or unix.SHUT_WR.
func (h Host) Shutdown(name string, how int) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	text := "shutdown(WR)"
	if how == unix.SHUT_RD {
		text = "shutdown(RD)"
	}
	return h.done(name, text, unix.Shutdown(fd, how))
}

// Close closes a socket.
func (h Host) Close(name string) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	delete(h.b.sockets, socketName{h.end, name})
	return h.done(name, "close()", unix.Close(fd))
}

// CloseBlocking closes a socket whose close() may block (SO_LINGER), and serves the
// peer's side meanwhile. It returns how long close() took, or a [*Failure] if it took
// longer than limit.
func (h Host) CloseBlocking(name string, limit time.Duration, meanwhile func() error) (time.Duration, error) {
	fd, err := h.fd(name)
	if err != nil {
		return 0, err
	}
	delete(h.b.sockets, socketName{h.end, name})
	begin, done := time.Now(), make(chan error, 1)
	go func() { done <- unix.Close(fd) }()
	for time.Since(begin) < limit {
		select {
		case err := <-done:
			return time.Since(begin), h.done(name, "close()", err)
		default:
		}
		err := meanwhile()
		if err == nil {
			_, err = h.b.pump(time.Millisecond)
		}
		if err != nil {
			return 0, errors.Join(err, h.unblock(name, done))
		}
	}
	failure := &Failure{
		What: callOf("close()", name), Want: knowledge.Text{En: "to return within " + limit.String(), Zh: limit.String() + " 内返回"},
		Got: knowledge.Text{En: "it still blocks", Zh: "仍在阻塞"},
	}
	return limit, errors.Join(failure, h.unblock(name, done))
}

// unblock ends a blocking close() by destroying its connection.
func (h Host) unblock(name string, done <-chan error) error {
	local, remote := h.b.ends(h.b.flow(name), h.end)
	if err := h.b.destroy(local, remote); err != nil {
		return problem.Errorf("end a close() that blocks: %w", "结束阻塞的 close()：%w", err)
	}
	return <-done
}

// SocketError reads and clears the pending error of a socket (SO_ERROR); it is nil if
// there is none.
func (h Host) SocketError(name string) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return h.done(name, "SO_ERROR", err)
}

// PendingError is like [Host.SocketError], but records nothing if there is no error,
// so that it can be called repeatedly.
func (h Host) PendingError(name string) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || code == 0 {
		return err
	}
	return h.done(name, "SO_ERROR", unix.Errno(code))
}

// Chown changes the owner that the kernel reports for a socket.
func (h Host) Chown(name string, uid int) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	return h.done(name, fmt.Sprintf("fchown(%d)", uid), unix.Fchown(fd, uid, -1))
}
