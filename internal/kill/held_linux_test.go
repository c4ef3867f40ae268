// SPDX-License-Identifier: Apache-2.0

package kill_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// resident is a process in a namespace with a connection there.
func resident(t *testing.T, ns *testnet.NS) (pid int, leave func(), client end) {
	t.Helper()
	cmd := ns.Command("sleep", "600")
	must(t, "start", cmd.Start())
	leave = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(leave)
	ns.Do(func() {
		s := listen(t, 8080)
		var accepted end
		client, accepted = s.connect(t, 0)
		t.Cleanup(client.close)
		t.Cleanup(accepted.close)
	})
	return cmd.Process.Pid, leave, client
}

// TestNameLeadsElsewhere makes the path of the namespace lead to another one between
// the preview and the kill: the sockets that were shown are closed, and none in the
// other namespace.
func TestNameLeadsElsewhere(t *testing.T) {
	here, there := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	first, _, client := resident(t, here)
	second, _, stranger := resident(t, there)
	name := filepath.Join(t.TempDir(), "web")
	must(t, "link", os.Symlink(fmt.Sprintf("/proc/%d/ns/net", first), name))
	p := look(t, kill.Options{}, name, "dport = :8080")
	if len(p.Victims) != 1 {
		t.Fatalf("%d victims", len(p.Victims))
	}
	must(t, "unlink", os.Remove(name))
	must(t, "link", os.Symlink(fmt.Sprintf("/proc/%d/ns/net", second), name))
	r := closeAll(t, p)
	want(t, r, 1, 0, 0)
	if client.failure(t) != unix.ECONNABORTED || stranger.state(t) != tcp.Established || len(r.NotShown) != 0 {
		t.Errorf("it looked elsewhere: %+v", r)
	}
}

// TestProcessLeaves ends the process through which the namespace was named.
func TestProcessLeaves(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	for _, scope := range []string{"pid", "all"} {
		pid, leave, client := resident(t, ns)
		filter := fmt.Sprintf("dport = :8080 and pid = %d and state established", os.Getpid())
		at := scope
		if scope == "pid" {
			at = fmt.Sprint(pid)
		}
		_, port := nameOf(t, client.fd)
		p := look(t, kill.Options{}, at, fmt.Sprintf("%s and sport = :%d", filter, port))
		if len(p.Victims) != 1 {
			t.Fatalf("%s: %d victims", scope, len(p.Victims))
		}
		leave()
		want(t, closeAll(t, p), 1, 0, 0)
		if client.failure(t) != unix.ECONNABORTED {
			t.Errorf("%s: it lives", scope)
		}
		ns = testnet.New(t, testnet.Options{})
	}
}

// closing is a source that can be read once.
type closing struct {
	engine.Source

	looks int
}

func (c *closing) Rows(ctx context.Context, q engine.Scan, v engine.Visitor) (*engine.Report, error) {
	if c.looks++; c.looks > 1 {
		return nil, errors.New("no way in")
	}
	return c.Source.Rows(ctx, q, v)
}

// TestUnreachable: if the sockets cannot be read any more, each confirmed one is
// reported as left, not as gone.
func TestUnreachable(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 0)
		defer client.close()
		defer accepted.close()
		host, err := engine.Open(engine.Options{})
		must(t, "open", err)
		defer host.Close()
		p, err := kill.Look(t.Context(), kill.Options{Source: &closing{Source: host}, Filter: parse(t, "dport = :8080")}, false)
		must(t, "look", err)
		r := closeAll(t, p)
		want(t, r, 0, 0, 1)
		if r.Outcomes[0].Reason != kill.Unreachable || r.Outcomes[0].Detail.En != "no way in" || client.state(t) != tcp.Established {
			t.Errorf("%+v", r.Outcomes)
		}
	})
}
