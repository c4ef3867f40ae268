// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
)

// TestSettled checks docs/truth.md: every sentence is in the page it names, its
// evidence is the source there, a scenario or a test, and every test that it names
// exists.
func TestSettled(t *testing.T) {
	page, err := os.ReadFile("../../docs/truth.md")
	if err != nil {
		t.Fatal(err)
	}
	index := knowledge.NewIndex(slices.Concat(knowledge.Topics(), Topics()))
	tests, scenarios := testsOfTheProject(t), scenarios()
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(page), -1) {
		if !tests[name[1]] {
			t.Errorf("there is no test %s", name[1])
		}
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 3 || cells[0] == "page" {
			continue
		}
		rows++
		source, ok := sourceOf(index, cells[0], cells[1])
		if !ok {
			t.Errorf("%s does not say %q", cells[0], cells[1])
			continue
		}
		for by := range strings.SplitSeq(cells[2], "; ") {
			name, isScenario := strings.CutPrefix(by, "lab: ")
			switch {
			case isScenario && scenarios[name], tests[strings.Trim(by, "`")], slices.Contains(strings.Split(source, "; "), by):
			default:
				t.Errorf("%s, %q: %s settles nothing: it is no source of the sentence, no scenario and no test", cells[0], cells[1], by)
			}
		}
	}
	if rows < 50 {
		t.Errorf("only %d sentences are settled", rows)
	}
}

// sourceOf returns the source of the statement of a page that contains the words.
func sourceOf(index *knowledge.Index, page, words string) (source string, ok bool) {
	topic, ok := index.Lookup(page)
	if !ok {
		return "", false
	}
	for _, section := range topic.Sections {
		for _, s := range section.Statements {
			if strings.Contains(s.En, words) {
				return s.Source, true
			}
		}
	}
	return "", false
}

func scenarios() map[string]bool {
	known := map[string]bool{}
	for _, s := range scenario.All() {
		known[s.Name] = true
	}
	return known
}

// testsOfTheProject are the names of all test functions.
func testsOfTheProject(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	pattern := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, found := range pattern.FindAllSubmatch(data, -1) {
			known[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}
