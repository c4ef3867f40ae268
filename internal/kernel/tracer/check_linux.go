// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/apart"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A checker makes connections to check the program, in a network namespace of its own
// if it may make one. Otherwise it makes them in the present namespace, and only such
// connections as leave no TIME_WAIT.
type checker struct{ room *apart.Room }

// newChecker prepares a thread for the checks. Close it.
func newChecker() (*checker, error) {
	room, err := apart.New()
	if err != nil {
		return nil, fmt.Errorf("tracer: %w", err)
	}
	return &checker{room}, nil
}

func (c *checker) close() { c.room.Close() }

// netns returns the namespace's inode as the program has it, 32 bits.
func (c *checker) netns() uint32 { return uint32(c.room.Netns) }

// checkTime bounds each wait of the check; all its traffic is over loopback.
const checkTime = 5 * time.Second

// seen is what the program must have recorded.
type seen struct {
	port    uint16 // port of the listener
	process string
	client  uint64 // cookie of the client that closed first
}

// check makes known connections while the program runs, and compares what the program
// recorded. Only in a namespace of its own does it close a connection in order.
func (c *checker) check(t *Tracer) error {
	before, err := t.totals()
	if err != nil {
		return err
	}
	own, err := ownName()
	if err != nil {
		return err
	}
	s := seen{process: own}
	if err := c.room.Do(func() error { return s.connections(c.room.Own) }); err != nil {
		return problem.Errorf("tracer: connections for the check: %w", "tracer：用于自检的连接：%w", err)
	}
	after, err := t.totals()
	if err != nil {
		return err
	}
	after.subtract(before)
	for _, wrong := range []error{c.edges(after), c.owners(t, after, &s), c.closer(t, &s)} {
		if wrong != nil {
			return &problem.UnsupportedError{
				Feature: "trace", Reason: "the program does not see what it should: " + wrong.Error(),
				Zh: "这里不支持 trace：程序没有看到应看到的：" + problem.Wording(wrong, true),
			}
		}
	}
	return nil
}

// ownName returns the kernel's name of this process.
func ownName() (string, error) {
	comm, err := os.ReadFile("/proc/self/comm")
	return strings.TrimSuffix(string(comm), "\n"), err
}

// connections makes one connection that closes in order, if inOrder, and one that
// does not.
func (s *seen) connections(inOrder bool) error {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer l.Close() //nolint:errcheck // the listener carries no data
	s.port = l.Addr().(*net.TCPAddr).AddrPort().Port()
	if inOrder {
		if err := s.inOrder(l); err != nil {
			return err
		}
	}
	client, server, err := pair(l)
	if err != nil {
		return err
	}
	defer server.Close() //nolint:errcheck // the peer has reset the connection already
	if err := client.SetLinger(0); err != nil {
		return err
	}
	if err := client.Close(); err != nil {
		return err
	}
	_, err = server.Read(make([]byte, 1)) // waits for the RST
	if err == nil {
		return problem.New("read from a connection that was reset", "从已重置的连接读取")
	}
	return nil
}

func (s *seen) inOrder(l *net.TCPListener) error {
	client, server, err := pair(l)
	if err != nil {
		return err
	}
	s.client, err = cookie(client)
	if err := errors.Join(err, client.Close()); err != nil {
		return err
	}
	_, _ = server.Read(make([]byte, 1)) // waits for the FIN
	return server.Close()
}

// pair makes both ends of a connection.
func pair(l *net.TCPListener) (client, server *net.TCPConn, err error) {
	client, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, nil, err
	}
	_ = l.SetDeadline(time.Now().Add(checkTime))
	server, err = l.AcceptTCP()
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	_ = server.SetDeadline(time.Now().Add(checkTime))
	return client, server, nil
}

// cookie asks the kernel for a socket's cookie (socket(7), SO_COOKIE).
func cookie(c *net.TCPConn) (value uint64, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	asked := raw.Control(func(fd uintptr) {
		value, err = unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_COOKIE)
	})
	return value, errors.Join(err, asked)
}

// edges returns an error if an expected transition was not counted. The counts may be
// higher, because other processes cause transitions too.
func (c *checker) edges(t *Totals) error {
	want := [][2]tcp.State{
		{tcp.Close, tcp.SynSent}, {tcp.SynSent, tcp.Established}, {tcp.SynRecv, tcp.Established}, {tcp.Established, tcp.Close},
	}
	if c.room.Own {
		want = append(want, [2]tcp.State{tcp.Established, tcp.FinWait1}, [2]tcp.State{tcp.Established, tcp.CloseWait}, [2]tcp.State{tcp.CloseWait, tcp.LastAck})
	}
	for _, edge := range want {
		if t.Of(edge[0], edge[1]) == 0 {
			return problem.Errorf("%s to %s", "%s 到 %s", edge[0], edge[1])
		}
	}
	return nil
}

// owners returns which action of this process was not counted. In a shared namespace another
// process may have the same name, so the counts may be higher.
func (c *checker) owners(t *Tracer, totals *Totals, s *seen) error {
	if !t.options.Owners {
		return nil
	}
	connects := uint64(1)
	want := map[Owner]uint64{{What: AbortedLinger, Port: s.port}: 1}
	if c.room.Own {
		connects++
		want[Owner{What: ClosedFirst, Port: s.port}] = 1
		want[Owner{What: ClosedAfter, Port: s.port, Accepted: true}] = 1
	}
	want[Owner{What: Connects, Port: s.port}] = connects
	got := map[Owner]uint64{}
	for _, o := range totals.Owners {
		if o.Netns == c.netns() && o.Process == s.process {
			got[Owner{What: o.What, Port: o.Port, Accepted: o.Accepted}] += o.Count
		}
	}
	for o, n := range want {
		if got[o] < n || c.room.Own && got[o] != n {
			return problem.Errorf("%d events of kind %d by %s at port %d were counted, want %d", "记下 %d 次（类别 %d，进程 %s，端口 %d），应为 %d 次", got[o], o.What, s.process, o.Port, n)
		}
	}
	return nil
}

// closer returns an error if it is not recorded which process closed first.
func (c *checker) closer(t *Tracer, s *seen) error {
	if !t.options.KeepClosers || !c.room.Own || t.way == Raw && s.client == 0 {
		return nil
	}
	switch by, known, err := t.Closer(s.client); {
	case err != nil:
		return err
	case !known || by.Process != s.process:
		return problem.Errorf("socket %d was closed by %q, want %s", "套接字 %d 由 %q 关闭，应为 %s", s.client, by.Process, s.process)
	}
	return nil
}
