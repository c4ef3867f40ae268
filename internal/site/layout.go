// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// assets are what all pages share.
//
//go:embed assets
var assets embed.FS

// addAssets adds style, script, icon and the pictures of docs.
func addAssets(files map[string][]byte, docs fs.FS) error {
	for _, name := range []string{"site.css", "site.js", "icon.svg"} {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		files[name] = text
	}
	pictures, err := fs.Glob(docs, "img/*.svg")
	for _, name := range pictures {
		if files[name], err = fs.ReadFile(docs, name); err != nil {
			return err
		}
	}
	return err
}

// A group is a part of the menu.
type group struct {
	Title string
	Items []item
}

// An item leads to a page.
type item struct{ Title, name string }

// menuOf reads the menu off the page that leads to all others: its headings are
// the groups, its links their items.
func menuOf(pages []page, lang string) (menu []group, err error) {
	listed := map[string]bool{"index": true}
	for i := range pages {
		if pages[i].name != "index" {
			continue
		}
		text, _ := pages[i].in(lang)
		for line := range strings.Lines(string(text)) {
			if title, ok := strings.CutPrefix(line, "## "); ok {
				menu = append(menu, group{Title: strings.TrimSpace(title)})
				continue
			}
			if len(menu) == 0 {
				continue
			}
			for _, link := range linksOf(line) {
				file, _, _ := strings.Cut(link.name, "#")
				name, _ := splitName(file)
				listed[name] = true
				last := &menu[len(menu)-1]
				last.Items = append(last.Items, item{link.Title, name})
			}
		}
	}
	for i := range pages {
		if name := pages[i].name; !listed[name] && path.Dir(name) != "decisions" {
			err = fmt.Errorf("docs/index (%s) does not lead to %s.md", lang, name)
		}
	}
	return menu, err
}

// linksOf are the links to pages in a line of Markdown.
func linksOf(line string) (all []item) {
	for {
		_, rest, ok := strings.Cut(line, "[")
		title, rest, ok2 := strings.Cut(rest, "](")
		name, rest, ok3 := strings.Cut(rest, ")")
		if !ok || !ok2 || !ok3 {
			return all
		}
		all, line = append(all, item{title, name}), rest
	}
}

// words are those of the layout in a language.
type words struct {
	Site, Skip, Menu, Search, Hint, None, Contents, Other, OtherLang, Only string
}

func wordsIn(lang string) words {
	if lang == chinese {
		return words{"tcpvitals 文档", "跳到正文", "目录", "搜索", "状态、参数、计数器、命令……", "没有找到", "本页内容", "English", "en", "本页只有英文。"}
	}
	return words{"tcpvitals documentation", "Skip to the text", "Menu", "Search", "A state, parameter, counter, command…", "Nothing found", "On this page", "中文", "zh-CN", ""}
}

// tag is the name of a language in HTML.
func tag(lang string) string {
	if lang == chinese {
		return "zh-CN"
	}
	return "en"
}

// lay puts a document into the layout of its side.
func lay(d *document, menu []group) ([]byte, error) {
	type entry struct {
		Title, URL string
		Here       bool
	}
	type part struct {
		Title string
		Items []entry
	}
	var parts []part
	for _, g := range menu {
		p := part{Title: g.Title}
		for _, i := range g.Items {
			p.Items = append(p.Items, entry{i.Title, relative(d.url, urlOf(i.name, d.lang)), i.name == d.name})
		}
		parts = append(parts, p)
	}
	other := chinese
	if d.lang == chinese {
		other = english
	}
	if len(d.contents) < 3 || d.name == "index" {
		d.contents = nil
	}
	layout, err := template.ParseFS(assets, "assets/layout.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = layout.Execute(&out, map[string]any{
		"W": wordsIn(d.lang), "Lang": tag(d.lang), "Written": tag(d.written), "Foreign": d.written != d.lang,
		"Title": d.title, "Body": template.HTML(d.body), "Menu": parts, "Contents": d.contents, //nolint:gosec // what goldmark has escaped
		"Root": relative(d.url, ""), "Home": relative(d.url, urlOf("index", d.lang)), "Twin": relative(d.url, urlOf(d.name, other)),
		"Sections": "search." + d.lang + ".js", "IsHome": d.name == "index",
	})
	return out.Bytes(), err
}
