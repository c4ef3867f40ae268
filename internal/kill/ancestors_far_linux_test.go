// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestSessionFarEnd: if a connection of an ancestor has both ends on this host,
// neither end is closed, even if the filter matches only the far end.
func TestSessionFarEnd(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		near, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		proc := t.TempDir()
		process(t, proc, 50, 0, "telnetd", inodeOf(t, near.(*net.TCPConn)))
		host, err := engine.Open(engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer host.Close()
		port := l.Addr().(*net.TCPAddr).Port
		for _, filter := range []string{"sport = :%d and state established", "dport = :%d", "sport = :%[1]d and state established or dport = :%[1]d"} {
			f, err := query.Parse(fmt.Sprintf(filter, port), query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := Look(t.Context(), Options{Source: host, Filter: f, Session: findSession(proc, 50, "")}, true)
			if err != nil || len(p.Victims) != 0 || len(p.Spared) == 0 || p.Spared[0].Reason != OwnSession {
				t.Errorf("%s: %+v, %v", filter, p, err)
			}
		}
	})
}

func inodeOf(t *testing.T, c *net.TCPConn) (inode int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		link, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		inode, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]"))
	})
	if err != nil || inode == 0 {
		t.Fatal(inode, err)
	}
	return inode
}
