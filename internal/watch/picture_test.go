// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tcpvitals/tcpvitals/internal/render"
)

// A picture is a screen of a session, as README and docs show it.
type picture struct {
	file, session, screen, title string
}

func pictures() []picture {
	return []picture{
		{"watch", "diagram_120_colour", "diagram", "tcpvitals watch: the state diagram of this host"},
		{"watch.zh", "diagram_120_zh_colour", "diagram", "tcpvitals watch：本机的状态图"},
		{"watch-leak", "leak_path", "findings", "tcpvitals watch: a finding"},
		{"watch-leak.zh", "leak_path_zh", "findings", "tcpvitals watch：一个结论"},
		{"watch-groups", "leak_path", "whose", "tcpvitals watch: whose sockets are in CLOSE_WAIT"},
		{"watch-groups.zh", "leak_path_zh", "whose", "tcpvitals watch：CLOSE_WAIT 属于谁"},
	}
}

// TestPictures: pictures are those of sessions, as they are now; -update, or make
// pictures, draws them anew.
func TestPictures(t *testing.T) {
	for _, p := range pictures() {
		arch, err := txtar.ParseFile("testdata/session/" + p.session + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, f := range arch.Files {
			if f.Name == p.screen {
				text = string(f.Data)
			}
		}
		if text == "" {
			t.Fatalf("session %s has no screen %s", p.session, p.screen)
		}
		want := asSVG(text, p.title)
		if err := xml.Unmarshal([]byte(want), new(struct{ XMLName xml.Name })); err != nil {
			t.Errorf("%s is no XML: %v", p.file, err)
		}
		name := "../../docs/img/" + p.file + ".svg"
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s is not the screen %s of %s (%v): make pictures", name, p.screen, p.session, err)
		}
	}
}

// The size of a cell, and how far the screen is from the border.
const (
	cellWidth  = 8.4
	cellHeight = 17
	margin     = 12
)

// svgStyle has the sixteen colours of a terminal, on light and on dark.
const svgStyle = `text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Noto Sans Mono CJK SC","Noto Sans CJK SC",monospace;fill:#1f2328;white-space:pre}
.paper{fill:#fff;stroke:#d1d9e0}.f{fill:#818b98}.b{font-weight:700}.g{fill:#1a7f37}.y{fill:#9a6700}.r{fill:#cf222e;font-weight:700}.c{fill:#0969da}.v{fill:#fff}.bar{fill:#1f2328}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117;stroke:#3d444d}.f{fill:#8b949e}.g{fill:#3fb950}.y{fill:#d29922}.r{fill:#ff7b72}.c{fill:#58a6ff}.v{fill:#0d1117}.bar{fill:#e6edf3}}`

// classes are those of the sequences that an ink writes.
func classes() map[string]string {
	all := map[string]string{"␛[0m": ""}
	for i, class := range []string{plain: "", faint: "f", bold: "b", good: "g", warn: "y", bad: "r", lead: "c", chosen: "v"} {
		if s := ink(i).sgr(manner{colour: true}); s != "" {
			all[strings.ReplaceAll(s, "\x1b", "␛")] = class
		}
	}
	return all
}

// asSVG is a screen as SVG.
func asSVG(screen, title string) string {
	lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
	columns := 80
	var body strings.Builder
	known := classes()
	for y, line := range lines {
		x, class := 0, ""
		for line != "" {
			if strings.HasPrefix(line, "␛") {
				end := strings.IndexByte(line, 'm') + 1
				class, line = known[line[:end]], line[end:]
				continue
			}
			text, wide := alike(line)
			line = line[len(text):]
			run(&body, x, y, wide, class, text)
			x += wide
		}
		columns = max(columns, x)
	}
	width, height := 2*margin+float64(columns)*cellWidth, 2*margin+len(lines)*cellHeight
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" width="%.0f" height="%d" role="img">
<title>%s</title>
<style>
%s
</style>
<rect x="0.5" y="0.5" width="%.0f" height="%d" rx="8" class="paper"/>
%s</svg>
`, width, height, width, height, title, svgStyle, width-1, height-1, body.String())
}

// alike is the beginning of a line of which all characters take as many columns,
// and how many it takes.
func alike(line string) (text string, wide int) {
	each := 0
	for i, r := range line {
		w := render.Width(string(r))
		if r == '␛' || each > 0 && w != each && w > 0 {
			return line[:i], wide
		}
		if w > 0 {
			each = w
		}
		wide += w
	}
	return line, wide
}

// run writes text into its cells.
func run(b *strings.Builder, x, y, wide int, class, text string) {
	left, top := margin+float64(x)*cellWidth, margin+y*cellHeight
	if class == "v" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" class="bar"/>`, left, top, float64(wide)*cellWidth, cellHeight)
	}
	attribute := ""
	if class != "" {
		attribute = ` class="` + class + `"`
	}
	// Some that draw make one of many blanks: each word of a row has its place.
	parts := apart(text)
	for _, at := range slices.Sorted(maps.Keys(parts)) {
		word := parts[at]
		var escaped strings.Builder
		_ = xml.EscapeText(&escaped, []byte(word))
		fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f"%s>%s</text>`+"\n", left+float64(at)*cellWidth, top+13, float64(render.Width(word))*cellWidth, attribute, escaped.String())
	}
}

// apart are the parts of a text between two blanks or more, each with its column.
func apart(text string) map[int]string {
	parts := map[int]string{}
	at := 0
	for text != "" {
		word, rest, _ := strings.Cut(text, "  ")
		if bare := strings.TrimSpace(word); bare != "" {
			parts[at+len(word)-len(strings.TrimLeft(word, " "))] = bare
		}
		at += render.Width(word) + 2
		text = rest
	}
	return parts
}
