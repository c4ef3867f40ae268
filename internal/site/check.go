// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	// reference matches an attribute by which a page leads to something or takes it.
	reference = regexp.MustCompile(`\s(?:href|src|srcset|poster|action|data)="([^"]*)"`)
	// taken matches an element that the browser fetches by itself.
	taken = regexp.MustCompile(`<(?:script|link|img|source|iframe|video|audio|object|embed|use|form)\b[^>]*`)
	// fetched matches what a style or a picture fetches.
	fetched = regexp.MustCompile(`(?i)@import|url\(\s*["']?(?:https?:)?//|(?:href|src)="(?:https?:)?//`)
)

// check returns what is wrong with a site: links and anchors that lead nowhere,
// in the site or in the tree of the repository; what a browser would ask another
// host for; pages that one of the two sides lacks.
func check(files map[string][]byte, tree fs.FS) (wrong []error) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := string(files[name])
		switch path.Ext(name) {
		case ".html":
			wrong = append(wrong, checkPage(files, tree, name, text)...)
		case ".css", ".svg":
			if found := fetched.FindString(text); found != "" {
				wrong = append(wrong, fmt.Errorf("%s asks another host: %s", name, found))
			}
		}
	}
	return wrong
}

func checkPage(files map[string][]byte, tree fs.FS, name, text string) (wrong []error) {
	for _, element := range taken.FindAllString(text, -1) {
		for _, match := range reference.FindAllStringSubmatch(element, -1) {
			if strings.Contains(match[1], "//") {
				wrong = append(wrong, fmt.Errorf("%s asks another host: %s", name, match[1]))
			}
		}
	}
	for _, match := range reference.FindAllStringSubmatch(text, -1) {
		if msg := leadsTo(files, tree, name, html.UnescapeString(match[1])); msg != "" {
			wrong = append(wrong, fmt.Errorf("%s: the link to %s %s", name, match[1], msg))
		}
	}
	twin, isChinese := strings.CutPrefix(name, "zh/")
	if !isChinese {
		twin = "zh/" + name
	}
	if files[twin] == nil {
		wrong = append(wrong, fmt.Errorf("%s has no twin %s", name, twin))
	}
	if isChinese && strings.Contains(text, `<article lang="en"`) && !strings.Contains(text, wordsIn(chinese).Only) {
		wrong = append(wrong, fmt.Errorf("%s is in English and does not say so", name))
	}
	return wrong
}

// leadsTo returns what is wrong with a link of a page, or nothing.
func leadsTo(files map[string][]byte, tree fs.FS, from, link string) string {
	if file, ok := strings.CutPrefix(link, repository); ok {
		file, _, _ = strings.Cut(file, "#")
		if _, err := fs.Stat(tree, path.Clean(file)); err != nil {
			return "leads to what the repository does not have"
		}
		return ""
	}
	if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
		return ""
	}
	link, err := url.PathUnescape(link)
	if err != nil {
		return err.Error()
	}
	to, anchor, _ := strings.Cut(link, "#")
	target := path.Join(path.Dir(from), to)
	if to == "" {
		target = from
	}
	if files[target] == nil {
		return "leads nowhere"
	}
	if anchor != "" && !bytes.Contains(files[target], []byte(` id="`+html.EscapeString(anchor)+`"`)) {
		return "leads to a heading that is not there"
	}
	return ""
}
