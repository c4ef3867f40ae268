// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var shownScreen = regexp.MustCompile(`(?s)<!-- screen (\S+) (\S+) -->\n.*?<!-- end -->\n`)

// TestPagesShowTheScreens: what the page shows are screens of sessions, as
// they are.
func TestPagesShowTheScreens(t *testing.T) {
	for _, page := range []string{"../../docs/watch.md", "../../docs/watch.zh.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if !shownScreen.Match(text) {
			t.Errorf("%s shows no screen", page)
		}
		want := shownScreen.ReplaceAllStringFunc(string(text), func(block string) string {
			names := shownScreen.FindStringSubmatch(block)
			return "<!-- screen " + names[1] + " " + names[2] + " -->\n\n" + indented(screenOf(t, names[1], names[2])) + "\n<!-- end -->\n"
		})
		if want == string(text) {
			continue
		}
		if !*update {
			t.Errorf("%s shows another screen: -update writes it anew", page)
			continue
		}
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// screenOf is a screen of a session, without colours.
func screenOf(t *testing.T, session, name string) string {
	t.Helper()
	arch, err := txtar.ParseFile("testdata/session/" + session + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range arch.Files {
		if f.Name == name {
			return regexp.MustCompile(`␛\[[0-9;]*m`).ReplaceAllString(string(f.Data), "")
		}
	}
	t.Fatalf("session %s has no screen %s", session, name)
	return ""
}

func indented(text string) string {
	var b strings.Builder
	blank := 0
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \n"); line == "" {
			blank++
			continue
		}
		if blank > 0 {
			b.WriteString("\n") // many empty lines are one
		}
		blank = 0
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}
