// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// evil is a name that an attacker might choose: it sets the terminal's title, erases
// the line above, adds a row, and contains colour, C1 and bidirectional characters,
// markup of all kinds, and quotes.
const evil = "=e\x1b]0;TITLE\x07\x1b[2K\x1b[1A\nFORGED row\r\x1b[31m\x1b[8m\u009b31m\u202egnp\u2066\u200b\u2028\x7f" + `|'"` + "`![x](//e.e/a)<script>@all www.e.e"

// hostileSnapshot is of a host on which everything has that name, with problems for
// doctor to report.
func hostileSnapshot(t *testing.T) string {
	t.Helper()
	return snapshotCalled(t, evil, map[string]string{
		"/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n", "/proc/sys/net/core/somaxconn": "128\n",
		"/proc/sys/net/ipv4/tcp_max_tw_buckets": "100\n", "/proc/net/sockstat": "TCP: inuse 5 orphan 0 tw 99 alloc 9 mem 1\n", evil: evil,
	})
}

// hostileFacts is hostileSnapshot with hostile parameters and counters too.
func hostileFacts(t *testing.T) string {
	t.Helper()
	files := map[string]string{"/proc/net/sockstat": "TCP: inuse " + evil + "\n", "/proc/net/snmp": "Tcp: " + evil + "\nTcp: 1\n", "/proc/net/netstat": evil}
	for _, name := range []string{
		"core/somaxconn", "ipv4/ip_local_port_range", "ipv4/tcp_max_tw_buckets", "ipv4/tcp_tw_reuse", "ipv4/tcp_fin_timeout", "ipv4/tcp_syncookies",
		"ipv4/tcp_max_syn_backlog", "ipv4/tcp_max_orphans", "ipv4/tcp_mem", "ipv4/tcp_rmem", "ipv4/tcp_wmem", "ipv4/tcp_timestamps", "ipv4/tcp_synack_retries",
		"ipv4/tcp_retries2", "ipv4/tcp_keepalive_time", "ipv4/ip_local_reserved_ports", "ipv4/tcp_orphan_retries", "netfilter/nf_conntrack_max",
	} {
		files["/proc/sys/net/"+name] = evil + "\n"
	}
	return snapshotCalled(t, evil, files)
}

// snapshotCalled is of a host on which everything has one name.
func snapshotCalled(t *testing.T, evil string, files map[string]string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "evil.snap")
	f, err := os.Create(file)
	must(t, err)
	gap := problem.Gap{Source: evil, Reason: evil}
	w, err := snapshot.NewWriter(f, snapshot.Machine{
		Program: evil, Taken: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Host: evil, Kernel: evil, Arch: evil, CPUs: 1,
		Scope: "all", Devices: map[string]uint32{evil: 2}, Ephemeral: [2]uint16{32768, 60999}, Missing: []problem.Gap{gap},
		Files: maps.Clone(files),
	}, nil)
	must(t, err)
	owner := &socket.Owner{
		Confidence: socket.OwnerKnown, Why: evil, Scanned: true, Unit: evil, Container: evil, Pod: evil,
		Process: &socket.Process{PID: 7, Name: evil, Command: evil},
	}
	cgroup := &socket.Cgroup{ID: 9, Path: evil, Unit: evil, Container: evil, Pod: evil}
	for ns := range 2 {
		must(t, w.Namespace(snapshot.Namespace{
			Inode: uint64(ns + 1), Name: evil + fmt.Sprint(ns), Container: evil, Missing: []problem.Gap{gap},
			Files: files,
		}))
		for i := range 300 {
			s := socket.Socket{
				State: tcp.CloseWait, Kind: socket.Full, Family: socket.IPv4, Local: netip.MustParseAddrPort("192.0.2.1:80"),
				Remote: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), uint16(1024+i)), RecvQ: 1, Inode: uint32(i + 1), Cookie: uint64(i + 1),
				User: evil, Device: evil, Congestion: evil, Owner: owner, Cgroup: cgroup,
			}
			if i == 0 {
				s.State, s.Remote, s.RecvQ, s.SendQ = tcp.Listen, netip.AddrPort{}, 129, 128
			}
			for f := range socket.Fields() {
				s.Known.Add(f.ID)
			}
			must(t, w.Add(&s, owner))
		}
	}
	must(t, w.Close(snapshot.Tail{Engine: evil, Gaps: []snapshot.Gap{{Gap: gap}}, Limits: []problem.Gap{gap}}))
	must(t, f.Close())
	return file
}

// screens are all commands with output for people, on names that others chose.
func screens(snap string) [][]string {
	return [][]string{
		{"census", "--from", snap},
		{"census", "--from", snap, "--by", "process,unit,container,user,device,cgroup,command,netns"},
		{"census", "--from", snap, "--by", "process,state", "--lang", "zh"},
		{"census", "--from", snap, "--by", "netns,state"},
		{"list", "--from", snap, "-c", "state,local,remote,process,command,unit,container,pod,user,device,cgroup,netns,congestion,owner-why"},
		{"list", "--from", snap, "--sort", "process", "--limit", "3", "-c", "process,state"},
		{"queues", "--from", snap},
		{"ports", "--from", snap},
		{"doctor", "--from", snap, "-v"},
		{"doctor", "--from", snap, "--lang", "zh"},
		{"check", "--from", snap},
		{"snapshot", "info", snap},
		{"diff", snap, snap, "--by", "process,netns"},
		{"explain", "--from", snap},
		{"explain", evil},
		{"list", "--from", snap, "process = " + evil},
		{"census", "--from", evil},
		{"census", "--netns", evil},
		{"census", "--by", evil},
		{evil},
		{"tune", "audit", "FILE"},
		{"tune", "plan", "FILE"},
		{"tune", "plan", "--set", evil + "=1"},
		{"tune", "apply", "FILE"},
		{"lab", "show", "FILE"},
		{"snapshot", "save", "nowhere/" + evil},
		{"doctor", "--from", snap, "--ignore", evil},
		{"doctor", "--from", snap, "--ignore", "AQ01:" + evil},
		{"doctor", "--from", snap, "--ignore-file", "FILE"},
		{"list", "--from", snap, evil},
		{"list", "--from", snap, "process = x" + evil},
		{"list", "--from", snap, "--sort", evil},
		{"list", "--from", snap, "-c", evil},
		{"census", "--from", snap, "-o", evil},
		{"census", "--from", snap, "--" + evil},
		{"doctor", "--window", evil},
		{"tune", "confirm", evil},
		{"tune", "rollback", evil},
		{"explain", "--from", evil},
		{"lab", "run", evil},
		{"snapshot", "info", "nowhere/" + evil},
		{"diff", snap, evil},
	}
}

// TestNothingHiddenOnScreen runs every output for people on hostile names and checks
// each byte: the only control or format characters are line feeds of the program
// itself, and no line is begun by a foreign name.
func TestNothingHiddenOnScreen(t *testing.T) {
	for name, snap := range map[string]string{"names": hostileSnapshot(t), "facts": hostileFacts(t)} {
		t.Run(name, func(t *testing.T) { nothingHidden(t, snap) })
	}
}

func nothingHidden(t *testing.T, snap string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a"+strings.ReplaceAll(evil, "/", ""))
	must(t, os.WriteFile(file, []byte("#: tcpvitals-plan 1\n"+evil+"\nnet.core.somaxconn"+evil+" = 1"+evil+"\nnet.core.somaxconn = \x1b]0;x\x07\xff\n"), 0o600))
	for _, args := range screens(snap) {
		for i := range args {
			if args[i] == "FILE" {
				args[i] = file
			}
		}
		out, stderr, _ := run(nil, args...)
		onScreen(t, args, out+stderr)
	}
	for _, o := range []string{"markdown", "html"} {
		out, stderr, _ := run(nil, "doctor", "--from", snap, "-o", o)
		onScreen(t, []string{"doctor", o}, out+stderr)
		if strings.Contains(out, "<script>a") || strings.Contains(beforeCommands(out), "@all") && o == "markdown" {
			t.Errorf("doctor -o %s has markup of others:\n%.3000s", o, out)
		}
	}
}

// TestNothingHiddenInReasons: a file's content quoted in a reason is shown safely too,
// in Chinese output and in formats for code hosts.
func TestNothingHiddenInReasons(t *testing.T) {
	snap := hostileFacts(t)
	for _, args := range [][]string{
		{"doctor", "-v"},
		{"doctor", "-v", "--lang", "zh"},
		{"doctor", "-o", "html"},
		{"doctor", "-o", "html", "--lang", "zh"},
		{"doctor", "-o", "markdown"},
		{"doctor", "-o", "markdown", "--lang", "zh"},
		{"queues", "--lang", "zh"},
		{"ports"},
		{"check", "--lang", "zh"},
	} {
		out, stderr, _ := run(nil, on(args, snap)...)
		onScreen(t, args, out+stderr)
	}
	out, _, _ := run(nil, "doctor", "--from", snap, "-o", "html")
	if !strings.Contains(out, `is not a number: &#34;=e\x1b]0;TITLE`) {
		t.Errorf("no reason quotes what was read\n%.3000s", out)
	}
	file := filepath.Join(t.TempDir(), "a\u202eb.conf")
	must(t, os.WriteFile(file, []byte("net.ipv4.tcp_tw_recycle\u202e = 1\nnet.core.somaxconn = \u202e\x1b\n# tcpvitals:ignore VALUE \u202e why\nnet.core.somaxconn = x\n"+evil+"\n"), 0o600))
	for _, o := range []string{"sarif", "table"} {
		out, stderr, _ := run(nil, "tune", "audit", file, "-o", o)
		onScreen(t, []string{"audit", o}, out+stderr)
	}
}

// TestNamesLikeOurWords: a name that is empty, blank, or equal to what is written in
// place of a missing name is shown in quotes.
func TestNamesLikeOurWords(t *testing.T) {
	for _, name := range []string{"", " ", "-", "unknown", "none", "?", "(kernel)", "Unknown", " nginx"} {
		snap := snapshotCalled(t, name, map[string]string{"/proc/sys/net/core/somaxconn": "128\n", "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n"})
		for _, args := range [][]string{
			{"doctor", "-v"},
			{"doctor", "-o", "markdown"},
			{"check"},
			{"queues"},
			{"queues", "-o", "csv"},
			{"census", "--by", "process"},
			{"census", "--by", "process", "-o", "csv"},
			{"list", "-c", "process"},
			{"list", "-c", "process", "-o", "csv"},
		} {
			out, stderr, _ := run(nil, on(args, snap)...)
			want := `"` + name + `"`
			if slices.Contains(args, "csv") {
				want = `""` + name + `""`
			}
			if !strings.Contains(out, want) {
				t.Errorf("%q in %v is not in quotes: %s\n%.1500s", name, args, stderr, out)
			}
		}
	}
}

// beforeCommands removes commands, which are printed as code.
func beforeCommands(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "tcpvitals ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func onScreen(t *testing.T, args []string, text string) {
	t.Helper()
	if text == "" {
		t.Errorf("%.60q prints nothing", args)
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if at := visible.Hidden(line); at >= 0 {
			t.Errorf("%.60q: line %d has %s: %.200q", args, number, visible.Name(line), line)
			return
		}
		if strings.HasPrefix(strings.TrimLeft(line, " "), "FORGED") {
			t.Errorf("%.60q: line %d is forged: %.200q", args, number, line)
			return
		}
	}
}

// TestNothingHiddenInData: data for programs contains names exactly. CSV, which people
// may view directly, shows them as on a screen, and never as a formula.
func TestNothingHiddenInData(t *testing.T) {
	snap := hostileSnapshot(t)
	for _, args := range screens(snap)[:8] {
		if args[0] == "explain" {
			continue
		}
		out, stderr, code := run(nil, append(args, "-o", "csv")...)
		if code != 0 && code != 3 {
			t.Errorf("%.60q: exit code %d: %s", args, code, stderr)
			continue
		}
		onScreen(t, append(args, "csv"), out)
		records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Errorf("%.60q: %v", args, err)
		}
		for cell := range strings.SplitSeq(fmt.Sprint(records), " ") {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "＝") {
				t.Errorf("%.60q: the formula %.60q", args, cell)
			}
		}
		for _, o := range []string{"json", "ndjson"} {
			out, _, _ := run(nil, append(args, "-o", o)...)
			if !utf8.ValidString(out) || strings.ContainsAny(strings.ReplaceAll(out, "\n", ""), "\x00\x07\x1b\r\x08") {
				t.Errorf("%.60q: %s is not clean", args, o)
			}
		}
	}
}

// TestOneWriter: text for people is written to standard output by Env.say only.
func TestOneWriter(t *testing.T) {
	files, err := filepath.Glob("*.go")
	must(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		if strings.HasSuffix(file, "_test.go") || file == "output.go" {
			continue
		}
		for _, way := range []string{"WriteString(env.Stdout", "env.Stdout.Write", "WriteString(r.env.Stdout", "Fprintln(env.Stdout", "Fprint(env.Stdout"} {
			if strings.Contains(string(text), way) {
				t.Errorf("%s: %s: text for people is for env.say", file, way)
			}
		}
	}
}
