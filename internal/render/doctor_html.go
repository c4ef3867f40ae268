// SPDX-License-Identifier: Apache-2.0

package render

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

//go:embed doctor.html
var doctorPage string

// DoctorHTML writes a diagnosis as one page for a ticket: nothing is loaded
// from elsewhere, no script runs, and it can be printed.
func DoctorHTML(w io.Writer, d *report.Doctor, lang knowledge.Lang) error {
	page, err := template.New("doctor").Parse(doctorPage)
	if err != nil {
		return fmt.Errorf("parse the page of the doctor: %w", err)
	}
	v := newDoctorView(d, lang)
	return page.Execute(w, htmlPage{
		Lang: lang, Title: v.title(), Facts: v.facts(), Worst: d.Worst().String(), WorstWord: severityWord(d.Worst(), lang),
		Parts: htmlParts(v, v.parts()), NotJudged: v.notJudged(), Aside: v.aside(), Passed: strings.Join(d.Passed, ", "), Summary: v.summary(),
		States: htmlStates(d), view: v,
	})
}

// htmlPage is what the template fills in.
type htmlPage struct {
	Lang             knowledge.Lang
	Title            string
	Facts            []string
	Worst, WorstWord string
	Parts            []htmlPart
	NotJudged        []unjudged
	Aside            []string // what is ignored, or is no longer
	Passed, Summary  string
	States           []htmlState

	view doctorView
}

// The methods below give the template its words.

// None says that nothing was found.
func (p htmlPage) None() string { return p.view.words.nothing }

// NotJudgedWord is the heading of what was not judged.
func (p htmlPage) NotJudgedWord() string { return strings.Trim(p.view.words.notJudged, ": ：") }

// PassedWord is the heading of the rules that found nothing.
func (p htmlPage) PassedWord() string { return p.view.words.passed }

// TableWord is the heading of the table of states.
func (p htmlPage) TableWord() string { return p.view.words.table }

// StatesWord heads the column of states.
func (p htmlPage) StatesWord() string { return p.view.words.states }

// CountWord heads the column of numbers.
func (p htmlPage) CountWord() string { return p.view.words.count }

// Gaps are what could not be read.
func (p htmlPage) Gaps() (all []string) {
	for _, g := range p.view.Gaps {
		all = append(all, visible.Text(knowledge.GapText(g).In(p.view.lang)))
	}
	return all
}

// Sections set the kernel's own numbers beside the sockets.
func (p htmlPage) Sections() []doctorSection { return p.view.sections() }

type htmlState struct {
	State, Count string
	Percent      string // of the total
}

func htmlStates(d *report.Doctor) (rows []htmlState) {
	for s := range tcp.AllStates.All() {
		n := d.Tally.Of(s).Total
		if n > 0 {
			rows = append(rows, htmlState{s.String(), knowledge.Grouped(n), Percent(d.Tally.Share(n))})
		}
	}
	return rows
}

// htmlPart is a finding with what the template cannot find out by itself.
type htmlPart struct {
	doctorPart

	Class          string
	DerivationWord string
	ExplainsWord   string
	Below          []htmlPart
}

func htmlParts(v doctorView, parts []doctorPart) []htmlPart {
	out := make([]htmlPart, len(parts))
	for i, p := range parts {
		out[i] = htmlPart{
			doctorPart: p, Class: p.Severity.String(), DerivationWord: v.words.derivation,
			ExplainsWord: strings.TrimSpace(v.words.explains), Below: htmlParts(v, p.Explains),
		}
	}
	return out
}
