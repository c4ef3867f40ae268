// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The two sides of the site.
const (
	english = "en"
	chinese = "zh"
)

func languages() []string { return []string{english, chinese} }

// A page is one of docs: its name without .md, and its text in each language it
// is written in.
type page struct {
	name string
	text map[string][]byte
}

// in returns the text for a side of the site, and the language that it is in.
func (p *page) in(lang string) (text []byte, written string) {
	if text, ok := p.text[lang]; ok {
		return text, lang
	}
	return p.text[english], english
}

// inBoth returns the names of the pages that are written in both languages.
func inBoth(pages []page) map[string]bool {
	both := map[string]bool{}
	for _, p := range pages {
		both[p.name] = p.text[chinese] != nil
	}
	return both
}

// splitName returns the name of a page without its end, and its language.
func splitName(file string) (name, lang string) {
	name = strings.TrimSuffix(file, ".md")
	if base, ok := strings.CutSuffix(name, ".zh"); ok {
		return base, chinese
	}
	return name, english
}

// readPages reads every page of docs, by name.
func readPages(docs fs.FS) ([]page, error) {
	all := map[string]page{}
	err := fs.WalkDir(docs, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".md" {
			return err
		}
		name, lang := splitName(file)
		if all[name].text == nil {
			all[name] = page{name, map[string][]byte{}}
		}
		all[name].text[lang], err = fs.ReadFile(docs, file)
		return err
	})
	pages := make([]page, 0, len(all))
	for _, p := range all {
		if p.text[english] == nil {
			return nil, fmt.Errorf("%s.zh.md has no page in English beside it", p.name)
		}
		pages = append(pages, p)
	}
	slices.SortFunc(pages, func(a, b page) int { return strings.Compare(a.name, b.name) })
	return pages, err
}

// urlOf returns where a page is on a side of the site.
func urlOf(name, lang string) string {
	if path.Base(name) == "README" {
		name = path.Join(path.Dir(name), "index")
	}
	if lang == chinese {
		name = "zh/" + name
	}
	return name + ".html"
}

// relative returns the way from one file of the site to another.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")) + to
}
