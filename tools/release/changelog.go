// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// kinds are the kinds of changes, in the order of the changelog.
func kinds() []string { return []string{"Security", "Feature", "Change", "Fix"} }

// A fragment is one change. changelog/README.md describes its form, and a test of the
// product checks every fragment.
type fragment struct{ kind, title, body string }

// changelog joins the fragments: first those in unreleased/ as this version's, then
// those of every version with a directory of its own, the newest first.
func changelog(j job) ([]byte, error) {
	root := filepath.Join(j.source, "changelog")
	var out bytes.Buffer
	out.WriteString("# Changelog\n")
	if err := section(&out, strings.TrimPrefix(j.version.described, "v")+", "+j.time.Format("2006-01-02"), filepath.Join(root, "unreleased")); err != nil {
		return nil, err
	}
	older, err := filepath.Glob(filepath.Join(root, "v*"))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(older, func(a, b string) int { return compareNumbers(filepath.Base(b), filepath.Base(a)) })
	for _, dir := range older {
		number, date, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), "v"), "_")
		if err := section(&out, number+", "+date, dir); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// section writes the fragments of a directory; nothing if it has none.
func section(out *bytes.Buffer, title, dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil || len(names) == 0 {
		return err
	}
	var all []fragment
	for _, name := range names {
		f, err := readFragment(name)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	fmt.Fprintf(out, "\n## %s\n", title)
	for _, kind := range kinds() {
		for _, f := range all {
			if f.kind == kind {
				fmt.Fprintf(out, "\n### %s: %s\n\n%s\n", f.kind, f.title, f.body)
			}
		}
	}
	return nil
}

func readFragment(name string) (fragment, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return fragment{}, err
	}
	head, body, _ := strings.Cut(string(text), "\n")
	kind, title, ok := strings.Cut(head, ": ")
	if !ok || !slices.Contains(kinds(), kind) {
		return fragment{}, fmt.Errorf("%s: %q is no first line of a fragment", name, head)
	}
	return fragment{kind, title, strings.TrimSpace(body)}, nil
}

// compareNumbers orders v1.9.0_2026-12-01 before v1.10.0-rc.1_2026-12-08, and that
// before v1.10.0_2026-12-09.
func compareNumbers(a, b string) int {
	return slices.Compare(numbers(a), numbers(b))
}

// numbers are the numbers of a version, followed by its stage: 0 alpha, 1 beta, 2 rc,
// each with its number; 3 is the version itself.
func numbers(name string) []int {
	number, _, _ := strings.Cut(strings.TrimPrefix(name, "v"), "_")
	base, before, _ := strings.Cut(number, "-")
	stage, count, _ := strings.Cut(before, ".")
	var all []int
	for part := range strings.SplitSeq(base, ".") {
		all = append(all, natural(part))
	}
	kind := slices.Index([]string{"alpha", "beta", "rc", ""}, stage)
	return append(all, kind, natural(count))
}

// natural parses a number. It is 0 for other text, which the name of a directory never
// has.
func natural(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
