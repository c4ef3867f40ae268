// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// theSite builds the site of this tree.
func theSite(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := build(os.DirFS("../../docs"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestSite: every link and anchor of the site leads somewhere, nothing is asked of
// another host, and both sides have all pages.
func TestSite(t *testing.T) {
	files := theSite(t)
	for _, err := range check(files, os.DirFS("../..")) {
		t.Error(err)
	}
	said := summary(files)
	t.Log(said)
	if files["index.html"] == nil || files["zh/index.html"] == nil || len(files) < 100 {
		t.Errorf("that is not the site: %s", said)
	}
}

// TestSearchLeadsSomewhere: what the search finds is on the site, in both languages.
func TestSearchLeadsSomewhere(t *testing.T) {
	files := theSite(t)
	for _, lang := range languages() {
		text := strings.TrimSuffix(strings.TrimPrefix(string(files["search."+lang+".js"]), "window.tcpvitalsSections = "), ";\n")
		var all []section
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		if len(all) < 200 {
			t.Errorf("%s: only %d sections", lang, len(all))
		}
		for _, s := range all {
			if msg := leadsTo(files, os.DirFS("../.."), "index.html", s.URL); msg != "" || s.Title == "" || s.Page == "" {
				t.Errorf("%s: %+v %s", lang, s, msg)
			}
			if lang == chinese && !strings.HasPrefix(s.URL, "zh/") {
				t.Errorf("the search in Chinese leads to %s", s.URL)
			}
		}
	}
}

// small is a site of two pages, with what else they say.
func small(more string) fstest.MapFS {
	return fstest.MapFS{
		"index.md":  {Data: []byte("# Home\n\n## Pages\n\n- [a page](a.md#one)\n")},
		"a.md":      {Data: []byte("# A page\n\n## One\n\nText.\n\n" + more)},
		"img/a.svg": {Data: []byte("<svg/>")},
	}
}

func buildSmall(t *testing.T, more string) (map[string][]byte, error) {
	t.Helper()
	return build(small(more))
}

// TestCheckFinds: what is wrong with a site is found.
func TestCheckFinds(t *testing.T) {
	tree := fstest.MapFS{"SECURITY.md": {}}
	for _, test := range []struct{ name, more, says string }{
		{"nothing", "[home](index.md), [here](#one), [file](../SECURITY.md), [web](https://example.org/x) ![p](img/a.svg)", ""},
		{"page", "[b](b.md)", "leads nowhere"},
		{"anchor", "[a](index.md#none)", "a heading that is not there"},
		{"own anchor", "[a](#none)", "a heading that is not there"},
		{"file", "[a](../NONE.md)", "what the repository does not have"},
		{"picture elsewhere", "![p](https://example.org/a.png)", "asks another host"},
		{"picture", "![p](img/none.svg)", "leads nowhere"},
	} {
		files, err := buildSmall(t, test.more)
		if err != nil {
			t.Fatal(err)
		}
		wrong := check(files, tree)
		if test.says == "" {
			for _, err := range wrong {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if len(wrong) < 2 || !strings.Contains(wrong[0].Error(), test.says) { // once on each side
			t.Errorf("%s: %v", test.name, wrong)
		}
	}
}

// TestCheckFindsWhatIsMissing: a twin that is not there, a page in English that
// does not say so, a style that fetches.
func TestCheckFindsWhatIsMissing(t *testing.T) {
	for _, test := range []struct {
		says  string
		spoil func(files map[string][]byte)
	}{
		{"has no twin", func(files map[string][]byte) { delete(files, "zh/a.html") }},
		{"does not say so", func(files map[string][]byte) {
			files["zh/a.html"] = bytes.ReplaceAll(files["zh/a.html"], []byte(wordsIn(chinese).Only), nil)
		}},
		{"asks another host", func(files map[string][]byte) { files["site.css"] = []byte(`@import "x"`) }},
		{"asks another host", func(files map[string][]byte) {
			files["site.css"] = []byte(`body{background:url(https://example.org/x)}`)
		}},
	} {
		files, err := buildSmall(t, "")
		if err != nil {
			t.Fatal(err)
		}
		test.spoil(files)
		wrong := check(files, fstest.MapFS{})
		if !slices.ContainsFunc(wrong, func(err error) bool { return strings.Contains(err.Error(), test.says) }) {
			t.Errorf("not found: %s: %v", test.says, wrong)
		}
	}
}

// TestHeadingsInEnglish: on the Chinese side a page in English leads to a heading where
// that heading is: on the English side when the page it is on has a twin.
func TestHeadingsInEnglish(t *testing.T) {
	docs := small("")
	docs["index.md"].Data = append(docs["index.md"].Data, "- [b](b.md)\n"...)
	docs["a.zh.md"] = &fstest.MapFile{Data: []byte("# 页\n\n## 一\n")}
	docs["b.md"] = &fstest.MapFile{Data: []byte("# B\n\n[a](a.md), [part](a.md#one), [home](index.md#pages)\n")}
	files, err := build(docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{`"../zh/a.html"`, `"../a.html#one"`, `"../zh/index.html#pages"`} {
		if !bytes.Contains(files["zh/b.html"], []byte("href="+link)) {
			t.Errorf("no link to %s:\n%s", link, files["zh/b.html"])
		}
	}
}

// TestForeignTextIsText: what an example shows is text, in the page and in the search.
func TestForeignTextIsText(t *testing.T) {
	const hostile = `<script>alert(1)</script>`
	files, err := buildSmall(t, "    "+hostile+"\n\n`"+hostile+"`\n\n"+hostile+"\n\n[x](javascript:alert(1))\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if path.Ext(name) != ".html" && !strings.HasPrefix(name, "search.") {
			continue
		}
		if strings.Contains(string(text), "<script>") || strings.Contains(string(text), "javascript:alert") {
			t.Errorf("%s has it as it is:\n%s", name, text)
		}
	}
}

// TestBuildRefuses: what cannot be shown ends the building, with its name.
func TestBuildRefuses(t *testing.T) {
	for name, spoil := range map[string]func(docs fstest.MapFS){
		"does not lead to b.md":            func(docs fstest.MapFS) { docs["b.md"] = &fstest.MapFile{Data: []byte("# B\n")} },
		"b.zh.md has no page in English":   func(docs fstest.MapFS) { docs["b.zh.md"] = &fstest.MapFile{Data: []byte("# B\n")} },
		"leads to what the site does not ": func(docs fstest.MapFS) { docs["a.md"].Data = []byte("# A\n\n[x](man/tcpvitals.1)\n") },
	} {
		docs := small("")
		spoil(docs)
		if _, err := build(docs); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSlugs: headings have the names that the repository gives them.
func TestSlugs(t *testing.T) {
	s := slugs{}
	for _, test := range [][2]string{
		{"Who closes, and why", "who-closes-and-why"},
		{"`tcpvitals tune audit`: judging", "tcpvitals-tune-audit-judging"},
		{"谁先关闭？", "谁先关闭"},
		{"Who closes, and why", "who-closes-and-why-1"},
		{"net.ipv4.tcp_tw_reuse", "netipv4tcp_tw_reuse"},
	} {
		if got := string(s.Generate([]byte(test[0]), 0)); got != test[1] {
			t.Errorf("%s: %s", test[0], got)
		}
	}
}

// TestChineseLines: between lines of Chinese there is no blank, in the page and in
// the search; between others there is one.
func TestChineseLines(t *testing.T) {
	docs := small("Two\nlines.\n")
	docs["a.zh.md"] = &fstest.MapFile{Data: []byte("# 页\n\n保留死连接的\n连接池。\n下一行 a\nb\n")}
	files, err := build(docs)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"zh/a.html": "保留死连接的连接池。下一行 a\nb", "search.zh.js": "保留死连接的连接池。下一行 a b",
		"a.html": "Two\nlines.", "search.en.js": "Two lines.",
	} {
		if !bytes.Contains(files[name], []byte(want)) {
			t.Errorf("%s has no %q:\n%s", name, want, files[name])
		}
	}
}
