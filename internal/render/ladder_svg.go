// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Caption is the text around a picture, and which of its lines matter.
type Caption struct {
	Title, Claim, Verdict string
	// Proofs are the lines of the script on which the verdict rests.
	Proofs []int
}

// CaptionOf returns the caption for a result.
func CaptionOf(r *scenario.Result, lang knowledge.Lang) Caption {
	c := Caption{
		Title:   r.Scenario.Title.In(lang),
		Claim:   knowledge.Text{En: "Claim: ", Zh: "说法："}.In(lang) + r.Scenario.Claim.In(lang),
		Verdict: verdictSentence(r.Verdict).In(lang),
	}
	for _, e := range r.Evidence {
		c.Proofs = append(c.Proofs, e.Line)
	}
	return c
}

func verdictSentence(v scenario.Verdict) knowledge.Text {
	switch v {
	case scenario.Holds:
		return knowledge.Text{En: "On this kernel the claim holds.", Zh: "在这个内核上，该说法成立。"}
	case scenario.Refuted:
		return knowledge.Text{En: "On this kernel the claim is wrong.", Zh: "在这个内核上，该说法不成立。"}
	case scenario.Depends:
		return knowledge.Text{En: "On this kernel the claim holds in part.", Zh: "在这个内核上，该说法部分成立。"}
	default:
		return knowledge.Text{En: "The experiment could not be finished here.", Zh: "实验未能在这里完成。"}
	}
}

// The layout of the picture, in its own units.
const (
	svgWidth   = 860
	kernelLine = 230
	peerLine   = 630
	bandWidth  = 12
	middle     = (kernelLine + peerLine) / 2
	slope      = 22 // how far an arrow falls from one end to the other
	lineHeight = 20
)

// LadderSVG draws the content of Ladder as a picture for a web page: two life lines
// with a coloured band for each state, and arrows that fall with time. It has no
// scripts and loads nothing; its colours follow the reader's preference for light or
// dark.
func LadderSVG(events []*record.Event, c Caption, o Options) []byte {
	p := picture{ladder: newLadder(events, o), o: o, held: map[string]spot{}, proofs: c.Proofs}
	p.head(c)
	for i, r := range p.ladder.rungs {
		p.rung(r, i)
	}
	p.y += 18
	p.closeBands()
	p.foot(c)
	return p.document(c)
}

// spot is a position in the picture.
type spot struct{ x, y int }

// band is a state and its extent.
type band struct {
	state tcp.State
	from  int
}

type picture struct {
	ladder ladder
	o      Options
	lines  bytes.Buffer // life lines and bands, drawn below everything else
	shapes bytes.Buffer
	y      int
	bands  [2]band
	held   map[string]spot // what the network holds, by name
	waits  int             // how many segments have waited in the network so far
	below  [2]int          // where the last text on each side is
	proofs []int           // line numbers of the script
}

func (p *picture) put(format string, args ...any) { fmt.Fprintf(&p.shapes, format+"\n", args...) }

// words writes escaped text.
func (p *picture) words(x, y int, class, text string) {
	p.put(`<text x="%d" y="%d" class="%s">%s</text>`, x, y, class, html.EscapeString(text))
}

// paragraph writes wrapped text and moves down.
func (p *picture) paragraph(x int, class, text string, columns int) {
	for _, line := range Wrap(text, columns) {
		p.y += lineHeight
		p.words(x, p.y, class, line)
	}
}

func (p *picture) head(c Caption) {
	p.y = 14
	p.y += lineHeight
	p.words(24, p.y, "title", c.Title)
	p.paragraph(24, "claim", c.Claim, 112)
	p.y += 34
	p.words(kernelLine, p.y, "end", endText(record.Kernel).In(p.o.Lang))
	p.words(peerLine, p.y, "end", endText(record.Peer).In(p.o.Lang))
	p.y += 12
	p.put(`<circle cx="%d" cy="%d" r="3" class="grey"/><circle cx="%d" cy="%d" r="3" class="grey"/>`, kernelLine, p.y, peerLine, p.y)
	for end := range p.bands {
		p.bands[end] = band{state: tcp.Close, from: p.y}
	}
}

func (p *picture) foot(c Caption) {
	if c.Verdict == "" {
		return
	}
	p.y += lineHeight + 6
	p.words(24, p.y, "verdict", c.Verdict)
	p.y += 4
}

// lifeLine returns the column of an end's life line.
func lifeLine(end record.End) int {
	if end == record.Kernel {
		return kernelLine
	}
	return peerLine
}

func (p *picture) rung(r rung, index int) {
	switch r.kind {
	case rungSegment:
		p.segment(r)
	case rungHandshake:
		p.handshake(r)
	case rungCall:
		p.call(r)
	case rungRemark:
		p.remark(r)
	case rungNote:
		p.note(r.label)
	case rungPause:
		p.pause(r.label, index)
	}
}

// remark writes an observation beside the kernel's lifeline.
func (p *picture) remark(r rung) {
	p.states(r, p.y+lineHeight, p.y+lineHeight)
	p.y = max(p.y, p.below[record.Kernel]) + lineHeight
	p.below[record.Kernel] = p.y
	p.words(kernelLine-16, p.y, "remark right", r.label)
}

func (p *picture) call(r rung) {
	p.y = max(p.y, p.below[r.end]) + lineHeight
	p.below[r.end] = p.y
	class := "call"
	if slices.Contains(p.proofs, r.line) {
		class += " marked"
	}
	if r.end == record.Kernel {
		p.words(kernelLine-16, p.y, class+" right", r.label)
		return
	}
	p.words(peerLine+16, p.y, class, r.label)
}

// note writes a sentence of the story in a box between the life lines.
func (p *picture) note(text string) {
	rows := Wrap(text, 50)
	p.y += 12
	p.put(`<rect x="%d" y="%d" width="%d" height="%d" rx="6" class="note"/>`, kernelLine+24, p.y, peerLine-kernelLine-48, len(rows)*18+12)
	for i, row := range rows {
		p.words(middle, p.y+19+i*18, "notetext", row)
	}
	p.y += len(rows)*18 + 14
}

// pause interrupts the life lines.
func (p *picture) pause(text string, _ int) {
	p.y += 12
	for _, x := range []int{kernelLine, peerLine} {
		p.put(`<rect x="%d" y="%d" width="%d" height="14" class="paper"/>`, x-bandWidth, p.y, 2*bandWidth)
		for i := range 3 {
			p.put(`<circle cx="%d" cy="%d" r="1.6" class="grey"/>`, x, p.y+2+i*5)
		}
	}
	p.words(middle, p.y+11, "pause", text)
	p.y += 16
}

// states starts new bands: the kernel's at one height, the peer's at another.
func (p *picture) states(r rung, kernelY, peerY int) {
	for end, y := range []int{kernelY, peerY} {
		if !r.changed[end] {
			continue
		}
		p.endBand(record.End(end), y)
		p.bands[end] = band{state: r.states[end], from: y}
		x, class := kernelLine-16, "state right"
		if record.End(end) == record.Peer {
			x, class = peerLine+16, "state"
		}
		p.words(x, y+5, class, stateName(r, record.End(end)))
		p.below[end] = y + 5
	}
}

func (p *picture) endBand(end record.End, y int) {
	b := p.bands[end]
	if y <= b.from {
		return
	}
	width := bandWidth
	if b.state == tcp.Close {
		width = 2
	}
	fmt.Fprintf(&p.lines, `<rect x="%d" y="%d" width="%d" height="%d" class="%s"/>`+"\n", lifeLine(end)-width/2, b.from, width, y-b.from, bandClass(b.state))
}

func (p *picture) closeBands() {
	for end := range p.bands {
		p.endBand(record.End(end), p.y)
	}
}

// bandClass groups the states by phase: opening, open, closing first, closing second,
// waiting. A later state of a group is paler.
func bandClass(s tcp.State) string {
	switch s {
	case tcp.SynSent, tcp.SynRecv, tcp.NewSynRecv:
		return "opening"
	case tcp.Established:
		return "open"
	case tcp.FinWait1:
		return "active"
	case tcp.FinWait2, tcp.Closing:
		return "active2"
	case tcp.CloseWait:
		return "passive"
	case tcp.LastAck:
		return "passive2"
	case tcp.TimeWait:
		return "timewait"
	default:
		return "grey"
	}
}

// edgeOf returns where arrows touch a life line, which has a width.
func edgeOf(end record.End) int {
	if end == record.Kernel {
		return kernelLine + bandWidth/2 + 2
	}
	return peerLine - bandWidth/2 - 2
}

// segment draws an arrow from one end to the other, as far as the segment gets.
func (p *picture) segment(r rung) {
	p.y = max(p.y+36, p.below[r.end]+16)
	y0, y1 := p.y, p.y+slope
	from, to := spot{edgeOf(r.end), y0}, spot{edgeOf(r.end.Other()), y1}
	class := "arrow"
	switch {
	case r.fate == record.Lost:
		to = between(from, to, 62)
		class = "arrow gone"
	case r.fate == record.Held:
		to = across(from, to, p.waitingPlace(r.end.Other()))
	case r.fate == record.Late:
		from = p.release(r, from, to)
		class = "arrow old"
	case r.again:
		class = "arrow again"
	}
	p.arrow(from, to, class, r)
	p.label(r, from, to)
	kernelY, peerY := y1, y0
	if r.end == record.Kernel {
		kernelY, peerY = y0, y1
	}
	p.states(r, kernelY, peerY)
	p.words(svgWidth-16, y0+4, "time right", clock(r.at))
	p.y = y1 - 6
	if r.fate == record.Held {
		p.y += lineHeight // for the word below the line
	}
}

// waitingPlace returns where in the network the next segment waits: near an end,
// apart from the others.
func (p *picture) waitingPlace(end record.End) int {
	p.waits++
	away := 38 + (p.waits-1)%3*16
	if end == record.Kernel {
		return kernelLine + away
	}
	return peerLine - away
}

// across returns the point of a line at a given x.
func across(a, b spot, x int) spot {
	return spot{x, a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x)}
}

// between returns the point at so many percent of the way from a to b.
func between(a, b spot, percent int) spot {
	return spot{a.x + (b.x-a.x)*percent/100, a.y + (b.y-a.y)*percent/100}
}

// release ends the waiting of a segment: a dotted line from where it waited down to
// where it continues.
func (p *picture) release(r rung, from, to spot) spot {
	waiting, known := p.held[r.name]
	if !known {
		return between(from, to, 20)
	}
	at := across(from, to, waiting.x)
	fmt.Fprintf(&p.lines, `<path d="M%d %dV%d" class="wait"/>`+"\n", at.x, waiting.y+5, at.y-5)
	p.put(`<circle cx="%d" cy="%d" r="5" class="parcel"/>`, at.x, at.y)
	return at
}

func (p *picture) arrow(from, to spot, class string, r rung) {
	p.put(`<path d="M%d %dL%d %d" class="%s"/>`, from.x, from.y, to.x, to.y, class)
	switch r.fate {
	case record.Lost:
		p.put(`<path d="M%d %dl14 14m0 -14l-14 14" class="cross"/>`, to.x-7, to.y-7)
		p.fate(to, r)
	case record.Held:
		p.wait(to, r)
		p.words(to.x, to.y+20, "fate label", fateText(r.fate).In(p.o.Lang))
	default:
		p.tip(from, to)
	}
	if r.copied {
		p.wait(across(from, to, p.waitingPlace(r.end)), r)
	}
}

// wait puts a segment, or its copy, into the network.
func (p *picture) wait(at spot, r rung) {
	p.put(`<circle cx="%d" cy="%d" r="5" class="parcel"/>`, at.x, at.y)
	p.held[r.name] = at
}

// fate writes at the end of an arrow why it ends there.
func (p *picture) fate(at spot, r rung) {
	x, class := at.x+14, "fate"
	if r.end == record.Peer {
		x, class = at.x-14, "fate right"
	}
	p.words(x, at.y+5, class, fateText(r.fate).In(p.o.Lang))
}

// tip draws the head of an arrow, turned in its direction.
func (p *picture) tip(from, to spot) {
	angle := math.Atan2(float64(to.y-from.y), float64(to.x-from.x)) * 180 / math.Pi
	p.put(`<path d="M0 0l-10 -5v10z" transform="translate(%d %d) rotate(%.1f)" class="tip"/>`, to.x, to.y, angle)
}

// label writes the label above the middle of the arrow.
func (p *picture) label(r rung, from, to spot) {
	text := p.ladder.named(r)
	class := "label"
	if r.again {
		text += " · " + againText().In(p.o.Lang)
		class = "label marked"
	}
	if r.fate == record.Late {
		text += " · " + fateText(record.Late).In(p.o.Lang)
		class = "label marked"
	}
	if r.copied {
		text += " · " + knowledge.Text{En: "a copy stays behind", Zh: "副本滞留在网络中"}.In(p.o.Lang)
	}
	at := between(from, to, 50)
	if r.copied {
		at = between(from, to, 56) // clear of the copy
	}
	half := Width(text) * 15 / 4 // half the width of a monospaced character is 3.75
	x := min(max(at.x, kernelLine+20+half), peerLine-20-half)
	// Which end of the text is nearest to the arrow depends on the direction in which
	// the arrow falls.
	rise := half * slope / max(1, peerLine-kernelLine)
	p.words(x, at.y-6-rise, class, text)
}

// handshake draws three segments as one rung.
func (p *picture) handshake(r rung) {
	p.y += 30
	p.put(`<path d="M%d %dH%d" class="arrow folded"/>`, edgeOf(record.Kernel), p.y, edgeOf(record.Peer))
	p.tip(spot{peerLine, p.y}, spot{edgeOf(record.Kernel), p.y})
	p.tip(spot{kernelLine, p.y}, spot{edgeOf(record.Peer), p.y})
	p.words(middle, p.y-7, "label", p.ladder.named(r))
	p.words(svgWidth-16, p.y+4, "time right", clock(r.at))
	p.states(r, p.y, p.y)
}

// document assembles the picture.
func (p *picture) document(c Caption) []byte {
	var b bytes.Buffer
	height := p.y + 16
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", svgWidth, height, svgWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n<style>%s</style>\n", html.EscapeString(c.Title), html.EscapeString(c.Claim), svgStyle)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" class="paper"/>`+"\n", svgWidth, height)
	b.Write(p.lines.Bytes())
	b.Write(p.shapes.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// svgStyle has the colours twice, because not every viewer knows CSS variables.
const svgStyle = `
text{font:13px system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC",sans-serif;fill:#1f2328}
.title{font-size:18px;font-weight:600}.claim,.time,.pause,.call{fill:#59636e}
.end{font-weight:600;text-anchor:middle}.right{text-anchor:end}
.label,.notetext,.pause{text-anchor:middle}.label{paint-order:stroke;stroke:#fff;stroke-width:4px;font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:12.5px}
.call{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:12.5px}.time{font-size:12px}
.state,.verdict{font-weight:600}.remark,.fate,.marked{fill:#9a3412;font-weight:600}
.paper{fill:#fff}.note{fill:#f3f4f6;stroke:#d1d9e0}
.arrow{stroke:#1f2328;stroke-width:1.6;fill:none}.tip{fill:#1f2328}.gone{stroke:#cf222e}.old{stroke-dasharray:6 4}.folded{stroke-dasharray:2 3}
.cross{stroke:#cf222e;stroke-width:2.4;fill:none}.parcel{fill:#fff;stroke:#9a3412;stroke-width:2}.wait{stroke:#9a3412;stroke-width:1.6;stroke-dasharray:2 4;fill:none}
.grey{fill:#afb8c1}.opening{fill:#d4a72c}.open{fill:#4ac26b}.active{fill:#2f8fe8}.active2{fill:#8fcbff}.passive{fill:#f2803a}.passive2{fill:#ffc39b}.timewait{fill:#a475f9}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.label{stroke:#0d1117}.claim,.time,.pause,.call{fill:#9198a1}.remark,.fate,.marked{fill:#ffa657}
.paper{fill:#0d1117}.note{fill:#161b22;stroke:#3d444d}.arrow{stroke:#e6edf3}.tip{fill:#e6edf3}.gone,.cross{stroke:#ff7b72}
.parcel{fill:#0d1117;stroke:#ffa657}.wait{stroke:#ffa657}.grey{fill:#57606a}}
`
