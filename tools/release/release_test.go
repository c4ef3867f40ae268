// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	commit := time.Date(2026, 11, 29, 15, 41, 23, 0, time.UTC)
	for described, want := range map[string][2]string{
		"v1.2.3":                      {"1.2.3", "1.2.3"},
		"v1.2.3-rc.1":                 {"1.2.3~rc.1", "1.2.3_rc1"},
		"v1.2.3-5-gabc1234":           {"1.2.3+5.gabc1234", "1.2.3_p5"},
		"v1.2.3-dirty":                {"1.2.3+dirty", "1.2.3_p0"},
		"v1.2.3-rc.1-5-gabc1234":      {"1.2.3~rc.1+5.gabc1234", "1.2.3_rc1_p5"},
		"v1.2.3-5-gabc1234-dirty":     {"1.2.3+5.gabc1234.dirty", "1.2.3_p5"},
		"40d6d8a":                     {"0.0.0+git20261129154123.40d6d8a", "0.0.0_git20261129154123"},
		"40d6d8a-dirty":               {"0.0.0+git20261129154123.40d6d8a.dirty", "0.0.0_git20261129154123"},
		"unknown":                     {},
		"1.2.3":                       {},
		"v1.2":                        {},
		"v1.2.3; rm -rf /":            {},
		"v1.2.3-rc":                   {},
		"v1.2.3-5-gabc1234\nv9.9.9":   {},
		"v01.2.3-preview.1-5-gabc123": {},
	} {
		v, err := parseVersion(described, commit)
		if (err != nil) != (want[0] == "") {
			t.Errorf("%q: %v", described, err)
			continue
		}
		if err == nil && (v.debian() != want[0] || v.alpine() != want[1]) {
			t.Errorf("%q: %s and %s, want %s and %s", described, v.debian(), v.alpine(), want[0], want[1])
		}
	}
}

// TestChartVersions: the chart has the version of the release and names its image.
func TestChartVersions(t *testing.T) {
	for described, want := range map[string]string{
		"v1.2.3": "version: 1.2.3\nappVersion: \"1.2.3\"\n", "v1.2.3-rc.1": "version: 1.2.3-rc.1\nappVersion: \"1.2.3-rc.1\"\n",
		"40d6d8a-dirty": "version: 0.0.0-g40d6d8a-dirty\nappVersion: \"40d6d8a-dirty\"\n",
	} {
		j := job{source: "../..", version: version{described: described}}
		files, err := j.chartFiles()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(files[0].data), want) || files[0].name != "Chart.yaml" || len(files) < 8 {
			t.Errorf("%s: %d files, the first %s:\n%s", described, len(files), files[0].name, files[0].data)
		}
	}
}

func TestChangelog(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"unreleased/b.md":              "Fix: The second\n\nWhat was wrong.\n",
		"unreleased/a.md":              "Feature: The first\n\nWhat is new.\n",
		"v1.9.0_2026-12-01/x.md":       "Change: Of the old one\n\nText.\n",
		"v1.10.0-rc.1_2026-12-07/x.md": "Fix: Before the newer one\n\nText.\n",
		"v1.10.0_2026-12-08/x.md":      "Security: Of the newer one\n\nText.\n",
		"README.md":                    "not a fragment",
	} {
		name = filepath.Join(dir, "changelog", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := changelog(job{source: dir, version: version{described: "v2.0.0"}, time: time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, line := range []string{
		"# Changelog", "## 2.0.0, 2026-12-09", "### Feature: The first", "### Fix: The second",
		"## 1.10.0, 2026-12-08", "### Security: Of the newer one", "## 1.10.0-rc.1, 2026-12-07", "### Fix: Before the newer one", "## 1.9.0, 2026-12-01", "### Change: Of the old one",
	} {
		next := strings.Index(string(got), "\n"+line+"\n")
		if line == "# Changelog" {
			next = 0
		}
		if next <= at && line != "# Changelog" {
			t.Errorf("%q is missing or too early in\n%s", line, got)
		}
		at = next
	}
	if err := os.WriteFile(filepath.Join(dir, "changelog/unreleased/c.md"), []byte("News: of no kind\n\nText.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := changelog(job{source: dir}); err == nil {
		t.Error("a fragment of no kind is taken")
	}
}

func TestLicences(t *testing.T) {
	dir := t.TempDir()
	const (
		apache = "Apache License\n   Version 2.0, January 2004"
		mit    = "Permission is hereby granted, free of charge, to\nany person obtaining a copy"
		bsd    = "Redistributions in binary form must reproduce the above\ncopyright notice"
	)
	for text, want := range map[string]string{
		apache: "Apache-2.0",
		mit:    "MIT",
		bsd:    "BSD-2-Clause",
		bsd + "\n* Neither the name of Google Inc. nor the names of":                   "BSD-3-Clause",
		"Mozilla Public License Version 2.0":                                           "MPL-2.0",
		"covered by two:\n" + mit + "\nLicensed under the Apache License, Version 2.0": "Apache-2.0 AND MIT",
		"You may do with it what you like on days that begin with T":                   "",
	} {
		name := filepath.Join(dir, "LICENSE")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := readLicence(name)
		if got.id != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", text, got.id, err, want)
		}
	}
}

// TestTerms: every licence and every notice of a module is included, and the plain
// Apache License is not repeated.
func TestTerms(t *testing.T) {
	dir := t.TempDir()
	if _, err := readTerms(dir); err == nil {
		t.Error("a module without a licence is taken")
	}
	for name, text := range map[string]string{
		"LICENSE":     "Apache License\n Version 2.0, January 2004 and so on",
		"COPYING.md":  "Permission is hereby granted, free of charge, to any person obtaining a copy. Copyright by Somebody",
		"NOTICE.txt":  "This product includes something.",
		"license.go":  "package license",
		"README.md":   "You may read this.",
		"notice.json": "{}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := readTerms(dir)
	if err != nil || found.id() != "MIT AND Apache-2.0" {
		t.Fatalf("%q, %v", found.id(), err)
	}
	var out bytes.Buffer
	describe(&out, "a module", found)
	for text, want := range map[string]bool{"Copyright by Somebody": true, "This product includes something.": true, "and so on": false, "{}": true} {
		if strings.Contains(out.String(), text) != want {
			t.Errorf("%q told is %v in\n%s", text, !want, out.String())
		}
	}
	both := licence{"BSD-3-Clause AND Apache-2.0", "Copyright by One\r\n Apache License\r\n Version 2.0, January 2004 long END OF TERMS AND CONDITIONS\r\nCopyright by Another\r\n"}
	out.Reset()
	describe(&out, "a module", terms{licences: []licence{both}, notices: []string{"Line\r\nLine"}})
	if said := out.String(); strings.ContainsAny(said, "\r") || strings.Contains(said, "long") || !strings.Contains(said, "by One") || !strings.Contains(said, "by Another") {
		t.Errorf("of two in one file: %q", said)
	}
	if err := os.WriteFile(filepath.Join(dir, "LICENSE.other"), []byte("You may not."), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readTerms(dir); err == nil {
		t.Error("a licence that is not known is taken")
	}
}
