// SPDX-License-Identifier: Apache-2.0

package render

import "strings"

// markup is text that a page contains as it is. Constants convert to it implicitly;
// strings that others chose do not.
type markup string

// hypertext is an HTML page being written. The templates of the standard library
// would do too, but their tables take a tenth of the program's start time, even if no
// page is asked for.
type hypertext struct {
	b       strings.Builder
	escaper *strings.Replacer
}

func newHypertext() *hypertext {
	return &hypertext{escaper: strings.NewReplacer(
		"\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")}
}

// add writes markup.
func (h *hypertext) add(m markup) { h.b.WriteString(string(m)) }

// put writes text between markup. The text stands for itself, between tags and
// between the quotes of an attribute.
func (h *hypertext) put(before markup, text string, after markup) {
	h.add(before)
	_, _ = h.escaper.WriteString(&h.b, text) // a Builder takes everything
	h.add(after)
}

// each puts every text, one after the other.
func (h *hypertext) each(texts []string, before, after markup) {
	for _, t := range texts {
		h.put(before, t, after)
	}
}

// list writes a list with an item for each text.
func (h *hypertext) list(items []string) {
	h.add("<ul>")
	h.each(items, "<li>", "</li>\n")
	h.add("</ul>\n")
}

// joined puts texts with markup between them.
func (h *hypertext) joined(texts []string, between, before, after markup) {
	for i, t := range texts {
		if i > 0 {
			h.add(between)
		}
		h.put(before, t, after)
	}
}
