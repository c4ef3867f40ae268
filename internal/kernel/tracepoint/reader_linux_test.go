// SPDX-License-Identifier: Apache-2.0

package tracepoint

import (
	"errors"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

func TestMain(m *testing.M) { testnet.Main(m) }

// TestReader: every change of a connection of this process is seen, in order, with
// the process where it acts.
func TestReader(t *testing.T) {
	r, err := Open()
	if err != nil {
		testnet.Skip(t, testnet.Root, err.Error())
	}
	defer r.Close()
	ns := testnet.New(t, testnet.Options{})
	var client *net.TCPAddr
	var port uint16
	ns.Do(func() { client, port, err = one() })
	if err != nil {
		t.Fatal(err)
	}
	testnet.Delivered(t)
	var states []tcp.State
	r.Read(func(c *Change) bool {
		if c.Remote.Port() != port || c.From == tcp.Close && c.To != tcp.SynSent {
			return true
		}
		states = append(states, c.To)
		if (c.To == tcp.SynSent || c.To == tcp.FinWait1) && c.PID != uint32(os.Getpid()) {
			t.Errorf("%+v, want pid %d", c, os.Getpid())
		}
		if c.To == tcp.FinWait1 && c.Local != client.AddrPort() {
			t.Errorf("%+v, want %v", c, client)
		}
		return true
	})
	want := []tcp.State{tcp.SynSent, tcp.Established, tcp.FinWait1, tcp.FinWait2, tcp.Close}
	if !slices.Equal(states, want) || r.Lost() != 0 {
		t.Errorf("%v, want %v; %d lost", states, want, r.Lost())
	}
}

// one makes a connection that the client closes first.
func one() (client *net.TCPAddr, port uint16, err error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, 0, err
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr)
	c, err := net.DialTCP("tcp4", nil, at)
	if err != nil {
		return nil, 0, err
	}
	s, err := l.AcceptTCP()
	if err != nil {
		return nil, 0, err
	}
	client = c.LocalAddr().(*net.TCPAddr)
	err = c.Close()
	_, _ = s.Read(make([]byte, 1))
	return client, at.AddrPort().Port(), errors.Join(err, s.Close())
}
