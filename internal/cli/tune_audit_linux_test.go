// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestTuneAuditComparesWithTheHost audits four lines in a namespace with those values
// and with one connection that only this side has closed.
func TestTuneAuditComparesWithTheHost(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.tcp_fin_timeout", "30")
	ns.SetSysctl("net.ipv4.tcp_tw_reuse", "1")
	file := filepath.Join(t.TempDir(), "sysctl.conf")
	text := "net.ipv4.tcp_syncookies = 1\nnet.ipv4.tcp_tw_reuse = 1\nnet.ipv4.tcp_tw_recycle = 1\nnet.ipv4.tcp_fin_timeout = 30\nnet.core.somaxconn = 8192\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ns.Enter()
	closeOneSide(t)
	var out bytes.Buffer
	env := cli.System("v0.0.0-test")
	env.Stdout, env.Stderr = &out, &out
	env.Getenv = func(name string) string { return map[string]string{"COLUMNS": "300", "LANG": "C"}[name] }
	if code := cli.Main(context.Background(), env, []string{"tune", "audit", "--live", "always", file}); code != 4 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		":3  net.ipv4.tcp_tw_recycle = 1    DEAD   removed in Linux 4.12; before that it locked out clients behind NAT. Delete the line.",
		":4  net.ipv4.tcp_fin_timeout = 30  WRONG  does not shorten TIME_WAIT (a constant 60 s): it bounds orphaned FIN_WAIT2, of which this host has 1.",
		":5  net.core.somaxconn = 8192      DRIFT  this host has 4096.",
		":1  net.ipv4.tcp_syncookies = 1    NO-OP  already the default.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), ":2 ") {
		t.Errorf("tcp_tw_reuse is blamed:\n%s", out.String())
	}
}

// closeOneSide leaves a FIN_WAIT2 that no process has open.
func closeOneSide(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	_ = peer.SetReadDeadline(time.Now().Add(30 * time.Second))
	_, _ = peer.Read(make([]byte, 1)) // the FIN has arrived
	// Its acknowledgement may be delayed by some 40 ms.
	await(t, "FIN_WAIT2", func() bool {
		rows, _, _ := run(nil, "list", "state fin-wait-2", "-c", "state", "-o", "ndjson")
		return strings.Contains(rows, "FIN_WAIT2")
	})
}
