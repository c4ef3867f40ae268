// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestFresh fails if the committed pages differ from what the command tree generates.
func TestFresh(t *testing.T) {
	fresh := t.TempDir()
	if err := generate(fresh); err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"man", "man/zh_CN", "completion", "reference"} {
		want, got := files(t, filepath.Join(fresh, sub)), files(t, filepath.Join("../../docs", sub))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/%s is stale: run make generate (-fresh +committed):\n%s", sub, diff)
		}
	}
}

// TestEveryPageIsInChinese: every command has a Chinese page. Its headings and its
// summary are Chinese, and man finds it by its name.
func TestEveryPageIsInChinese(t *testing.T) {
	english, chinese := files(t, "../../docs/man"), files(t, "../../docs/man/zh_CN")
	for name := range english {
		if _, ok := chinese[name]; !ok {
			t.Errorf("%s has no Chinese page", name)
		}
	}
	called := regexp.MustCompile(`(?m)^\.SH 名称\n(\S+) - .*\p{Han}`)
	for name, page := range chinese {
		if english[name] == "" {
			t.Errorf("%s is a page of Chinese only", name)
		}
		if match := called.FindStringSubmatch(page); match == nil || match[1]+".1" != name {
			t.Errorf("%s does not say what it is for: %q", name, match)
		}
		for line := range strings.Lines(page) {
			heading, ok := strings.CutPrefix(line, ".SH ")
			if r, _ := utf8.DecodeRuneInString(heading); ok && !unicode.Is(unicode.Han, r) {
				t.Errorf("%s: the heading %s is English", name, heading)
			}
		}
	}
}

// TestFamiliesOfNamesStay: a name that ends in an asterisk is shown as it is written.
func TestFamiliesOfNamesStay(t *testing.T) {
	slanted := regexp.MustCompile(`[a-z]\\fI.*`)
	for _, dir := range []string{"../../docs/man", "../../docs/man/zh_CN"} {
		for name, page := range files(t, dir) {
			if broken := slanted.FindString(page); broken != "" {
				t.Errorf("%s has a name that is slanted from its middle on: %s", name, broken)
			}
		}
	}
}

// TestJoined: lines of Chinese are joined with each other, but not with lines of Latin
// letters or groff requests, and not inside preformatted text.
func TestJoined(t *testing.T) {
	const page = ".PP\n队列，\n上限\nlist\n连接\n.EX\n甲\n乙\n.EE\n丙\n丁\n"
	const want = ".PP\n队列，上限\nlist\n连接\n.EX\n甲\n乙\n.EE\n丙丁\n"
	if got := joined(page); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// files returns the text of every file in dir by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		if filepath.Ext(name) == "" && filepath.Base(name) == "zh_CN" {
			continue // a directory has no text
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(text)
	}
	return all
}
