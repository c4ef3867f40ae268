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

// TestReadmesHaveTheSameCommands: the README in Chinese has the commands of the
// English one, in the same order and with the same headings' number; what stands
// behind a # is a comment, and in the reader's language.
func TestReadmesHaveTheSameCommands(t *testing.T) {
	english, chinese := readFile(t, "../../README.md"), readFile(t, "../../README.zh-CN.md")
	want, got := commands(english), commands(chinese)
	if len(want) < 35 {
		t.Errorf("README.md has only %d commands", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("README.zh-CN.md has other commands (-README.md +README.zh-CN.md):\n%s", diff)
	}
	if a, b := strings.Count(english, "\n## "), strings.Count(chinese, "\n## "); a != b {
		t.Errorf("README.md has %d parts, README.zh-CN.md %d", a, b)
	}
	if a, b := strings.Count(english, "\n|"), strings.Count(chinese, "\n|"); a != b {
		t.Errorf("README.md has %d rows in tables, README.zh-CN.md %d", a, b)
	}
	numbers := regexp.MustCompile(`\d+ (?:rules|条规则)|1/\d[\d.]*|[\d.]+ (?:ms|s|MiB)\b`)
	digits := func(text string) (all []string) {
		for _, n := range numbers.FindAllString(text, -1) {
			all = append(all, strings.Fields(n)[0])
		}
		return all
	}
	a, b := digits(part(english, "\n## Beside ss", "\n## Limits")), digits(part(chinese, "\n## 与 ss", "\n## 局限"))
	slices.Sort(a)
	slices.Sort(b)
	if diff := cmp.Diff(a, b); diff != "" || len(a) < 20 {
		t.Errorf("the measured numbers differ (-README.md +README.zh-CN.md):\n%s", diff)
	}
}

// commands are the lines of blocks that are typed, without what is said of them.
func commands(page string) (all []string) {
	typed := regexp.MustCompile(`^    (?:\$ )?((?:go|make|tcpvitals|bin/tcpvitals|netstat|ss) .*|tcpvitals|make)$`)
	for line := range strings.Lines(page) {
		command, _, _ := strings.Cut(strings.TrimRight(line, "\n"), " # ")
		if m := typed.FindStringSubmatch(strings.TrimRight(command, " ")); m != nil {
			all = append(all, m[1])
		}
	}
	return all
}

func part(text, from, to string) string {
	i, j := strings.Index(text, from), strings.Index(text, to)
	if i < 0 || j < i {
		return ""
	}
	return text[i:j]
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
