// SPDX-License-Identifier: Apache-2.0

package script

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated part of the page anew")

const (
	page      = "../../../docs/lab-scripts.md"
	verbsFrom = "<!-- verbs: written by go test ./internal/lab/script -update -->\n"
	verbsTo   = "<!-- end of verbs -->\n"
)

// TestPage: the page's table of verbs is the one of this package, and its example
// script parses.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), verbsFrom)
	_, after, ended := strings.Cut(rest, verbsTo)
	if !found || !ended {
		t.Fatal("the marks of the table are gone")
	}
	want := before + verbsFrom + verbTable() + verbsTo + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is stale: run go test ./internal/lab/script -update", page)
	}
	_, example, _ := strings.Cut(string(text), "```tcp\n")
	example, _, _ = strings.Cut(example, "```")
	if s, err := Parse("example.tcp", example); err != nil || len(s.Headers) != 4 || !s.marked() {
		t.Errorf("the example: %v", err)
	}
}

func verbTable() string {
	var b strings.Builder
	b.WriteString("| step | what it does |\n|---|---|\n")
	for _, v := range Verbs() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(v.Form, "|", "\\|"), strings.ReplaceAll(v.Doc, "|", "\\|"))
	}
	return b.String()
}
