// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestRowsOfBothEngines: sock_diag and /proc show the same sockets, with the
// same fields as far as both know them.
func TestRowsOfBothEngines(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			held := labtest.Hold(t, labtest.EveryState(), family)
			fields := socket.FieldsOf(socket.FieldDirection, socket.FieldListener, socket.FieldUser)
			filter := mustParse(t, "not state bound")
			rows := func(engineName string) []string {
				return rowsIn(t, held.Do, engine.Options{Engine: engineName}, filter, fields)
			}
			diag, proc := rows("sock_diag"), rows("procfs")
			for range 10 { // until no retransmission has happened in between
				again := rows("sock_diag")
				if slices.Equal(diag, again) {
					break
				}
				diag, proc = again, rows("procfs")
			}
			if len(diag) == 0 {
				t.Fatal("no rows")
			}
			if diff := cmp.Diff(diag, proc); diff != "" {
				t.Errorf("rows (-sock_diag +procfs):\n%s", diff)
			}
		})
	}
}

// rowsIn lists the sockets as text, in order.
func rowsIn(t *testing.T, do func(func()), o engine.Options, filter *query.Filter, fields socket.FieldSet) []string {
	t.Helper()
	var rows []string
	var err error
	do(func() {
		_, err = each(context.Background(), opened(t, o), engine.Scan{Filter: filter, Fields: fields}, func(s *socket.Socket) bool {
			row := fmt.Sprint(s.State, s.Kind, s.Family, s.Local, s.Remote, s.RecvQ, s.Inode, s.Timer, s.Retrans, s.User, s.Direction)
			if s.State == tcp.SynRecv {
				// for a request, /proc shows the listener's uid, and retries are
				// counted differently
				row = fmt.Sprint(s.State, s.Kind, s.Family, s.Local, s.Remote, s.Inode)
			}
			rows = append(rows, row)
			return true
		})
	})
	if err != nil {
		t.Fatalf("%s: %v", o.Engine, err)
	}
	slices.Sort(rows)
	return rows
}

func mustParse(t *testing.T, text string) *query.Filter {
	t.Helper()
	f, err := query.Parse(text, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFilterInTheKernelKeepsTheProbe: if the probe for bound and idle sockets does not
// meet a condition, that does not mean that the kernel does not show such sockets.
func TestFilterInTheKernelKeepsTheProbe(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		shown := showsBound(t)
		for _, filter := range []string{"sport = :1", "dport = :1 and state bound", ""} {
			var f *query.Filter
			if filter != "" {
				f = mustParse(t, filter)
			}
			report, err := each(context.Background(), opened(t, engine.Options{Engine: "sock_diag"}), engine.Scan{Filter: f}, func(*socket.Socket) bool { return true })
			if err != nil {
				t.Errorf("%q: %v", filter, err)
			}
			onlyBoundMissing(t, report.Gaps, shown)
		}
	})
}

// showsBound reports whether sock_diag shows sockets that are bound but idle.
func showsBound(t *testing.T) bool {
	t.Helper()
	shown, err := sockdiag.ShowsBound()
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// TestOwnersAreInferred: a socket that no process owns any more gets the owner of the
// listener, or of other connections to its destination, marked as inferred.
func TestOwnersAreInferred(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ends := map[string]string{}
	ns.Do(func() {
		listener, err := net.Listen("tcp", "127.0.0.1:8080")
		if err != nil {
			t.Error(err)
			return
		}
		defer listener.Close()
		kept := dialTo(t, listener) // the client is known to go to 8080
		defer kept.client.Close()
		defer kept.server.Close()
		first := dialTo(t, listener) // the client's end closes first, so TIME_WAIT is the client's
		_ = first.client.Close()
		_ = first.server.Close()
		awaitCounts(t, map[tcp.State]uint64{tcp.Listen: 1, tcp.Established: 2, tcp.TimeWait: 1})
		fields := socket.FieldsOf(socket.FieldProcess, socket.FieldOwnerOf, socket.FieldOwnerWhy)
		_, err = each(context.Background(), opened(t, engine.Options{}), engine.Scan{Fields: fields}, func(s *socket.Socket) bool {
			who := "nobody"
			if s.Owner != nil && s.Owner.Process != nil {
				who = fmt.Sprint(s.Owner.Process.PID == uint32(os.Getpid()), " ", s.Owner.Confidence == socket.OwnerInferred, " ", s.Owner.Why)
			}
			ends[s.State.String()] = who
			return true
		})
		if err != nil {
			t.Error(err)
		}
	})
	want := map[string]string{
		"LISTEN": "true false ", "ESTABLISHED": "true false ", "TIME_WAIT": "true true only client of its destination",
	}
	if diff := cmp.Diff(want, ends); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

type connection struct{ client, server net.Conn }

func dialTo(t *testing.T, l net.Listener) connection {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return connection{client, server}
}

// TestFiftyNamespacesAddUp makes 50 "containers" with different numbers of listeners
// and finds each of them once.
func TestFiftyNamespacesAddUp(t *testing.T) {
	want := map[uint64]uint64{}
	for i := range 50 {
		ns := testnet.New(t, testnet.Options{})
		want[ns.Inode()] = uint64(i%7 + 1)
		ns.Do(func() {
			for range i%7 + 1 {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { _ = l.Close() })
			}
		})
		holder := ns.Command("sleep", "600") // a namespace is found through its processes
		if err := holder.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = holder.Process.Kill(); _ = holder.Wait() })
	}
	got := map[uint64]uint64{}
	report, err := each(context.Background(), opened(t, engine.Options{Netns: "all"}), engine.Scan{Fields: socket.FieldsOf(socket.FieldNetnsInode)},
		func(s *socket.Socket) bool {
			if _, ours := want[s.Netns.Inode]; ours {
				got[s.Netns.Inode]++
			}
			return true
		})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sockets by namespace (-made +counted):\n%s", diff)
	}
	if report.Namespaces < 51 {
		t.Errorf("%d namespaces read, want 50 and our own", report.Namespaces)
	}
}

// TestThingsVanishWhileTheyAreRead: namespaces and processes that come and go cause
// gaps at most, never an error.
func TestThingsVanishWhileTheyAreRead(t *testing.T) {
	testnet.Require(t, testnet.Root)
	testnet.Require(t, testnet.Netns)
	ctx, stop := context.WithCancel(context.Background())
	churn := make(chan struct{})
	go func() {
		defer close(churn)
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, "true")
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
			_ = cmd.Run()
		}
	}()
	fields := socket.FieldsOf(socket.FieldProcess, socket.FieldCommand, socket.FieldNetns)
	const most, least, long = 40, 8, 5 * time.Second // a slow machine makes fewer passes
	begin := time.Now()
	for i := range most {
		if i >= least && time.Since(begin) > long {
			break
		}
		_, err := each(context.Background(), opened(t, engine.Options{Netns: "all"}), engine.Scan{Fields: fields}, func(*socket.Socket) bool { return true })
		if err != nil {
			t.Errorf("rows: %v", err)
			break
		}
	}
	stop()
	<-churn
}

// asNobody in the environment makes this test binary list owners and print the
// gaps.
const asNobody = "TCPVITALS_TEST_NOBODY"

func nobodysGaps() int {
	fields := socket.FieldsOf(socket.FieldProcess)
	wrong := 0
	host, err := engine.Open(engine.Options{})
	if err != nil {
		return 1
	}
	report, err := each(context.Background(), host, engine.Scan{Fields: fields}, func(s *socket.Socket) bool {
		if v, known := socket.FieldProcess.Field().Value(s); s.Inode != 0 && known && v.Kind() == socket.Absent {
			wrong++ // a process has it open, so "none" is wrong
		}
		return true
	})
	if err != nil || wrong > 0 || json.NewEncoder(os.Stdout).Encode(report.Gaps) != nil {
		return 1
	}
	return 0
}

// TestNoPermissionIsAGap: without root the sockets are listed, and the answer says
// whose processes were not visible and which right is missing.
func TestNoPermissionIsAGap(t *testing.T) {
	testnet.Require(t, testnet.Root)
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "engine") // other users may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := dir + "/engine.test"
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(program, binary, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), asNobody+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var gaps []problem.Gap
	if err := json.Unmarshal(out, &gaps); err != nil {
		t.Fatal(err)
	}
	told := slices.ContainsFunc(gaps, func(g problem.Gap) bool {
		return strings.Contains(g.Source, "/fd") && g.Code == problem.ProcessesDenied
	})
	if !told {
		t.Errorf("gaps %v do not say that processes could not be seen", gaps)
	}
}
