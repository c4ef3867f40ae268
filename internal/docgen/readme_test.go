// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twins are the pages that are written by hand in both languages, with the least
// number of commands in the English one.
func twins() map[string]int {
	return map[string]int{
		"README.md": 5, "docs/tour.md": 30, "docs/compare.md": 0, "docs/limits.md": 0, "docs/ports.md": 0, "docs/queues.md": 0, "docs/exit-codes.md": 0, "docs/index.md": 0,
		"docs/tune.md": 3, "docs/tune-changes.md": 2, "docs/kill.md": 0, "docs/lab.md": 5, "docs/lab-scripts.md": 1,
		"docs/guides/ports-used-up.md": 4, "docs/guides/many-time-wait.md": 6, "docs/guides/full-accept-queue.md": 3, "docs/guides/who-closes-first.md": 8,
		"docs/watch.md": 7, "docs/security.md": 0,
		"docs/guides/from-ss-and-netstat.md": 3, "docs/guides/from-node-exporter.md": 3, "docs/guides/in-kubernetes.md": 3, "docs/filter.md": 4, "docs/fleet.md": 3, "docs/every.md": 4, "docs/doctor.md": 4, "docs/install.md": 0,
	}
}

// chinese is the name of a page's Chinese counterpart.
func chinese(page string) string {
	if page == "README.md" {
		return "README.zh-CN.md"
	}
	return strings.TrimSuffix(page, ".md") + ".zh.md"
}

// TestTwinsHaveTheSameCommands: a Chinese page has the commands of the English one in
// the same order, and as many headings, table rows and list items. Text after a # is a
// comment in the reader's language.
func TestTwinsHaveTheSameCommands(t *testing.T) {
	for page, least := range twins() {
		first, second := readFile(t, "../../"+page), readFile(t, "../../"+chinese(page))
		want, got := commands(first), commands(second)
		if len(want) < least {
			t.Errorf("%s has only %d commands", page, len(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s has other commands (-%s +%s):\n%s", chinese(page), page, chinese(page), diff)
		}
		for what, sign := range map[string]string{"headings": "\n#", "rows in tables": "\n|", "points": "\n- ", "pictures": "\n![", "links": "](", "shown answers": "\n<!-- run "} {
			if a, b := strings.Count("\n"+first, sign), strings.Count("\n"+second, sign); a != b {
				t.Errorf("%s has %d %s, %s %d", page, a, what, chinese(page), b)
			}
		}
	}
}

// TestTwinsHaveTheSameNumbers: measured numbers are the same in both languages.
func TestTwinsHaveTheSameNumbers(t *testing.T) {
	numbers := regexp.MustCompile(`1/\d[\d.]*|[\d.]+ (?:ms|s|MiB)\b`)
	digits := func(page string) (all []string) {
		for _, n := range numbers.FindAllString(readFile(t, "../../"+page), -1) {
			all = append(all, strings.Fields(n)[0])
		}
		slices.Sort(all)
		return all
	}
	a, b := digits("docs/compare.md"), digits("docs/compare.zh.md")
	if diff := cmp.Diff(a, b); diff != "" || len(a) < 20 {
		t.Errorf("the measured numbers differ (-compare.md +compare.zh.md):\n%s", diff)
	}
}

// commands are the lines of code blocks that a reader types, without comments.
func commands(page string) (all []string) {
	typed := regexp.MustCompile(`^    (?:\$ )?((?:go|make|tcpvitals|bin/tcpvitals|netstat|ss|helm|kubectl) .*|tcpvitals|make)$`)
	for line := range strings.Lines(page) {
		command, _, _ := strings.Cut(strings.TrimRight(line, "\n"), " # ")
		if m := typed.FindStringSubmatch(strings.TrimRight(command, " ")); m != nil {
			all = append(all, m[1])
		}
	}
	return all
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
