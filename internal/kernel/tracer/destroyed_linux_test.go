// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestDestroyed: SOCK_DESTROY (ss -K, tcpvitals kill) ends a connection, and the trace
// names the process that asked for it; the other end gets an RST. No transition shows
// the end of a TIME_WAIT that is destroyed.
func TestDestroyed(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	for _, way := range []Way{Typed, Raw} {
		tr := opened(t, Options{Netns: ns.Inode(), Owners: true, Ends: true, Way: way})
		var port uint16
		var err error
		ns.Do(func() { port, err = destroyOne(t) })
		if err != nil {
			t.Fatal(err)
		}
		compareEnds(t, tr, &act{
			client: deed{what: Destroyed, from: tcp.Established, errno: uint16(unix.ECONNABORTED)}, as: ours(t), server: wasReset,
		}, port)
	}
}

func ours(t *testing.T) string {
	t.Helper()
	name, err := ownName()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// destroyOne makes a connection and destroys the client's end.
func destroyOne(t *testing.T) (port uint16, err error) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, err
	}
	defer l.Close()
	client, server, err := pair(l)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	defer server.Close()
	conn, err := sockdiag.Open()
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	m, found, err := conn.Find(client.LocalAddr().(*net.TCPAddr).AddrPort(), client.RemoteAddr().(*net.TCPAddr).AddrPort(), 0)
	if err != nil || !found {
		return 0, errors.Join(err, errors.New("the connection is not in the table"))
	}
	var row socket.Socket
	m.Decode(&row)
	var refused error
	err = conn.Destroy(t.Context(), []sockdiag.Target{sockdiag.TargetOf(&row)}, func(_ int, err error) { refused = err })
	if errors.Is(refused, problem.ErrNotSupported) {
		t.Skip(refused)
	}
	if err := errors.Join(err, refused); err != nil {
		return 0, err
	}
	_, _ = server.Read(make([]byte, 1)) // the RST
	return l.Addr().(*net.TCPAddr).AddrPort().Port(), nil
}
