// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// savedTrace traces while connections end, and returns the file and the output.
func savedTrace(t *testing.T, ns *testnet.NS, args ...string) (file, shown string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "end.trace")
	shown, stderr, code := meanwhile(ns, endings(t), append([]string{"trace", "--for", "3s", "--netns", ns.Path(), "--save", file}, args...)...)
	if code != 0 || !strings.Contains(stderr, " rows in ") {
		t.Errorf("%v: exit code %d: %s", args, code, stderr)
	}
	return file, shown
}

// TestTraceSave: the answers from a file equal the output when it was saved, in every
// form, and other questions can be asked.
func TestTraceSave(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	const columns = "at,reason,from,state,family,lasted,local,sport,remote,dport,closer,process,pid,unit,owner,direction,netns,netns-inode,cookie,cgroup"
	for _, args := range [][]string{
		{"-o", "csv", "-c", columns}, {"-o", "ndjson", "-c", columns, "reason != peer-reset"}, {"--by", "process,reason,netns"}, {"-o", "ndjson", "--limit", "2"},
	} {
		file, shown := savedTrace(t, ns, args...)
		if !strings.Contains(shown, "cli.test") && !strings.Contains(shown, "reason") {
			t.Errorf("%v shows nothing: %s", args, shown)
		}
		again, stderr, code := run(nil, append([]string{"trace", "--from", file}, args...)...)
		if code != 0 || again != shown {
			t.Errorf("%v: exit code %d: %s\n%s\nwant\n%s", args, code, stderr, again, shown)
		}
		if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", st.Mode(), err)
		}
	}
	file, shown := savedTrace(t, ns, "--events", "-o", "csv", "-c", columns)
	again, _, _ := run(nil, "trace", "--from", file, "--events", "-o", "csv", "-c", columns)
	if again != shown {
		t.Errorf("events:\n%s\nwant\n%s", again, shown)
	}
	ends, _, _ := run(nil, "trace", "--from", file, "--by", "reason", "-o", "csv")
	if !strings.Contains(ends, "\nclosed-first,2,") || strings.Contains(ends, "opened") || strings.Contains(ends, "none") {
		t.Errorf("ends of a file with every change:\n%s", ends)
	}
}

// TestTraceSaveSummary: the summary of a file equals the one that was shown.
func TestTraceSaveSummary(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{})
	file := filepath.Join(t.TempDir(), "end.trace")
	shown := repeated(t, ns, endings(t), "trace", "--summary", "10s", "--netns", ns.Path(), "--save", file, "-o", "json")
	again, stderr, code := run(nil, "trace", "--from", file, "--summary", "-o", "json")
	again = strings.Replace(again, `"web-17.example.org"`, "", 1)
	if code != 0 || !strings.Contains(again, "closed-first") || withoutHost(again) != withoutHost(shown) {
		t.Errorf("exit code %d: %s\n%s\nwant\n%s", code, stderr, again, shown)
	}
	rows, _, _ := run(nil, "trace", "--from", file, "-o", "csv", "-c", "reason")
	if strings.Count(rows, "\n") != 7 { // a heading, and both ends of three connections
		t.Errorf("%s", rows)
	}
}

// withoutHost removes the line that names the host.
func withoutHost(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, `"host"`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestTraceFromRefuses: a file that is no saved trace is refused, and so are options
// that do not go with one.
func TestTraceFromRefuses(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	must(t, os.WriteFile(other, []byte("tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN\n"), 0o600))
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--from", other}, 1, "it is no saved trace"},
		{[]string{"--from", other + "2"}, 1, "no such file"},
		{[]string{"--from", other, "--netns", "all"}, 2, "do not go with --from"},
		{[]string{"--from", other, "--for", "5s"}, 2, "do not go with --from"},
		{[]string{"--save", "-"}, 2, "--save takes a file"},
	} {
		_, stderr, code := run(nil, append([]string{"trace"}, tt.args...)...)
		if code == 0 || tt.code == 2 && code != 2 || !strings.Contains(stderr, tt.says) {
			t.Errorf("%v: exit code %d: %s", tt.args, code, stderr)
		}
	}
}
