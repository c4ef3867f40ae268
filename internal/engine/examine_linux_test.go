// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// overfull makes a listener with a queue of one place and more connections than
// that, in a namespace of its own.
func overfull(t *testing.T) *testnet.NS {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "1")
	ns.Do(func() {
		listener, err := net.Listen("tcp4", "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		for range 2 {
			conn, err := net.DialTimeout("tcp4", "127.0.0.1:8080", 30*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
		}
	})
	testnet.Delivered(t)
	return ns
}

// TestExamine: sockets, facts and owners of one namespace, in one look.
func TestExamine(t *testing.T) {
	ns := overfull(t)
	var seen *engine.Examined
	var err error
	ns.Do(func() {
		seen, err = engine.Examine(context.Background(), engine.Options{}, engine.Examination{Owners: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Machine.Spaces) != 1 || seen.Machine.Kernel == "" || seen.Machine.Files == nil || seen.Machine.Others == nil {
		t.Fatalf("%+v", seen.Machine)
	}
	space := seen.Machine.Spaces[0]
	if space.Initial {
		t.Error("a namespace of a test is taken for the first of the host")
	}
	if got := seen.Tally().Of(tcp.Established).Total; got != 4 {
		t.Errorf("%d ESTABLISHED, want 4", got)
	}
	if space.Sysctls["net.core.somaxconn"] != "1" {
		t.Errorf("somaxconn is %q", space.Sysctls["net.core.somaxconn"])
	}
	for _, name := range []string{"TcpExt.ListenDrops", "Tcp.EstabResets"} {
		if _, ok := space.Counters[name]; !ok {
			t.Errorf("no counter %s", name)
		}
	}
	for _, name := range []string{"TCP.orphan", "file-nr.allocated"} {
		if _, ok := seen.Machine.Host.Gauges[name]; !ok {
			t.Errorf("no gauge %s of the host", name)
		}
	}
	queues := diagnose.JudgeQueues(space.Sockets.Queues, nil, 0)
	if len(queues) != 1 || queues[0].Severity != diagnose.Critical || queues[0].LimitSetBy != diagnose.LimitSomaxconn {
		t.Fatalf("%+v", queues)
	}
	if o := queues[0].Socket.Owner; o == nil || o.Process == nil || int(o.Process.PID) != os.Getpid() {
		t.Errorf("the owner of the listener in trouble: %+v", o)
	}
}

// TestExamineWithoutTrouble spares the pass over the processes: nobody's owner
// is looked up.
func TestExamineWithoutTrouble(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listener, err := net.Listen("tcp4", "127.0.0.1:8080")
		if err != nil {
			t.Error(err)
			return
		}
		defer listener.Close()
		seen, err := engine.Examine(context.Background(), engine.Options{}, engine.Examination{Owners: true})
		if err != nil {
			t.Error(err)
			return
		}
		for _, q := range diagnose.JudgeQueues(seen.Machine.Spaces[0].Sockets.Queues, nil, 0) {
			if q.Socket.Owner != nil {
				t.Errorf("%+v", q.Socket.Owner)
			}
		}
	})
}

// TestExamineSnapshot: a saved machine is judged as the live one is.
func TestExamineSnapshot(t *testing.T) {
	ns := overfull(t)
	var file bytes.Buffer
	var live *engine.Examined
	var err error
	ns.Do(func() {
		if live, err = engine.Examine(context.Background(), engine.Options{}, engine.Examination{Owners: true}); err == nil {
			_, err = engine.Save(context.Background(), engine.SaveOptions{Host: "h", Now: time.Now()}, &file)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := snapshot.Open(bytes.NewReader(file.Bytes()), int64(file.Len()), "test")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := engine.ExamineSnapshot(context.Background(), opened, engine.Examination{Owners: true})
	if err != nil {
		t.Fatal(err)
	}
	if saved.Partial() {
		t.Errorf("gaps: %+v", saved.Report.Gaps)
	}
	saved.Machine.Files, saved.Machine.Host = live.Machine.Files, live.Machine.Host // not saved; and others' on this host
	if diff := cmp.Diff(findings(live.Machine), findings(saved.Machine)); diff != "" {
		t.Errorf("findings (-live +saved)\n%s", diff)
	}
	queues := diagnose.JudgeQueues(saved.Machine.Spaces[0].Sockets.Queues, nil, 0)
	if o := queues[0].Socket.Owner; o == nil || o.Process == nil || int(o.Process.PID) != os.Getpid() {
		t.Errorf("the owner in the snapshot: %+v", o)
	}
}

func findings(m *diagnose.Machine) (all []string) {
	d := diagnose.Judge(m, nil, 0)
	for i := range d.Findings {
		f := &d.Findings[i]
		all = append(all, f.Code+" "+f.Severity.String()+" "+f.Summary.En)
	}
	for _, n := range d.NotJudged {
		all = append(all, n.Code+": "+n.Missing[0].Reason.En)
	}
	return append(all, "passed: "+strings.Join(d.Passed, " "))
}

// TestExamineListing: rows are judged as far as they go, and counts alone too.
func TestExamineListing(t *testing.T) {
	rows := "State Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 6 5 0.0.0.0:80 0.0.0.0:*\nTIME-WAIT 0 0 10.0.0.1:80 10.0.0.2:4000\n"
	for _, c := range []struct {
		text   string
		counts bool
		total  uint64
	}{
		{rows, false, 2},
		{"TIME_WAIT 18122\nLAST_ACK 14\n", true, 18136},
	} {
		seen, err := engine.ExamineListing(context.Background(), strings.NewReader(c.text), "test")
		if err != nil {
			t.Fatal(err)
		}
		reading := seen.Machine.Spaces[0].Sockets
		if !seen.Machine.Listing || reading.Counts != c.counts || seen.Tally().Total() != c.total {
			t.Errorf("%q: listing %v, counts %v, %d sockets", c.text, seen.Machine.Listing, reading.Counts, seen.Tally().Total())
		}
	}
	if _, err := engine.ExamineListing(context.Background(), strings.NewReader("hello\n"), "test"); err == nil {
		t.Error("prose was taken for a listing")
	}
}
