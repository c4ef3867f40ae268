// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// tracedPort is the port to which these tests connect.
const tracedPort = 8080

// endings makes three connections: the client closes the first, the server closes the
// second, and the server resets the third with a byte unread.
func endings(t *testing.T) func() {
	return func() {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tracedPort})
		must(t, err)
		defer l.Close()
		for i := range 3 {
			client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
			must(t, err)
			server, err := l.AcceptTCP()
			must(t, err)
			first, second := client, server
			if i > 0 {
				first, second = server, client
			}
			if i == 2 {
				_, err := client.Write([]byte("x"))
				must(t, err)
				testnet.Delivered(t)
			}
			must(t, first.Close())
			_, _ = second.Read(make([]byte, 1))
			must(t, second.Close())
		}
	}
}

// TestTraceSummary: the whole document, and the table in both languages.
func TestTraceSummary(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	out := repeated(t, ns, endings(t), "trace", "--summary", "10s", "--netns", ns.Path(), "-o", "json")
	var got map[string]any
	must(t, json.Unmarshal([]byte(out), &got))
	delete(got, "host") // the name of this machine
	withoutKey(got, "unit", "container", "netns")
	sameReasons(got)
	compareGolden(t, filepath.Join("testdata", "golden", "trace.json"), got)
	for lang, want := range map[string]string{"en": "en.txt", "zh": "zh.txt"} {
		table := repeated(t, ns, endings(t), "trace", "--summary", "10s", "--netns", ns.Path(), "--lang", lang)
		table = regexp.MustCompile(`\([a-z0-9.-]+\.(scope|service)\)|init\.scope`).ReplaceAllString(table, "")
		table = regexp.MustCompile(`(?m)^ (not visible|看不到).*trace.*\n(   .*\n)*`).ReplaceAllString(strings.ReplaceAll(table, "not-specified", abortWord), "")
		compareText(t, filepath.Join("testdata", "golden", "trace."+want), spaces(table))
	}
}

// abortWord is the kernel's reason for a close with unread data, since Linux 6.10.
const abortWord = "tcp-abort-on-close"

// sameReasons inserts that reason into the document of an older kernel, which gives no
// reason for a reset.
func sameReasons(doc map[string]any) {
	for _, r := range doc["resets"].([]any) {
		if one := r.(map[string]any); one["reset"] == "not-specified" {
			one["reset"], doc["gaps"] = abortWord, []any{}
		}
	}
}

// withoutKey removes keys from a document, at any depth.
func withoutKey(v any, keys ...string) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range keys {
			delete(v, k)
		}
		for k := range v {
			withoutKey(v[k], keys...)
		}
	case []any:
		for i := range v {
			withoutKey(v[i], keys...)
		}
	}
}

// spaces replaces several blanks by one.
func spaces(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestExtrapolate: connections closed before the trace are divided, service by
// service, among the programs that close during it, and are called inferred; for a
// service that nobody closes during the trace they stay unknown.
func TestExtrapolate(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.tcp_tw_reuse", "0") // so that no TIME_WAIT is taken over
	closes := func(port, n int) {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		must(t, err)
		defer l.Close()
		for range n {
			client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
			must(t, err)
			server, err := l.AcceptTCP()
			must(t, err)
			must(t, client.Close())
			_, _ = server.Read(make([]byte, 1))
			must(t, server.Close())
		}
	}
	ns.Do(func() { closes(tracedPort, 8); closes(tracedPort+1, 3) })
	out := repeated(t, ns, func() { closes(tracedPort, 4) }, "census", "state time-wait", "--trace", "1s", "--extrapolate",
		"--by", "process,owner", "--netns", ns.Path(), "-o", "csv")
	for _, want := range []string{",inferred,8,", ",traced,4,", ",none,3,"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestTraceRows: rows are available in every form of output, and a filter chooses
// among them.
func TestTraceRows(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	for _, tt := range []struct {
		args []string
		want string // a pattern
	}{
		{[]string{"-c", "reason,from,state,sport,dport,closer,direction"}, `(?s) reason +from +state +sport +dport +closer +direction
 closed-first +ESTABLISHED +FIN_WAIT1 +\d+ +8080  cli.test +outbound
 closed-after +CLOSE_WAIT +LAST_ACK +8080 +\d+  cli.test +inbound
 closed-first +ESTABLISHED +FIN_WAIT1 +8080 .*
 unread-data +ESTABLISHED +CLOSE +8080 +\d+  cli.test +inbound
 peer-reset +ESTABLISHED +CLOSE +\d+ +8080  - +outbound
 6 changes · trace
$`},
		{[]string{"reason = unread-data", "-o", "ndjson", "-c", "reason,sport,process"}, `^{"reason":"unread-data","sport":8080,"process":"cli.test"}\n$`},
		{[]string{"--by", "closer,reason", "--top", "1", "reason != peer-reset"}, `(?s) 5 changes in \d groups · trace\n\n closer +reason +count +share\n cli.test +closed-(first|after) +2 +40.0 %\n`},
		{[]string{"reason = refused", "-o", "csv", "-c", "reason,sport"}, `^reason,sport\n$`},
		{[]string{"--events", "state = time-wait or from = Listen", "-c", "from,state"}, `(?s)^ from +state\n LISTEN +SYN_RECV\n LISTEN +SYN_RECV\n LISTEN +SYN_RECV\n LISTEN +CLOSE\n 4 changes`},
	} {
		out := tracedRows(t, ns, tt.args)
		if !regexp.MustCompile(tt.want).MatchString(out) {
			t.Errorf("%v:\n%s\nwant\n%s", tt.args, out, tt.want)
		}
	}
}

// tracedRows runs trace while connections end.
func tracedRows(t *testing.T, ns *testnet.NS, args []string) string {
	t.Helper()
	out, stderr, code := meanwhile(ns, endings(t), append([]string{"trace", "--for", "1s", "--netns", ns.Path()}, args...)...)
	if code != 0 {
		t.Errorf("%v: exit code %d: %s", args, code, stderr)
	}
	return out
}

// TestCensusTrace: a TIME_WAIT that a trace saw appear has the program that caused it
// as owner; the owner of an earlier one is unknown, and without a trace no owner is
// named.
func TestCensusTrace(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	ns.Do(endings(t))
	groups := func(args ...string) map[string]float64 {
		var d struct {
			Groups []struct {
				Key   map[string]any
				Count float64
			}
		}
		must(t, json.Unmarshal([]byte(repeated(t, ns, endings(t), args...)), &d))
		counted := map[string]float64{}
		for _, g := range d.Groups {
			process, told := g.Key["process"]
			counted[fmt.Sprintln(process, told, g.Key["owner"])] += g.Count
		}
		return counted
	}
	ask := []string{"census", "state time-wait", "--netns", ns.Path(), "--by", "process,owner", "-o", "json"}
	got := groups(append(ask, "--trace", "66s")...)
	want := map[string]float64{"cli.test true traced\n": 2, "<nil> true none\n": 2}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("with a trace %v, want %v", got, want)
	}
	got = groups(ask...)
	want = map[string]float64{"<nil> false none\n": 4}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("without a trace %v, want %v", got, want)
	}
}

// TestTraceHostileName: a hostile name of a process passes through the kernel to every
// output of a trace and has no effect on a screen.
func TestTraceHostileName(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	const evilComm = "=\x1b[2K\n\u202e\xff'\"`|"
	was, err := os.ReadFile("/proc/self/comm")
	must(t, err)
	must(t, os.WriteFile("/proc/self/comm", []byte(evilComm), 0))
	defer func() { must(t, os.WriteFile("/proc/self/comm", []byte(strings.TrimSpace(string(was))), 0)) }()
	ns := testnet.New(t, testnet.Options{})
	for _, args := range [][]string{{"--summary", "10s"}, {"--summary", "10s", "--lang", "zh"}} {
		onScreen(t, args, repeated(t, ns, endings(t), append([]string{"trace", "--netns", ns.Path()}, args...)...))
	}
	census := []string{"census", "state time-wait", "--netns", ns.Path(), "--by", "process", "--trace", "5"}
	onScreen(t, census, repeated(t, ns, endings(t), census...))
	for _, output := range []string{"table", "csv"} {
		onScreen(t, []string{output}, tracedRows(t, ns, []string{"-o", output, "-c", "reason,closer,process"}))
	}
	for _, output := range []string{"json", "ndjson"} {
		out := tracedRows(t, ns, []string{"-o", output, "-c", "closer"})
		if !utf8.ValidString(out) || strings.ContainsRune(out, '\x1b') {
			t.Errorf("%s: %q", output, out)
		}
	}
}

// TestTraceEnds: rows end after the time of --for, or earlier after --limit rows.
func TestTraceEnds(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	out, stderr, code := run(nil, "trace", "--for", "300ms", "--netns", ns.Path(), "-o", "csv", "-c", "reason")
	if code != 0 || out != "reason\n" {
		t.Errorf("exit code %d: %s%s", code, stderr, out)
	}
	var waited error
	out, stderr, code = waiting(ns, func(ctx context.Context, _ time.Duration) error {
		endings(t)()
		waited = sampler.Wait(ctx, time.Minute)
		return waited
	}, "trace", "--for", "1m", "--limit", "2", "--netns", ns.Path(), "-o", "csv", "-c", "reason")
	if code != 0 || strings.Count(out, "\n") != 3 || waited == nil {
		t.Errorf("exit code %d, the wait ended with %v: %s%s", code, waited, stderr, out)
	}
}

// TestTraceFamilies: an end over IPv6, or over IPv4 at an IPv6 socket, has the
// addresses of the socket table.
func TestTraceFamilies(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	got := repeated(t, ns, func() {
		l, err := net.Listen("tcp", "[::]:8080")
		must(t, err)
		defer l.Close()
		for _, to := range []string{"[::1]:8080", "127.0.0.1:8080"} {
			client, err := net.Dial("tcp", to)
			must(t, err)
			server, err := l.Accept()
			must(t, err)
			must(t, server.Close())
			_, _ = client.Read(make([]byte, 1))
			must(t, client.Close())
		}
	}, "trace", "--for", "1s", "--netns", ns.Path(), "-o", "ndjson", "-c", "family,local,remote,direction", "reason = closed-first")
	want := `{"family":"ipv6","local":"::1","remote":"::1","direction":"inbound"}
{"family":"ipv6","local":"::ffff:127.0.0.1","remote":"::ffff:127.0.0.1","direction":"inbound"}
`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestTraceLab: a trace sees what the lab makes: a simultaneous close, data after a
// close, and sockets that another process destroys.
func TestTraceLab(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	out := repeated(t, ns, func() {
		for _, name := range []string{"simultaneous-close", "data-after-close", "destroy"} {
			if _, stderr, code := run(nil, "lab", "run", name); code != 0 {
				t.Errorf("lab run %s: exit code %d: %s", name, code, stderr)
			}
		}
	}, "trace", "--events", "--for", "8s", "--netns", "all", "-o", "csv", "-c", "from,state,reason")
	for _, want := range []string{
		"FIN_WAIT1,CLOSING,none", "CLOSING,CLOSE,none", "ESTABLISHED,CLOSE,destroyed",
	} {
		if !strings.Contains(out, "\n"+want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if !strings.Contains(out, ",reset-after-close\n") {
		t.Error("no reset-after-close")
	}
}

// TestSnapshotTrace: a snapshot saved with a trace shows what the trace saw in every
// command that reads it, with the trace's gaps.
func TestSnapshotTrace(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	ns.Do(endings(t)) // before the trace
	file := filepath.Join(t.TempDir(), "traced.snap")
	repeated(t, ns, endings(t), "snapshot", "save", file, "--netns", ns.Path(), "--trace", "5s")
	out, stderr, code := run(nil, "census", "state time-wait", "--from", file, "--by", "process,owner", "-o", "csv")
	if code != 0 && code != 3 || !strings.Contains(out, "\ncli.test,traced,2") || !strings.Contains(out, "none,2") {
		t.Errorf("exit code %d: %s\n%s", code, stderr, out)
	}
	out, _, _ = run(nil, "census", "state time-wait", "--from", file, "--by", "process,owner")
	if !strings.Contains(out, "trace: owners of what was closed before the trace began: 5.0 s ago, 2 closes seen since") {
		t.Errorf("what the trace does not know is not told:\n%s", out)
	}
	if _, stderr, code := run(nil, "snapshot", "save", file, "--trace", "-1s"); code != 2 || !strings.Contains(stderr, "--trace must not be negative") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestDiffTrace: for sockets that have appeared since a snapshot, the owner is the one
// that a trace has seen; between two files nothing is traced.
func TestDiffTrace(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	before := filepath.Join(t.TempDir(), "before.snap")
	repeated(t, ns, func() {}, "snapshot", "save", before, "--netns", ns.Path())
	out := repeated(t, ns, endings(t), "diff", before, "--netns", ns.Path(), "--by", "process,owner,state", "--filter", "state time-wait", "--trace", "5s")
	if !strings.Contains(spaces(out), "cli.test traced TIME_WAIT") || !strings.Contains(out, "trace: owners of what was closed before") {
		t.Errorf("%s", out)
	}
	if _, stderr, code := run(nil, "diff", before, before, "--trace", "5s"); code != 2 || !strings.Contains(stderr, "--trace and --from exclude each other") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
