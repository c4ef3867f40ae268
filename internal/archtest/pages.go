// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	decisionsDir  = "docs/decisions/"
	fragmentsRoot = "changelog/"
)

var (
	decisionName = regexp.MustCompile(`^(\d{4})-[a-z0-9-]+\.md$`)
	fragmentHead = regexp.MustCompile(`^(Feature|Change|Fix|Security): [^a-z ].*[^.\s]$`)
	makeTarget   = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
	makeSpan     = regexp.MustCompile("`make ([a-z][a-z0-9-]*)")
	makeLine     = regexp.MustCompile(`^\s*(?:\$ )?make ([a-z][a-z0-9-]*)`)
	markdownLink = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
)

// checkDecisions requires that every decision record is in the index, has at most one
// page, the four headings, and a number of its own.
func checkDecisions(t *Tree) (found []Violation) {
	index := t.Text(decisionsDir + "README.md")
	numbers := map[string]string{}
	for _, name := range t.below(decisionsDir) {
		base := path.Base(name)
		match := decisionName.FindStringSubmatch(base)
		switch {
		case base == "README.md" || base == "template.md":
			continue
		case match == nil:
			found = append(found, Violation{name, 0, "a decision record is named NNNN-title.md"})
			continue
		case !strings.Contains(index, "("+base+")"):
			found = append(found, Violation{name, 0, "not listed in " + decisionsDir + "README.md"})
		case numbers[match[1]] != "":
			found = append(found, Violation{name, 0, "has the number of " + numbers[match[1]]})
		}
		numbers[match[1]] = base
		found = append(found, decisionForm(name, t.Text(name))...)
	}
	return found
}

func decisionForm(name, text string) (found []Violation) {
	for _, heading := range []string{"Context", "Options", "Decision", "When to reconsider"} {
		if !strings.Contains(text, "\n## "+heading+"\n") {
			found = append(found, Violation{name, 0, "no heading ## " + heading})
		}
	}
	if lines := strings.Count(text, "\n"); lines > 70 {
		found = append(found, Violation{name, 0, fmt.Sprintf("%d lines: a decision record is at most a page (70)", lines)})
	}
	return found
}

// checkFragments requires that changelog fragments have the form described in
// changelog/README.md.
func checkFragments(t *Tree) (found []Violation) {
	for _, name := range t.below(fragmentsRoot) {
		if name == fragmentsRoot+"README.md" || path.Base(name) == ".gitkeep" {
			continue
		}
		if msg := fragmentForm(t.Text(name)); msg != "" || path.Ext(name) != ".md" {
			found = append(found, Violation{name, 1, strings.TrimSpace("not a changelog fragment: " + msg)})
		}
	}
	return found
}

func fragmentForm(text string) string {
	head, rest, _ := strings.Cut(text, "\n")
	switch {
	case !fragmentHead.MatchString(head):
		return "the first line is Feature, Change, Fix or Security, a colon and a capitalised title without a full stop"
	case len(head) > 100:
		return "the title is longer than 100 bytes"
	case !strings.HasPrefix(rest, "\n"):
		return "the second line is empty"
	case strings.TrimSpace(rest) == "":
		return "no body: say what changes for the user"
	default:
		return ""
	}
}

// checkMakeTargets requires that every make target in a command of a page exists.
func checkMakeTargets(t *Tree) (found []Violation) {
	targets := map[string]bool{}
	for _, match := range makeTarget.FindAllStringSubmatch(t.Text("Makefile"), -1) {
		targets[match[1]] = true
	}
	for _, name := range t.pages() {
		for _, used := range makeCommands(t.Text(name)) {
			if !targets[used] {
				found = append(found, Violation{name, 0, "make " + used + " is no target of the Makefile"})
			}
		}
	}
	return found
}

// makeCommands returns the make targets that a page names in code: between backquotes,
// in a fenced block, or indented by four blanks.
func makeCommands(page string) (targets []string) {
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced || strings.HasPrefix(line, "    ") {
			if match := makeLine.FindStringSubmatch(line); match != nil {
				targets = append(targets, match[1])
			}
			continue
		}
		for _, match := range makeSpan.FindAllStringSubmatch(line, -1) {
			targets = append(targets, match[1])
		}
	}
	return targets
}

// checkLinks requires that every relative link of a page leads to a file.
func checkLinks(t *Tree) (found []Violation) {
	for _, name := range t.pages() {
		for _, match := range markdownLink.FindAllStringSubmatch(t.Text(name), -1) {
			if strings.Contains(match[1], ":") {
				continue // the link leads to the web
			}
			target := path.Join(path.Dir(name), match[1])
			if !slices.ContainsFunc(t.Names, func(file string) bool { return within(file, target) }) {
				found = append(found, Violation{name, 0, "link to " + match[1] + " leads nowhere"})
			}
		}
	}
	return found
}

// pages returns the Markdown files that people read.
func (t *Tree) pages() (names []string) {
	for _, name := range t.Names {
		if path.Ext(name) == ".md" && !strings.Contains(name, "testdata/") {
			names = append(names, name)
		}
	}
	return names
}

// below returns the files in a directory and in those below it.
func (t *Tree) below(dir string) (names []string) {
	for _, name := range t.Names {
		if strings.HasPrefix(name, dir) {
			names = append(names, name)
		}
	}
	return names
}
