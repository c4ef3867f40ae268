// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// door is a listener in the output of queues.
type door struct {
	Local      string
	Sport      int
	Inode      uint32
	PID        int
	Members    int
	Waiting    int
	Limit      int
	LimitSetBy string `json:"limit_set_by"`
	Somaxconn  int
	Unaccepted int
	SynRecv    int `json:"syn_recv"`
	Drops      int
	Severity   string
	Signs      []string
	Advice     []string
	Window     *struct {
		Drops          int
		DropsPerSecond float64 `json:"drops_per_second"`
		Overflows      *struct{ Least, Most int }
		Left, Stayed   int
		Movement       string
	}
}

func doorsOf(t *testing.T, ns *testnet.NS, args ...string) []door {
	t.Helper()
	var doc struct{ Listeners []door }
	answer(t, ns, &doc, append([]string{"queues"}, args...)...)
	return doc.Listeners
}

// doorsWhile runs queues with a window and calls happens in the middle of it.
func doorsWhile(t *testing.T, ns *testnet.NS, happens func()) []door {
	t.Helper()
	var doc struct{ Listeners []door }
	answerBetween(t, ns, &doc, happens, time.Second, "queues")
	return doc.Listeners
}

func sameWords(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// TestQueuesNobodyAccepts: listen(5) and an application that does not accept. The
// queue holds one more than its limit, drops grow, and a longer queue would not help.
func TestQueuesNobodyAccepts(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	fd := listenOn(t, ns, endpoint(1, 8080), 5)
	if all := doorsOf(t, ns); len(all) != 1 || all[0].Severity != "ok" || len(all[0].Advice) != 0 {
		t.Fatalf("before the first connection: %+v", all)
	}
	connectTo(t, ns, endpoint(1, 8080), 10)
	got := doorsOf(t, ns)[0]
	if got.Waiting != 6 || got.Limit != 5 || got.Unaccepted != 6 || got.Drops < 4 {
		t.Errorf("waiting %d, limit %d, unaccepted %d, drops %d", got.Waiting, got.Limit, got.Unaccepted, got.Drops)
	}
	if got.Inode != inodeOf(t, fd) || got.PID != os.Getpid() || got.LimitSetBy != "application" {
		t.Errorf("%+v", got)
	}
	sameWords(t, "signs of one look", []string{"full", "dropped"}, got.Signs)
	sameWords(t, "advice after one look", []string{"accept-faster", "raise-backlog"}, got.Advice)

	got = doorsWhile(t, ns, func() { connectTo(t, ns, endpoint(1, 8080), 4) })[0]
	sameWords(t, "signs of a window", []string{"dropping", "full", "stuck"}, got.Signs)
	sameWords(t, "advice after a window", []string{"accept-faster"}, got.Advice)
	if got.Window.Drops < 4 || got.Window.DropsPerSecond <= 0 || got.Severity != "critical" {
		t.Errorf("%s, %+v", got.Severity, got.Window)
	}
	if got.Window.Left != 0 || got.Window.Stayed != 6 {
		t.Errorf("%d left and %d stayed of 6 that waited", got.Window.Left, got.Window.Stayed)
	}
}

// TestQueuesSomaxconn: an application asks for 1000, accepts, and is limited by
// somaxconn. Raising somaxconn and listening again helps.
func TestQueuesSomaxconn(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.core.somaxconn", "4")
	fd := listenOn(t, ns, endpoint(1, 8080), 1000)
	connectTo(t, ns, endpoint(1, 8080), 12)
	got := doorsOf(t, ns)[0]
	if got.Limit != 4 || got.Somaxconn != 4 || got.LimitSetBy != "somaxconn" {
		t.Errorf("limit %d set by %s, somaxconn %d", got.Limit, got.LimitSetBy, got.Somaxconn)
	}
	sameWords(t, "advice after one look", []string{"accept-faster", "raise-somaxconn"}, got.Advice)

	if got.Waiting != 5 {
		t.Errorf("%d wait in a queue with a limit of 4", got.Waiting)
	}
	got = doorsWhile(t, ns, func() { // it accepts now and then, and more connections come at once
		acceptAndClose(t, fd, 5)
		connectTo(t, ns, endpoint(1, 8080), 12) // most are not completed when connectTo returns
	})[0]
	sameWords(t, "signs of a window", []string{"dropping", "full"}, got.Signs)
	sameWords(t, "advice after a window", []string{"raise-somaxconn", "accept-faster"}, got.Advice)
	if w := got.Window; w.Movement != "moved" || w.Left != 5 || w.Stayed != 0 {
		t.Errorf("movement %s, %d left and %d stayed of 5 that waited", w.Movement, w.Left, w.Stayed)
	}

	ns.SetSysctl("net.core.somaxconn", "100")
	if got := doorsOf(t, ns)[0]; got.Limit != 4 {
		t.Errorf("limit %d without listening again", got.Limit)
	}
	must(t, unix.Listen(fd, 1000))
	if got := doorsOf(t, ns)[0]; got.Limit != 100 || slices.Contains(got.Signs, "full") {
		t.Errorf("after raising somaxconn and listening again: limit %d, %v", got.Limit, got.Signs)
	}
}

// TestQueuesStuckMember: of three listeners that share a port, one does not accept. It
// is named, the others are healthy, and the limit is not blamed.
func TestQueuesStuckMember(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	members := make([]int, 3)
	for i := range members {
		members[i] = listenOn(t, ns, endpoint(1, 8080), 5, unix.SO_REUSEPORT)
	}
	for range 60 {
		connectTo(t, ns, endpoint(1, 8080), 1)
		acceptAll(members[0])
		acceptAll(members[2])
	}
	all := doorsOf(t, ns)
	if len(all) != 3 || all[0].Members != 3 {
		t.Fatalf("%+v", all)
	}
	if all[0].Inode != inodeOf(t, members[1]) || all[0].Waiting != 6 || all[0].Drops == 0 {
		t.Errorf("the worst is inode %d, waiting %d, drops %d; stuck is %d", all[0].Inode, all[0].Waiting, all[0].Drops, inodeOf(t, members[1]))
	}
	sameWords(t, "signs", []string{"full", "alone", "dropped"}, all[0].Signs)
	sameWords(t, "advice", []string{"accept-faster"}, all[0].Advice)
	for _, d := range all[1:] {
		if d.Severity != "ok" || len(d.Advice) != 0 {
			t.Errorf("a member that accepts: %+v", d)
		}
	}
}

// TestQueuesFilter: the filter chooses listeners and does not exclude the connections
// that wait for them.
func TestQueuesFilter(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listenOn(t, ns, endpoint(1, 8080), 5)
	listenOn(t, ns, endpoint(1, 8081), 5)
	connectTo(t, ns, endpoint(1, 8081), 2)
	all := doorsOf(t, ns, "backlog = 5 and acceptq > 0")
	if len(all) != 1 || all[0].Sport != 8081 || all[0].Unaccepted != 2 {
		t.Errorf("%+v", all)
	}
}

// TestQueuesHalfOpen: connections that stay half-open fill a queue whose limit is the
// backlog. TCP_DEFER_ACCEPT keeps them so until the client sends data.
func TestQueuesHalfOpen(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.tcp_syncookies", "0")
	fd := openSocket(t, ns)
	must(t, unix.SetsockoptInt(fd, unix.SOL_TCP, unix.TCP_DEFER_ACCEPT, 60))
	must(t, unix.Bind(fd, endpoint(1, 8080)))
	must(t, unix.Listen(fd, 20))

	connectTo(t, ns, endpoint(1, 8080), 14)
	got := doorsOf(t, ns)[0]
	if got.SynRecv != 14 || got.Waiting != 0 || got.Severity != "warning" {
		t.Errorf("%+v", got)
	}
	sameWords(t, "signs above half", []string{"half-open"}, got.Signs)
	sameWords(t, "advice above half", []string{"turn-on-syncookies", "find-half-open-sources"}, got.Advice)

	connectTo(t, ns, endpoint(1, 8080), 20)
	got = doorsOf(t, ns)[0]
	if got.SynRecv != 21 || got.Drops < 13 || got.Severity != "critical" {
		t.Errorf("%+v", got)
	}
	sameWords(t, "signs above the limit", []string{"half-open-full", "dropped"}, got.Signs)
	sameWords(t, "advice above the limit", []string{"turn-on-syncookies", "find-half-open-sources", "raise-backlog"}, got.Advice)
}

// TestQueuesAndDoctorNameOneKnob: with cookies off and a small tcp_max_syn_backlog,
// SYNs are dropped although the listener's own limit is far away. Both commands say
// so, and neither advises to raise the backlog.
func TestQueuesAndDoctorNameOneKnob(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.tcp_syncookies", "0")
	ns.SetSysctl("net.ipv4.tcp_max_syn_backlog", "16")
	fd := openSocket(t, ns)
	must(t, unix.SetsockoptInt(fd, unix.SOL_TCP, unix.TCP_DEFER_ACCEPT, 60)) // keeps them half open
	must(t, unix.Bind(fd, endpoint(1, 8080)))
	must(t, unix.Listen(fd, 128))
	connectTo(t, ns, endpoint(1, 8080), 30)
	got := doorsOf(t, ns)[0]
	if got.SynRecv < 13 || got.SynRecv > 16 {
		t.Fatalf("%d half-open ones, want three quarters of 16 and a few", got.SynRecv)
	}
	sameWords(t, "signs", []string{"half-open-full", "dropped"}, got.Signs)
	sameWords(t, "advice", []string{"turn-on-syncookies", "find-half-open-sources"}, got.Advice)
	v := doctorWhile(t, ns, func() { connectTo(t, ns, endpoint(1, 8080), 5) }, time.Second)
	f := v.finding(t, "SY03", "critical")
	f.proposes(t, "net.ipv4.tcp_syncookies=1")
	for key := range remedies(v.Findings, map[string]string{}) {
		if key != "net.ipv4.tcp_syncookies" {
			t.Errorf("the doctor tells to change %s too:\n%s", key, v)
		}
	}
}
