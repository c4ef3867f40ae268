// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// theSnapshot is from another host and another time than run.
const theSnapshot = "../snapshot/testdata/v1.0.snap"

// documents are the commands whose whole JSON is in testdata/golden, by file name. All
// of them read files.
func documents() map[string][]string {
	from := func(args ...string) []string { return append(args, "--from", theSnapshot) }
	listing := filepath.Join("testdata", "golden", "listing.txt")
	return map[string][]string{
		"census":         from("census"),
		"census-by":      from("census", "--by", "state,user", "--top", "3", "--sum", "recvq", "state != time-wait"),
		"census-listing": {"census", "--from", listing},
		"diff":           {"diff", theSnapshot, theSnapshot},
		"doctor":         from("doctor"),
		"doctor-rules":   {"doctor", "--rules"},
		"explain":        {"explain", "TIME_WAIT"},
		"lab-list":       {"lab", "list"},
		"list":           from("list", "--limit", "2", "--sort", "-recvq"),
		"list-listing":   {"list", "--from", listing},
		"ports":          from("ports"),
		"queues":         from("queues"),
		"snapshot-info":  {"snapshot", "info", theSnapshot},
		"tune-audit":     {"tune", "audit", filepath.Join("testdata", "golden", "sysctl.conf")},
		"tune-log":       {"tune", "log", "--state-dir", "nowhere"},
		"tune-status":    {"tune", "status", "--state-dir", "nowhere"},
	}
}

// live are the commands whose JSON differs each time, with what checks its form
// instead.
func live() map[string]string {
	return map[string]string{
		"kill":        "its own tests: it is about sockets that are closed",
		"lab hold":    "the script lab_hold",
		"lab run":     "the script lab_run",
		"lab show":    "the script lab_show: the same document as that of lab run",
		"lab verify":  "the script lab_verify",
		"trace":       "TestTraceSummary",
		"tune plan":   "the script tune_plan: it answers for the parameters of this host",
		"tune verify": "TestTuneLife: it is about a change",

		"tune apply":    "TestTuneDocuments",
		"tune confirm":  "TestTuneDocuments",
		"tune rollback": "TestTuneDocuments",
	}
}

// TestGoldenJSON compares each document as a whole: a missing or new key, or a value
// from a wrong source, such as from this host in place of the snapshot's, is a
// difference. Sentences need only be present.
func TestGoldenJSON(t *testing.T) {
	for name, args := range documents() {
		t.Run(name, func(t *testing.T) {
			out, stderr, code := run(nil, append(args, "-o", "json")...)
			if code != 0 && code != 3 && code != 4 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			var got any
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", "golden", name+".json"), wordless(got))
			// A document about the command line or a listing names no host.
			if strings.Contains(out, hostName) && !slices.Contains([]string{"tune-audit", "lab-list"}, name) {
				t.Errorf("the answer names this host:\n%s", out)
			}
		})
	}
}

// compareText compares a text with that in a file.
func compareText(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(file, []byte(got), 0o644)) //nolint:gosec // for all who read the tree
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func compareGolden(t *testing.T, file string, got any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	must(t, enc.Encode(got))
	if *update {
		must(t, os.WriteFile(file, b.Bytes(), 0o644)) //nolint:gosec // for all who read the tree
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// wordless replaces each sentence by one word and shortens long lists. Other tests
// check the wording.
func wordless(v any) any {
	const most = 12
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = wordless(v[k])
		}
	case []any:
		for i := range v {
			v[i] = wordless(v[i])
		}
		if len(v) > most {
			return append(v[:most:most], "(and so on)")
		}
	case string:
		if strings.Count(v, " ") > 2 || strings.ContainsFunc(v, func(r rune) bool { return r > 0x2e80 }) {
			return "(words)"
		}
	}
	return v
}

// TestEveryJSONIsWrittenDown: every command with JSON has its whole document here, or
// names what checks it.
func TestEveryJSONIsWrittenDown(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			walk(c)
		}
		path := strings.TrimPrefix(cmd.CommandPath(), "tcpvitals ")
		output := cmd.Flags().Lookup("output")
		if output == nil || !strings.Contains(output.Usage, "json") || path == "tcpvitals" || live()[path] != "" {
			return
		}
		for _, args := range documents() {
			if strings.HasPrefix(strings.Join(args, " ")+" ", path+" ") {
				return
			}
		}
		t.Errorf("no whole document of %s", path)
	}
	walk(cli.Root(cli.System("")))
}
