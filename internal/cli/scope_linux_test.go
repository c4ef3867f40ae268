// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestCommandsLookWhereItWasFound makes machines in namespaces and judges them from
// outside: by --netns, among all namespaces, and from snapshots of one and of all. A
// shell outside runs each printed command, which must show what the finding counted.
func TestCommandsLookWhereItWasFound(t *testing.T) {
	t.Parallel()
	machines := map[string]func(t *testing.T) *testnet.NS{
		"AQ01": overfilled,
		"CW01": func(t *testing.T) *testnet.NS {
			ns := testnet.New(t, testnet.Options{})
			clients, servers := pairs(t, ns, 120)
			adopt(t, "it's leaky", servers...)
			letGo(t, clients)
			await(t, "the clients are in FIN_WAIT2", func() bool { return len(rowsOf(t, ns, tcp.FinWait2)) == len(clients) })
			return ns
		},
		"TW03": func(t *testing.T) *testnet.NS {
			l := newPortLab(t, map[string]string{"net.ipv4.tcp_tw_reuse": "0"})
			l.leave(15, 8080, plainConnect)
			if n := l.exhaust(8080, plainConnect); n != 5 {
				t.Fatalf("%d of 5 connections", n)
			}
			adopt(t, "caller", slices.Collect(maps.Keys(l.clients))...)
			return l.ns
		},
	}
	for code, build := range machines {
		t.Run(code, func(t *testing.T) {
			ns := build(t)
			dir := t.TempDir()
			saved := filepath.Join(dir, "it's saved.snap")
			saveNow(t, ns, saved)
			ways := [][]string{{"--netns", ns.Path()}, {"--from", saved}}
			if code == "AQ01" { // once for all namespaces: a machine may have many
				all := filepath.Join(dir, "all.snap")
				if out, problems, code := run(nil, "snapshot", "save", "--netns", "all", all); code != 0 && code != 3 {
					t.Fatalf("exit code %d: %s%s", code, out, problems)
				}
				ways = append(ways, []string{"--netns", "all"}, []string{"--from", all})
			}
			for _, args := range ways {
				v := doctorHere(t, args...)
				if args[1] != saved { // several namespaces; the snapshot of a test's thread contains its namespace as that of the process
					v.Findings = slices.DeleteFunc(v.Findings, func(f found) bool { return f.NetnsInode != ns.Inode() })
				}
				if !slices.ContainsFunc(v.Findings, func(f found) bool { return f.Code == code }) {
					t.Errorf("%v: no %s: %v", args, code, v)
				}
				for i := range v.Findings {
					v.Findings[i].runs(t, args)
				}
			}
		})
	}
}

// runs runs the command of a finding and those of the findings that it explains.
func (f *found) runs(t *testing.T, args []string) {
	t.Helper()
	for i := range f.Explains {
		f.Explains[i].Finding.runs(t, args)
	}
	f.shows(t, args)
}

// shows lets a shell run the command of a finding, which must show what the finding
// counted.
func (f *found) shows(t *testing.T, args []string) {
	t.Helper()
	switch {
	case strings.HasPrefix(f.Check, "tcpvitals explain "):
		return // the command reads nothing
	case f.Check == "" && f.Code == "NS01" && args[0] == "--from":
		return // the snapshot does not contain it
	}
	// The shell splits the command into words, and the test runs them itself, which is
	// cheaper. A person waits for a window; here the numbers are available at once.
	script := "tcpvitals() { printf '%s\\0' \"$@\"; }\n" + strings.ReplaceAll(f.Check, "--window 10s", "--window 50ms")
	words, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Errorf("%v: %s: %s: %v", args, f.Code, f.Check, err)
		return
	}
	out, problems, code := run(nil, append(strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00"), "-o", "json")...)
	if code != 0 && code != 3 {
		t.Errorf("%v: %s: %s: exit code %d: %s", args, f.Code, f.Check, code, problems)
		return
	}
	var shown struct {
		Schema       string
		Total        uint64
		Findings     []found
		Listeners    []struct{ Severity string }
		Destinations []struct{ Severity string }
	}
	if err := json.Unmarshal([]byte(out), &shown); err != nil {
		t.Errorf("%v: %s: %s: %v\n%s", args, f.Code, f.Check, err, out)
		return
	}
	ok := func(severity string) bool { return severity != "" && severity != "ok" && severity != "unknown" }
	is := false
	switch shown.Schema {
	case "tcpvitals.list/1", "tcpvitals.census/1":
		is = slices.ContainsFunc(f.Evidence, func(e struct {
			Name  string
			Value float64
		},
		) bool {
			sentAgain := f.Code == "SY05" && e.Name == "SYN_SENT sent again" // more of them a moment later
			return e.Value == float64(shown.Total) || sentAgain && e.Value < float64(shown.Total)
		})
	case "tcpvitals.queues/1":
		is = slices.ContainsFunc(shown.Listeners, func(l struct{ Severity string }) bool { return ok(l.Severity) })
	case "tcpvitals.ports/2":
		is = slices.ContainsFunc(shown.Destinations, func(d struct{ Severity string }) bool { return ok(d.Severity) })
	case "tcpvitals.doctor/1":
		is = slices.ContainsFunc(shown.Findings, func(other found) bool { return other.has(f.Code) })
	}
	if !is {
		t.Errorf("%v: %s, %s, by %v: %s does not show it:\n%s", args, f.Code, f.Summary.En, f.Evidence, f.Check, out)
	}
}

// has reports whether a finding, or one that it explains, is of a rule.
func (f *found) has(code string) bool {
	return f.Code == code || slices.ContainsFunc(f.Explains, func(e struct{ Finding found }) bool { return e.Finding.has(code) })
}

// TestNoCommandOfAPipe: input from a pipe cannot be read again, so no command is
// printed.
func TestNoCommandOfAPipe(t *testing.T) {
	ns := overfilled(t)
	var file bytes.Buffer
	ns.Do(func() {
		out, _, code := run(nil, "snapshot", "save", "-")
		if code != 0 && code != 3 {
			t.Fatalf("exit code %d", code)
		}
		file.WriteString(out)
	})
	for _, text := range []string{file.String(), "TIME_WAIT 18122\nSYN_RECV 348\n"} {
		out, problems, code := run([]byte(text), "doctor", "-", "-o", "json")
		var v verdict
		if err := json.Unmarshal([]byte(out), &v); err != nil || code != 0 && code != 3 || len(v.Findings) == 0 {
			t.Fatalf("%v, exit code %d: %s%s", err, code, out, problems)
		}
		for _, f := range v.Findings {
			if f.Check != "" && !strings.HasPrefix(f.Check, "tcpvitals explain ") {
				t.Errorf("%s: there is nothing to run %s on", f.Code, f.Check)
			}
		}
	}
}
