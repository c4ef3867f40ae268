// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/alert"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A trouble is made in a namespace for real, and makes alerts fire.
type trouble struct {
	sysctls map[string]string
	mended  map[string]string // what some of them are when the trouble is over
	set     []string          // commands that prepare the namespace; the first one that fails says that this machine cannot
	// make is called until the alerts fire, and returns what is kept open until then.
	make  func(s *situation) (kept []io.Closer)
	then  string   // rules of nft that are added when everything was made
	fires []string // the alerts, all at the same time
	with  []string // others that are true of it too
	// least is how often make is called before anybody looks, most how often at most; 0
	// is for any number. Between two calls is a pause, which is shortened as the rules are.
	least, most int
	pause       time.Duration
	every       string // how often the agent examines; 2s
	deaf        bool   // nobody accepts
	traced      bool   // it takes a trace
}

// A situation is a trouble that is being made.
type situation struct {
	*trouble
	t      *testing.T
	name   string
	faster int
	cannot string // why this machine does not have it
	ns     *testnet.NS
	agent  *running
	server *server

	kept                       []io.Closer
	calls                      int
	done                       bool
	last, began, fired, silent time.Time
	wrong                      []string // alerts that fired and must not
}

// notMade are the alerts that no test makes fire for real, each with the reason. promtool
// shows each of them firing and silent on series (internal/alert).
func notMade() map[string]string {
	const host = "its limit is that of the whole machine, which a test does not change"
	return map[string]string{
		"TCPPacketsLostOnArrival": host + ": net.core.netdev_max_backlog packets have to wait for one processor",
		"TCPOrphansNearLimit":     host + ": tcp_max_orphans is in the first network namespace alone",
		"TCPAbortedForMemory":     host + ": tcp_max_orphans and tcp_mem are",
		"TCPMemoryPressure":       host + ": tcp_mem is",
		"TCPMemoryFull":           host + ": tcp_mem is",
		"TCPOpenFilesNearLimit":   host + ": fs.file-max",
		"TCPFindingCritical":      "it is for rules to come: every critical one has an alert of its own, or a trouble here",
	}
}

// madeElsewhere are the alerts that other tests make fire for real.
func madeElsewhere() map[string]string {
	return map[string]string{
		"TcpvitalsDown":        "TestPrometheusFires",
		"TcpvitalsBlind":       "TestPrometheusFires",
		"TcpvitalsStoreBehind": "TestRetentionOvertakes",
		"TcpvitalsSamplesLost": "TestRetentionOvertakes",
	}
}

// TestEveryAlertIsMadeOrNot: each alert fires for real in a test, or it is said why not.
func TestEveryAlertIsMadeOrNot(t *testing.T) {
	made := madeElsewhere()
	for name, tr := range troubles() {
		for _, alert := range tr.fires {
			made[alert] = name
		}
	}
	reasons := notMade()
	for _, a := range alert.All() {
		if (made[a.Name] != "") == (reasons[a.Name] != "") {
			t.Errorf("%s: fires for %q, and the reason why not is %q", a.Name, made[a.Name], reasons[a.Name])
		}
		delete(reasons, a.Name)
		delete(made, a.Name)
	}
	for name := range reasons {
		t.Errorf("there is no alert %s", name)
	}
	for name := range made {
		t.Errorf("there is no alert %s", name)
	}
}

// beside is how many troubles are made side by side: each has an agent, which looks at
// what processes have open on the whole machine.
const beside = 7

// TestAlertsFire: the alerts that are shipped fire for troubles that were made for real,
// no other fires, and all end after the trouble. Times of the rules are shortened by a
// factor; make soak leaves them as they are.
func TestAlertsFire(t *testing.T) {
	by, limit := faster, 4*time.Minute
	if os.Getenv("ALERTS_TRUE_TIMES") != "" {
		by, limit = 1, 30*time.Minute
	}
	rules := fasterRules(t, by)
	todo, open := slices.Sorted(maps.Keys(troubles())), []*situation(nil)
	for len(todo)+len(open) > 0 {
		for len(todo) > 0 && len(open) < beside {
			tr := troubles()[todo[0]]
			open = append(open, prepared(t, todo[0], &tr, by, rules))
			todo = todo[1:]
		}
		for _, s := range open {
			s.step()
		}
		open = slices.DeleteFunc(open, func(s *situation) bool {
			over := s.cannot != "" || !s.silent.IsZero() || time.Since(s.began) > limit
			if over {
				t.Run(s.name, s.report)
			}
			return over
		})
		time.Sleep(100 * time.Millisecond)
	}
}

// prepared makes the namespace of a trouble and starts an agent in it.
func prepared(t *testing.T, name string, tr *trouble, by int, rules string) *situation {
	t.Helper()
	s := &situation{trouble: tr, t: t, name: name, faster: by, ns: testnet.New(t, testnet.Options{})}
	for key, value := range tr.sysctls {
		s.ns.SetSysctl(key, value)
	}
	for _, command := range tr.set {
		if said, err := s.ns.Command("sh", "-c", command).CombinedOutput(); err != nil {
			s.cannot = command + ": " + err.Error() + ": " + string(said)
			return s
		}
	}
	s.server = serving(t, s.ns, tr.deaf)
	every := tr.every
	if every == "" {
		every = "2s" // rules of streams want more than a second between two looks
	}
	s.agent = start(t, s.ns, "--examine-every", every, "--data-dir", t.TempDir()+"/history", "--rules", rules)
	if body, _ := s.agent.get("/metrics"); s.traced && value(t, body, "tcpvitals_traced") != 1 {
		s.cannot = noTrace
	}
	s.began = time.Now()
	return s
}

const noTrace = "no trace here"

// step looks once, and goes on with the trouble until it fires.
func (s *situation) step() {
	if s.cannot != "" {
		return
	}
	now := slices.DeleteFunc(s.agent.firing(), s.ofTheMachine)
	for _, name := range now {
		if !slices.Contains(s.fires, name) && !slices.Contains(s.with, name) && !slices.Contains(s.wrong, name) {
			s.wrong = append(s.wrong, name)
		}
	}
	missing := slices.ContainsFunc(s.fires, func(name string) bool { return !slices.Contains(now, name) })
	switch {
	case !s.fired.IsZero() && len(now) == 0:
		s.silent = time.Now()
	case !s.fired.IsZero():
	case len(s.fires) == 0 && time.Since(s.began) < 45*time.Second, missing:
		s.act()
	default:
		s.fired = time.Now()
		s.end()
	}
}

// ofTheMachine reports whether an alert can fire for what else this machine does: packets
// are lost on the whole host, and an agent on a busy one examines less often, so that what
// it knows is older than a minute for some seconds, of which the shortened wait is less.
func (s *situation) ofTheMachine(name string) bool {
	return name == "TCPPacketsLostOnArrival" || name == "TcpvitalsBlind" && s.faster > 1
}

// act makes more of the trouble.
func (s *situation) act() {
	if s.most > 0 && s.calls >= s.most || time.Since(s.last) < s.pause/time.Duration(s.faster) {
		return
	}
	s.last = time.Now()
	s.ns.Do(func() {
		for again := true; again; again = s.calls < s.least {
			s.kept = append(s.kept, s.make(s)...)
			s.calls++
		}
	})
	if s.then == "" || s.done {
		return
	}
	s.done = true
	if said, err := s.ns.Command("nft", s.then).CombinedOutput(); err != nil {
		s.t.Errorf("%s: %v: %s", s.then, err, said)
	}
	for _, c := range s.kept {
		_, _ = c.(io.Writer).Write([]byte("?"))
	}
}

// end takes the trouble away.
func (s *situation) end() {
	if len(s.set)+len(s.then) > 0 {
		_ = s.ns.Command("nft", "flush ruleset").Run() // there may be none
	}
	for key, value := range s.mended {
		s.ns.SetSysctl(key, value)
	}
	s.server.close()
	for _, c := range s.kept {
		_ = c.Close()
	}
	s.kept = nil
}

// report ends the situation, and says how it went.
func (s *situation) report(t *testing.T) {
	if s.agent != nil {
		defer s.agent.ends(syscall.SIGKILL)
		defer s.end()
	}
	switch {
	case s.cannot == noTrace:
		testnet.Skip(t, testnet.BPF, s.cannot)
	case s.cannot != "":
		testnet.Skip(t, testnet.Tools, s.cannot)
	case s.fired.IsZero():
		t.Errorf("%v do not fire; %v do", s.fires, s.agent.firing())
	case s.silent.IsZero():
		t.Errorf("%v go on after the trouble", s.agent.firing())
	default:
		t.Logf("%v fire after %v, and end %v after the trouble", s.fires, s.fired.Sub(s.began).Round(time.Second), s.silent.Sub(s.fired).Round(time.Second))
	}
	if len(s.wrong) > 0 {
		t.Errorf("%v fire too", s.wrong)
	}
}

// A server listens in a namespace, accepts unless it is deaf, and closes nothing.
type server struct {
	port     int
	listener net.Listener
	done     chan struct{}

	mu    sync.Mutex
	conns []net.Conn
}

func serving(t *testing.T, ns *testnet.NS, deaf bool) *server {
	t.Helper()
	s := &server{done: make(chan struct{})}
	var err error
	// Without keepalive, which would end connections to peers that vanish.
	ns.Do(func() {
		s.listener, err = (&net.ListenConfig{KeepAlive: -1}).Listen(t.Context(), "tcp", "127.0.0.1:8080")
	})
	if err != nil {
		t.Fatal(err)
	}
	s.port = s.listener.Addr().(*net.TCPAddr).Port
	go func() {
		defer close(s.done)
		for !deaf {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
		}
	}()
	t.Cleanup(s.close)
	return s
}

// close ends everything with resets, so that nothing is left of it.
func (s *server) close() {
	_ = s.listener.Close()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	s.conns = nil
}

// holding is the port of a server that holds its connections until the test ends.
func holding(t *testing.T, ns *testnet.NS, deaf bool) (port int) {
	t.Helper()
	return serving(t, ns, deaf).port
}
