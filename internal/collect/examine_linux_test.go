// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// overfull makes a listener with an accept queue of one place, and more connections
// than fit, in a new namespace.
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

// TestExamine: one reading has the sockets, facts and owners of one namespace.
func TestExamine(t *testing.T) {
	ns := overfull(t)
	var seen *collect.Examined
	var err error
	ns.Do(func() {
		seen, err = collect.Examine(context.Background(), opened(t, engine.Options{}), collect.Examination{Owners: true})
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
		if _, ok := space.Counters.Of(name); !ok {
			t.Errorf("no counter %s", name)
		}
	}
	for _, name := range []string{"TCP.orphan", "file-nr.allocated"} {
		if _, ok := seen.Machine.Host.Gauges.Of(name); !ok {
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

// TestExamineWithoutTrouble: a machine without trouble needs no owners, so no pass
// over the processes is made.
func TestExamineWithoutTrouble(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		listener, err := net.Listen("tcp4", "127.0.0.1:8080")
		if err != nil {
			t.Error(err)
			return
		}
		defer listener.Close()
		seen, err := collect.Examine(context.Background(), opened(t, engine.Options{}), collect.Examination{Owners: true})
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

// TestExamineSnapshot: Examine judges a saved machine as it judges the live one.
func TestExamineSnapshot(t *testing.T) {
	ns := overfull(t)
	var file bytes.Buffer
	var live *collect.Examined
	var err error
	ns.Do(func() {
		if live, err = collect.Examine(context.Background(), opened(t, engine.Options{}), collect.Examination{Owners: true}); err == nil {
			_, err = opened(t, engine.Options{Name: "h"}).Save(context.Background(), engine.SaveOptions{Now: time.Now()}, &file)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	written, err := snapshot.Open(bytes.NewReader(file.Bytes()), int64(file.Len()), "test")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := collect.Examine(context.Background(), engine.NewSaved(written, "test"), collect.Examination{Owners: true})
	if err != nil {
		t.Fatal(err)
	}
	if saved.Partial() {
		t.Errorf("gaps: %+v", saved.Report.Gaps)
	}
	if a, b := live.Machine.Spaces[0].Spread, saved.Machine.Spaces[0].Spread; a <= 0 || b != 0 {
		t.Errorf("read %v apart, saved as %v; the second is not known", a, b)
	}
	if live.Machine.Others == nil || saved.Machine.Others == nil {
		t.Fatalf("how many other namespaces there are is not known: %v, %v", live.Machine.Others, saved.Machine.Others)
	}
	saved.Machine.Others = live.Machine.Others                                      // other tests make and remove namespaces
	saved.Machine.Files, saved.Machine.Host = live.Machine.Files, live.Machine.Host // a snapshot does not have them, and other tests change them
	saved.Machine.Spaces[0].Descriptors = live.Machine.Spaces[0].Descriptors        // a snapshot does not have them, and says so
	saved.Machine.Spaces[0].Unlisted = live.Machine.Spaces[0].Unlisted              // likewise not in a snapshot
	if diff := cmp.Diff(findings(live.Machine), findings(saved.Machine)); diff != "" {
		t.Errorf("findings (-live +saved)\n%s", diff)
	}
	queues := diagnose.JudgeQueues(saved.Machine.Spaces[0].Sockets.Queues, nil, 0)
	if o := queues[0].Socket.Owner; o == nil || o.Process == nil || int(o.Process.PID) != os.Getpid() {
		t.Errorf("the owner in the snapshot: %+v", o)
	}
}

// TestExaminePlaceOfSocket: the doctor names the unit in which a socket was made, as
// the rows do, even if its process has moved to another cgroup since or has a deeper
// path in another hierarchy.
func TestExaminePlaceOfSocket(t *testing.T) {
	var ns *testnet.NS
	unit := inScope(t, func() { ns = overfull(t) })
	ns.Do(func() {
		seen, err := collect.Examine(context.Background(), opened(t, engine.Options{}), collect.Examination{Owners: true})
		if err != nil {
			t.Error(err)
			return
		}
		o := diagnose.JudgeQueues(seen.Machine.Spaces[0].Sockets.Queues, nil, 0)[0].Socket.Owner
		if o == nil || o.Process == nil || o.Unit != unit {
			t.Errorf("the owner of a listener made in %s: %+v", unit, o)
		}
	})
}

// inScope runs do in a cgroup that looks like a unit, and returns its name.
func inScope(t *testing.T, do func()) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	mount, ok := procfs.Cgroup2Mount(string(mounts))
	if !ok {
		t.Skip("no cgroup v2 hierarchy is mounted")
	}
	own, err := procfs.Own().ReadProcessCgroup(int32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	unit := fmt.Sprintf("tcpvitals-test-%d.scope", os.Getpid())
	dir := filepath.Join(mount.Point, unit)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("no cgroup can be made: ", err)
	}
	enter := func(dir string) {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	defer enter(filepath.Join(mount.Point, own.V2))
	enter(dir)
	do()
	return unit
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

// TestExamineListing: Examine judges rows as far as they tell enough, and bare counts
// too.
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
		seen, err := collect.Examine(context.Background(), engine.NewListing(strings.NewReader(c.text), "test"), collect.Examination{})
		if err != nil {
			t.Fatal(err)
		}
		reading := seen.Machine.Spaces[0].Sockets
		if !seen.Machine.Listing || reading.Counts != c.counts || seen.Tally().Total() != c.total {
			t.Errorf("%q: listing %v, counts %v, %d sockets", c.text, seen.Machine.Listing, reading.Counts, seen.Tally().Total())
		}
	}
	if _, err := collect.Examine(context.Background(), engine.NewListing(strings.NewReader("hello\n"), "test"), collect.Examination{}); err == nil {
		t.Error("prose was taken for a listing")
	}
}
