// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// hostName is the name of the machine in these tests.
const hostName = "web-17.example.org"

// run runs a command as on that host and returns the exit code.
func run(stdin []byte, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	env := cli.System("v0.0.0-test")
	env.Stdin, env.Stdout, env.Stderr = bytes.NewReader(stdin), &out, &errs
	env.Hostname = func() (string, error) { return hostName, nil }
	env.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	env.Getenv = func(string) string { return "" }
	code = cli.Main(context.Background(), env, args)
	return out.String(), errs.String(), code
}

// steady are the columns whose values do not change while nothing happens: all but
// clocks.
func steady() string {
	moving := []string{"expires", "last-send", "last-recv", "last-ack", "busy", "rwnd-limited", "sndbuf-limited", "retrans", "backoff", "rto", "timer"}
	var names []string
	for f := range socket.Fields() {
		if !slices.Contains(moving, f.Name) && f.Type != socket.TypeDuration {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ",")
}

// questions are the commands that are run on the host and on its snapshot.
func questions() [][]string {
	return [][]string{
		{"census", "-o", "json"},
		{"census", "-o", "csv"},
		{"census", "state time-wait", "-o", "json"},
		{"census", "--by", "process,state", "-o", "json"},
		{"census", "--by", "unit,state", "-o", "json"},
		{"census", "--by", "owner,owner-why,unit", "-o", "json"},
		{"census", "--by", "remote/24,direction", "--sum", "recvq,sendq", "--top", "2", "-o", "json"},
		{"census", "--by", "state", "--top", "3", "-o", "json", "state connected and dport != 0"},
		{"list", "-o", "json"},
		{"list", "-o", "ndjson", "-c", "+process,pid,command"},
		{"list", "-o", "json", "-c", "state,local,sport,remote,dport,unit,owner", "orphan or state listening"},
		// In the other states the kernel retransmits, which changes values.
		{"list", "-o", "json", "-c", steady(), "state listening or state established or state close-wait or state time-wait or state fin-wait-2 or state bound"},
		{"list", "-o", "json", "state listening and dev = lo"},
		{"list", "-o", "json", "recvq > 0", "--sort", "-recvq,cookie", "--limit", "5"},
		{"list", "-o", "json", "-c", "cookie,kind,netns", "state fin-wait-2 or process = nobody-has-this-name"},
		{"explain", "--ascii"},
	}
}

// TestSnapshotAnswersAsTheHost saves a namespace with sockets in every state, and runs
// the same commands on it and on the file.
func TestSnapshotAnswersAsTheHost(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		for _, engine := range []string{"sock_diag", "procfs"} {
			t.Run(family.String()+" "+engine, func(t *testing.T) {
				counts := labtest.Counts{}
				for s := range tcp.AllStates.All() {
					if s != tcp.Close {
						counts[s] = 3 + int(s)
					}
				}
				held := labtest.Hold(t, counts, family)
				file := filepath.Join(t.TempDir(), "host.snap")
				held.Do(func() {
					if _, stderr, code := run(nil, "snapshot", "save", file, "--engine", engine); code != 0 && code != 3 {
						t.Error("save: ", code, stderr)
					}
				})
				for _, q := range questions() {
					sameAnswer(t, held, engine, file, q)
				}
			})
		}
	}
}

func sameAnswer(t *testing.T, held *labtest.Held, engine, file string, q []string) {
	t.Helper()
	live := q
	if q[0] != "explain" {
		live = append(slices.Clone(q), "--engine", engine)
	} else if engine != "sock_diag" {
		return
	}
	var want string
	var wantCode int
	held.Do(func() { want, _, wantCode = run(nil, live...) })
	got, stderr, code := run(nil, append(slices.Clone(q), "--from", file)...)
	if code != wantCode || want == "" {
		t.Errorf("%v: exit code %d, the host's was %d; %s", q, code, wantCode, stderr)
	}
	want, got = ofThisHost(want), ofThisHost(got)
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%v (-host +snapshot):\n%s", q, diff)
	}
}

// ofThisHost removes what others on the host change meanwhile: the numbers of
// processes and of network namespaces.
func ofThisHost(text string) string {
	text = regexp.MustCompile(`of \d+ processes may`).ReplaceAllString(text, "of N processes may")
	return regexp.MustCompile(`(?m)^ *"other_namespaces": \d+,\n`).ReplaceAllString(text, "")
}

// TestSnapshotThroughAPipe: a snapshot from standard input gives the same answers.
func TestSnapshotThroughAPipe(t *testing.T) {
	held := labtest.Hold(t, labtest.Counts{tcp.TimeWait: 5, tcp.CloseWait: 4}, socket.IPv4)
	file := filepath.Join(t.TempDir(), "host.snap")
	held.Do(func() { run(nil, "snapshot", "save", file) })
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, _, _ := run(nil, "census", "--by", "process,state", "-o", "json", "--from", file)
	got, stderr, _ := run(raw, "census", "--by", "process,state", "-o", "json", "--from", "-")
	if got != want || got == "" {
		t.Errorf("through a pipe:\n%s%s\nfrom the file:\n%s", got, stderr, want)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

// TestRedactedSnapshot searches for every original value in a redacted file, and
// compares values that do not depend on them.
func TestRedactedSnapshot(t *testing.T) {
	held := labtest.Hold(t, labtest.Counts{tcp.TimeWait: 20, tcp.CloseWait: 4, tcp.Listen: 2, tcp.Established: 6}, socket.IPv4)
	dir := t.TempDir()
	plain, redacted := filepath.Join(dir, "plain.snap"), filepath.Join(dir, "redacted.snap")
	held.Do(func() {
		run(nil, "snapshot", "save", plain)
		run(nil, "snapshot", "save", "--redact", redacted)
	})
	everything := func(file string) string {
		rows, _, _ := run(nil, "list", "--from", file, "-o", "json", "-c", strings.Join(allFields(), ","))
		info, _, _ := run(nil, "snapshot", "info", file, "-o", "json")
		return rows + info
	}
	before, after := everything(plain), everything(redacted)
	originals := []string{hostName, "web-17"}
	for _, s := range held.Sockets {
		for _, a := range []string{s.Local.Addr().String(), s.Remote.Addr().String()} {
			if a != "0.0.0.0" && !slices.Contains(originals, a) {
				originals = append(originals, a)
			}
		}
	}
	if len(originals) < 4 {
		t.Fatal("too few addresses: ", originals)
	}
	command, _ := json.Marshal(strings.Join(os.Args, " "))
	originals = append(originals, strings.Trim(string(command), `"`))
	for _, o := range originals {
		if !strings.Contains(before, o) && strings.Contains(o, ".") && o != originals[len(originals)-1] {
			t.Errorf("%q is not in the plain snapshot: this test looks for the wrong thing", o)
		}
		if strings.Contains(after, `"`+o+`"`) || strings.Contains(after, o+" ") {
			t.Errorf("%q is in the redacted snapshot", o)
		}
	}
	want, _, _ := run(nil, "census", "--from", plain, "-o", "csv")
	got, _, _ := run(nil, "census", "--from", redacted, "-o", "csv")
	if got != want {
		t.Errorf("census of the redacted snapshot:\n%s\nof the plain one:\n%s", got, want)
	}
}

func allFields() (names []string) {
	for f := range socket.Fields() {
		names = append(names, f.Name)
	}
	return names
}

// TestSnapshotOfNamespaces: a snapshot of another namespace has its sockets and its files.
func TestSnapshotOfNamespaces(t *testing.T) {
	held := labtest.Hold(t, labtest.Counts{tcp.TimeWait: 7, tcp.CloseWait: 3}, socket.IPv4)
	file := filepath.Join(t.TempDir(), "host.snap")
	if _, stderr, code := run(nil, "snapshot", "save", file, "--netns", held.Path); code != 0 && code != 3 {
		t.Fatal("save: ", code, stderr)
	}
	out, stderr, _ := run(nil, "census", "--from", file, "--by", "netns-inode,state", "-o", "ndjson", "state time-wait")
	if want := fmt.Sprintf(`"netns_inode":%d,"state":"TIME_WAIT"},"count":7`, held.Inode); !strings.Contains(out, want) {
		t.Errorf("no %s in:\n%s%s", want, out, stderr)
	}
	info, _, _ := run(nil, "snapshot", "info", file, "-o", "json")
	for _, want := range []string{"/proc/net/netstat", "/proc/sys/net/ipv4/tcp_fin_timeout", "/proc/sys/net/core/somaxconn", "/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/fs/file-nr"} {
		if !strings.Contains(info, want) {
			t.Errorf("%s is not saved", want)
		}
	}
	if strings.Contains(info, "tcp_fastopen_key") {
		t.Error("the key of TCP Fast Open is saved")
	}
}

// TestSnapshotIsWholeOrNot: a failed save keeps the existing file.
func TestSnapshotIsWholeOrNot(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "host.snap")
	if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, code := run(nil, "snapshot", "save", file, "--netns", "no-such-namespace-9"); code == 0 {
		t.Error("a namespace that is not there was saved")
	}
	got, err := os.ReadFile(file)
	if string(got) != "before" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("left behind: %v", all)
	}
}

// TestSnapshotToStandardOutput: "-" is standard output, which then has the
// snapshot and nothing else.
func TestSnapshotToStandardOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	out, stderr, code := run(nil, "snapshot", "save", "-")
	if code != 0 && code != 3 { // 3: some processes of this host may not be inspected
		t.Fatal(code, stderr)
	}
	if !strings.HasPrefix(stderr, "standard output: ") {
		t.Errorf("standard error has %q", stderr)
	}
	info, stderr, code := run([]byte(out), "snapshot", "info", "-")
	if code != 0 || !strings.Contains(info, hostName) {
		t.Errorf("exit code %d: %s%s", code, info, stderr)
	}
	if all, _ := os.ReadDir("."); len(all) != 0 {
		t.Errorf("left behind: %v", all)
	}
}
