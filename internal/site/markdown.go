// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// repository is where files are that the site does not have.
const repository = "https://github.com/tcpvitals/tcpvitals/blob/main/"

// A document is a page as a side of the site shows it.
type document struct {
	name, url, lang, written string
	both                     map[string]bool // the pages that are written in both languages
	title                    string
	body                     []byte
	sections                 []section
	contents                 []heading
}

// A heading is a part of a page to go to.
type heading struct{ Title, ID string }

// render makes the document of a page; both are the pages that are written in both
// languages.
func render(p *page, lang string, both map[string]bool) (*document, error) {
	source, written := p.in(lang)
	doc := &document{name: p.name, url: urlOf(p.name, lang), lang: lang, written: written, both: both}
	// Between lines of Chinese there is no blank.
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.NewCJK(extension.WithEastAsianLineBreaks())), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	tree := md.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(slugs{}))))
	if err := doc.relink(tree); err != nil {
		return nil, err
	}
	doc.read(tree, source)
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, source, tree); err != nil {
		return nil, err
	}
	doc.body = reachable(out.Bytes())
	return doc, nil
}

// alone matches a picture that is a paragraph.
var alone = regexp.MustCompile(`<p>(<img src="([^"]*)" alt="[^"]*">)</p>`)

// reachable lets what may be wider than the screen be scrolled, also by keys.
func reachable(body []byte) []byte {
	return alone.ReplaceAll([]byte(strings.NewReplacer(
		"<table>", `<div class="wide" tabindex="0"><table>`, "</table>", "</table></div>",
		"<th></th>", "<td></td>",
		"<pre>", `<pre tabindex="0">`,
		"<!-- raw HTML omitted -->\n", "",
	).Replace(string(body))), []byte(`<p class="wide picture"><a href="$2">$1</a></p>`))
}

// relink leads links to where things are on the site.
func (d *document) relink(tree ast.Node) error {
	return ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		var err error
		switch n := n.(type) {
		case *ast.Link:
			n.Destination, err = d.lead(n.Destination)
		case *ast.Image:
			n.Destination, err = d.lead(n.Destination)
		}
		return ast.WalkContinue, err
	})
}

// lead returns where a link of the page leads on the site.
func (d *document) lead(link []byte) ([]byte, error) {
	to, anchor, _ := strings.Cut(string(link), "#")
	if anchor != "" {
		anchor = "#" + anchor
	}
	if to == "" || strings.Contains(to, ":") {
		return link, nil
	}
	to = path.Join(path.Dir(d.name), to)
	switch {
	case strings.HasPrefix(to, "../"):
		return []byte(repository + strings.TrimPrefix(to, "../") + anchor), nil
	case path.Ext(to) == ".md":
		name, lang := splitName(to)
		// Each page is on the Chinese side, if only as it is in English. But a page in
		// English names a heading in English, which a page in Chinese does not have.
		if d.lang == chinese && (anchor == "" || d.written == chinese || !d.both[name]) {
			lang = chinese
		}
		return []byte(relative(d.url, urlOf(name, lang)) + anchor), nil
	case strings.HasPrefix(to, "img/"):
		return []byte(relative(d.url, to)), nil
	default:
		return nil, fmt.Errorf("the link to %s leads to what the site does not have", link)
	}
}

// read takes the title, the headings and the text of the sections.
func (d *document) read(tree ast.Node, source []byte) {
	at := section{URL: d.url}
	for n := tree.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			at.Text += plain(n, source) + "\n"
			continue
		}
		id, _ := h.AttributeString("id")
		anchor, _ := id.([]byte)
		title := strings.TrimSpace(plain(h, source))
		if h.Level == 1 && d.title == "" {
			d.title, at.Title, at.Page = title, title, title
			continue
		}
		d.sections = append(d.sections, at)
		at = section{URL: d.url + "#" + string(anchor), Page: d.title, Title: title}
		if h.Level == 2 {
			d.contents = append(d.contents, heading{title, string(anchor)})
		}
	}
	d.sections = append(d.sections, at)
}

// plain returns the text of a node and of what is below it.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			if entering {
				b.Write(n.Lines().Value(source))
			}
		default:
			if !entering && n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// slugs gives headings the names that they have where the repository is shown,
// so that a link to one leads there too.
type slugs map[string]bool

// Generate implements [parser.IDs].
func (s slugs) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(string(value))) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	name := b.String()
	for i := 1; s[name]; i++ {
		name = fmt.Sprintf("%s-%d", b.String(), i)
	}
	s[name] = true
	return []byte(name)
}

// Put implements [parser.IDs].
func (s slugs) Put(value []byte) { s[string(value)] = true }
