// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// asProgram makes this test binary act as tcpvitalsd.
const asProgram = "TCPVITALSD_TEST_IS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	if dir := os.Getenv(asSaver); dir != "" {
		saver(dir)
	}
	if name := os.Getenv(asLeaker); name != "" {
		leaker(name)
	}
	if os.Getenv(asStarving) != "" {
		starving()
	}
	longestQueue()
	testnet.Main(m)
}

// longestQueue has the longest queue of a listener read here: the net package reads it
// once, and would take for all namespaces that of the first in which a test listens,
// which may be four.
func longestQueue() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	_ = l.Close()
}

// running is an agent that runs in its own network namespace.
type running struct {
	*testing.T

	ns   *testnet.NS
	cmd  *testnet.Cmd
	logs chan string
	at   string
}

// start runs the agent until the test ends, and waits until it answers.
func start(t *testing.T, ns *testnet.NS, args ...string) *running {
	t.Helper()
	a := &running{T: t, ns: ns, logs: make(chan string, 100)}
	a.cmd = ns.Command(os.Args[0], append([]string{"--listen", "127.0.0.1:0", "--netns", "self", "--examine-every", "1s", "--every", "200ms"}, args...)...)
	a.cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C")
	stderr, err := a.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer close(a.logs)
		for in := bufio.NewScanner(stderr); in.Scan(); {
			a.logs <- in.Text()
		}
	}()
	t.Cleanup(func() {
		_ = a.cmd.Process.Kill()
		<-gone
		_ = a.cmd.Wait()
	})
	line := a.log("tcpvitalsd answers")
	a.at = regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(line)[1]
	return a
}

// log waits for a line of the log that contains text.
func (a *running) log(text string) string {
	a.Helper()
	late := time.After(60 * time.Second)
	for {
		select {
		case line, more := <-a.logs:
			if strings.Contains(line, text) {
				return line
			}
			if !more {
				a.Fatalf("it ended without %q", text)
			}
			a.Log(line)
		case <-late:
			a.Fatalf("no %q in its log", text)
		}
	}
}

// get sends a request to the agent from inside its namespace.
func (a *running) get(path string) (body string, code int) {
	a.Helper()
	var err error
	a.ns.Do(func() {
		var conn net.Conn
		if conn, err = net.Dial("tcp", a.at); err != nil {
			return
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, Dial: func(string, string) (net.Conn, error) { return conn, nil }}, Timeout: 30 * time.Second} //nolint:staticcheck // the connection was made inside
		var response *http.Response
		if response, err = client.Get("http://" + a.at + path); err != nil {
			return
		}
		defer response.Body.Close()
		var text []byte
		text, err = io.ReadAll(response.Body)
		body, code = string(text), response.StatusCode
	})
	if err != nil {
		a.Fatal(err)
	}
	return body, code
}

// listens waits until the agent's address accepts connections.
func (a *running) listens() {
	a.Helper()
	until(a.T, "somebody listens at "+a.at, func() (up bool) {
		a.ns.Do(func() {
			if conn, err := net.Dial("tcp", a.at); err == nil {
				up = true
				conn.Close()
			}
		})
		return up
	})
}

// value is the value of one series in an answer.
func value(t *testing.T, body, series string) float64 {
	t.Helper()
	for line := range strings.Lines(body) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Errorf("no %s", series)
	return -1
}

// until waits until something is so, for two minutes at most: on a busy machine the
// agent reads rarely. A question that began in time counts.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(100 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("not within two minutes: %s", what)
}

// listening makes a listener in a namespace and does not accept.
func listening(t *testing.T, ns *testnet.NS) (l net.Listener) {
	t.Helper()
	ns.Do(func() {
		var err error
		if l, err = net.Listen("tcp", "127.0.0.1:8081"); err != nil {
			t.Fatal(err)
		}
	})
	return l
}

// dial connects to the listener until the test ends.
func dial(t *testing.T, ns *testnet.NS) {
	t.Helper()
	ns.Do(func() {
		conn, err := net.Dial("tcp", "127.0.0.1:8081")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	})
}

// TestAgent: the log names what the agent opens; a changed configuration is applied
// when it is read again, a wrong one is not; and SIGTERM ends the agent in order.
func TestAgent(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	config := filepath.Join(t.TempDir(), "tcpvitalsd.yaml")
	write := func(text string) {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("top: 3\n")
	l := listening(t, ns)
	defer l.Close()
	for range 5 {
		dial(t, ns)
	}
	a := start(t, ns, "--config", config)
	body, _ := a.get("/metrics")
	if !strings.Contains(body, `tcpvitals_accept_queue_connections{address="127.0.0.1",netns="self",port="8081"} 5`) {
		t.Errorf("five wait at the listener: %s", body)
	}
	if n := value(t, body, `tcpvitals_connections{family="ipv4",state="established"}`); n < 10 {
		t.Errorf("%v are established", n)
	}
	for _, zero := range []string{`tcpvitals_connections{family="ipv6",state="time_wait"}`, `tcpvitals_source_failures_total{source="count"}`, `tcpvitals_listeners_left_out`} {
		if n := value(t, body, zero); n != 0 {
			t.Errorf("%s = %v", zero, n)
		}
	}
	if n := value(t, body, `tcpvitals_group_connections{by="port",name="8081",state="established"}`); n != 5 {
		t.Errorf("of the port: %v", n)
	}
	promtool(t, body)
	if value(t, body, "tcpvitals_traced") == 1 {
		dial(t, ns)
		until(t, "the transition of a connection is told", func() bool {
			body, _ = a.get("/metrics")
			return value(t, body, `tcpvitals_transitions_total{from="syn_sent",to="established"}`) >= 1
		})
	}

	// A second agent on the same port fails with one message.
	other := ns.Command(os.Args[0], "--listen", a.at)
	other.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C")
	said, err := other.CombinedOutput()
	if err == nil || other.ProcessState.ExitCode() != 2 || strings.Count(string(said), "\n") != 2 || !strings.Contains(string(said), "is taken") {
		t.Errorf("the second: %v: %s", err, said)
	}

	write("top: none\n")
	a.signal(syscall.SIGHUP)
	a.log("the configuration is wrong")
	write("top: 3\nlisten: 127.0.0.1:1\nlog-format: json\n")
	a.signal(syscall.SIGHUP)
	if line := a.log("this needs a restart"); !strings.Contains(line, "setting=log-format") {
		t.Errorf("of the command line and the file: %s", line)
	}
	a.log("read anew")
	a.looksAgain()
	for path, want := range map[string]int{"/-/healthy": 200, "/-/ready": 200, "/": 200, "/etc/passwd": 404, "/metrics/": 404} {
		if _, code := a.get(path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
	a.signal(syscall.SIGTERM)
	a.log("tcpvitalsd ends")
	for range a.logs { // until the agent has ended
	}
	if err := a.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func (a *running) signal(s os.Signal) {
	a.Helper()
	if err := a.cmd.Process.Signal(s); err != nil {
		a.Fatal(err)
	}
}

func promtool(t *testing.T, body string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Log("no promtool here")
		return
	}
	check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	check.Stdin = strings.NewReader(body)
	if said, err := check.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool: %v: %s", err, said)
	}
}

// TestRightsGiven: after its first answer the process has only the capabilities that
// it needs.
func TestRightsGiven(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	a := start(t, ns)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !testnet.WithoutC() {
		t.Skip("this test is linked with C: nothing can be given up in it")
	}
	for _, want := range []string{"CapPrm:\t000000c000081004", "CapEff:\t000000c000081004", "CapBnd:\t000000c000081004", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(status), want+"\n") {
			t.Errorf("no %s in %s", want, status)
		}
	}
	a.signal(syscall.SIGHUP) // makes it read at once
	a.log("read anew")
	a.looksAgain()
}

// looksAgain waits until both sources have been read again.
func (a *running) looksAgain() {
	a.Helper()
	began := time.Now()
	until(a.T, "it looks again", func() bool {
		body, _ := a.get("/metrics")
		newer := func(source string) bool {
			return value(a.T, body, `tcpvitals_sample_age_seconds{source="`+source+`"}`) < time.Since(began).Seconds() &&
				value(a.T, body, `tcpvitals_source_failures_total{source="`+source+`"}`) == 0
		}
		return newer("count") && newer("examine")
	})
}

// TestCompat: beside a real node_exporter in the same namespace, common series have
// the same values, except for those that change and for the byte sums, to which
// node_exporter adds the limits of listeners.
func TestCompat(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	need(t, "prometheus-node-exporter")
	a := start(t, ns, "--compat", "node-exporter")
	cmd := ns.Command("prometheus-node-exporter", "--web.listen-address=127.0.0.1:9100", "--collector.disable-defaults",
		"--collector.tcpstat", "--collector.netstat", "--collector.sockstat", "--web.disable-exporter-metrics")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	node := &running{T: t, ns: ns, at: "127.0.0.1:9100"}
	node.listens()
	// Wait until nothing changes except what the requests themselves cause.
	theirs, _ := node.get("/metrics")
	until(t, "both tell of as many listeners", func() bool {
		ours, _ := a.get("/metrics")
		theirs, _ = node.get("/metrics")
		const listen = `node_tcp_connection_states{state="listen"}`
		return value(t, ours, listen) == value(t, theirs, listen)
	})
	ours, _ := a.get("/metrics")
	types := func(body string) map[string]string {
		all := map[string]string{}
		for line := range strings.Lines(body) {
			if rest, ok := strings.CutPrefix(line, "# "); ok {
				kind, rest, _ := strings.Cut(rest, " ")
				name, text, _ := strings.Cut(strings.TrimSpace(rest), " ")
				all[kind+" "+name] = text
			}
		}
		return all
	}
	mine := types(ours)
	compared := 0
	for key, text := range types(theirs) {
		if !regexp.MustCompile(`node_(tcp_|netstat_Tcp|sockstat_(TCP|sockets))`).MatchString(key) {
			continue
		}
		if compared++; mine[key] != text {
			t.Errorf("%s: %q, node_exporter has %q", key, mine[key], text)
		}
	}
	if compared < 40 {
		t.Errorf("only %d lines of help and types", compared)
	}
	for line := range strings.Lines(theirs) {
		series, text, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || !regexp.MustCompile(`^node_(tcp_|netstat_TcpExt|sockstat_TCP6)`).MatchString(series) || strings.Contains(series, "queued_bytes") {
			continue
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		// The requests of this test make some connections per second.
		if got := value(t, ours, series); got < want-40 || got > want+40 {
			t.Errorf("%s = %v, node_exporter says %v", series, got, want)
		}
	}
	answersDashboard(t, a, node)
	if n := value(t, ours, `node_tcp_connection_states{state="tx_queued_bytes"}`); n > 100 {
		t.Errorf("%v bytes wait to be sent", n)
	}
	promtoolKnows(t, ours)
}

// answersDashboard makes sure that each line of the dashboard "Node Exporter Full" about
// TCP has a number, and the same one as node_exporter where that has one. Some numbers are
// of the whole machine, where other tests run: both are asked until they agree.
func answersDashboard(t *testing.T, a, node *running) {
	t.Helper()
	text, err := os.ReadFile("../../internal/metrics/testdata/node-exporter-full.txt")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for line := range strings.Lines(string(text)) {
		if series := strings.TrimSpace(line); series != "" && !strings.HasPrefix(series, "#") {
			asked = append(asked, series)
		}
	}
	if len(asked) != 38 {
		t.Errorf("%d lines", len(asked))
	}
	var wrong []string
	until(t, "the lines of the dashboard agree", func() bool {
		ours, _ := a.get("/metrics")
		theirs, _ := node.get("/metrics")
		wrong = differences(t, asked, ours, theirs)
		return len(wrong) == 0
	})
	for _, text := range wrong {
		t.Error(text)
	}
}

// differences lists the series in which two answers differ by more than what the requests
// of the test change, and those that ours lacks.
func differences(t *testing.T, asked []string, ours, theirs string) (wrong []string) {
	t.Helper()
	// What node_exporter 1.5 does not tell by default; later ones do.
	newer := []string{"node_netstat_TcpExt_TCPOFOQueue", "node_netstat_TcpExt_TCPRcvQDrop", "node_netstat_Tcp_MaxConn"}
	for _, series := range asked {
		got := value(t, ours, series) // an error if there is none
		switch {
		case strings.Contains(series, "_queued_bytes"): // node_exporter adds the limits of listeners
		case strings.Contains(theirs, "\n"+series+" "):
			want := value(t, theirs, series)
			room := max(60, want/10)
			switch series {
			case "node_sockstat_TCP_mem":
				room = max(256, want/10) // pages, of which the kernel takes some at once
			case "node_sockstat_TCP_mem_bytes":
				room = max(1<<20, want/10)
			}
			if got < want-room || got > want+room {
				wrong = append(wrong, fmt.Sprintf("%s = %v, node_exporter says %v", series, got, want))
			}
		case slices.Contains(newer, series):
		case got != 0 || !strings.Contains(series, "{state="): // a state without sockets is missing there
			wrong = append(wrong, fmt.Sprintf("%s = %v, node_exporter has none", series, got))
		}
	}
	return wrong
}

var theirName = regexp.MustCompile(`^(?:# (?:HELP|TYPE) )?node_`)

// promtoolKnows runs promtool without its rules about naming.
func promtoolKnows(t *testing.T, body string) {
	t.Helper()
	var ours strings.Builder
	for line := range strings.Lines(body) {
		if !theirName.MatchString(line) {
			ours.WriteString(line)
		}
	}
	promtool(t, ours.String())
}

// need skips a test if a program is missing, or fails it if CI_REQUIRE names
// packagers.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		testnet.Skip(t, testnet.Packagers, err.Error())
	}
}

// startPrometheus starts a Prometheus with a configuration.
func startPrometheus(t *testing.T, ns *testnet.NS, config string) *running {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := ns.Command("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:9090", "--log.level=error")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	server := &running{T: t, ns: ns, at: "127.0.0.1:9090"}
	server.listens()
	return server
}

// TestPrometheus: a real Prometheus scrapes and stores the series, including states
// without sockets.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	need(t, "prometheus")
	ns := testnet.New(t, testnet.Options{})
	a := start(t, ns)
	server := startPrometheus(t, ns, "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs:\n- job_name: tcpvitals\n  static_configs: [{targets: ['"+a.at+"']}]\n")
	for query, want := range map[string]string{
		"up": `"1"]`, "count(tcpvitals_connections)": `"22"]`, `tcpvitals_connections{state="closing",family="ipv6"}`: `"0"]`,
		`min_over_time(tcpvitals_source_success{source="count"}[1m])`: `"1"]`, `count(tcpvitals_findings)`: `"4"]`,
	} {
		said := ""
		until(t, query+" is stored", func() bool {
			said, _ = server.get("/api/v1/query?query=" + url.QueryEscape(query))
			return strings.Contains(said, want)
		})
		if !strings.Contains(said, want) {
			t.Errorf("%s: %s", query, said)
		}
	}
}
