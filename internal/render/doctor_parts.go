// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// A doctorPart is a finding in the words of one language, however it is laid out.
type doctorPart struct {
	Severity diagnose.Severity
	Word     string // of the severity
	Code     string
	Summary  string // with the namespace where there are several
	Lines    []doctorLine
	More     []doctorLine // the derivation
	Explains []doctorPart // with Why
	Why      string
}

// A doctorLine is a sentence with what it is about before it.
type doctorLine struct {
	Label, Text string
	Command     bool // the text is to be typed
}

// doctorView lays a diagnosis out in parts.
type doctorView struct {
	*Doctor

	lang  knowledge.Lang
	words doctorWords
}

func newDoctorView(d *Doctor, lang knowledge.Lang) doctorView {
	return doctorView{d, lang, wordsOfDoctor(lang)}
}

// A doctorSection is remarks under a heading.
type doctorSection struct {
	Heading string
	Lines   []string
}

// sections set the kernel's own numbers beside the sockets, for each namespace.
func (v doctorView) sections() (all []doctorSection) {
	words, o := booksWords(), Options{Lang: v.lang}
	for _, b := range v.Books {
		s := doctorSection{Heading: words.title.In(v.lang)}
		if v.several() && b.Netns != nil {
			s.Heading = fmt.Sprintf(v.words.where, b.Netns.Name) + s.Heading
		}
		for i := range b.Comparisons {
			c := &b.Comparisons[i]
			s.Lines = append(s.Lines, comparisonLine(c, o)+fmt.Sprintf(v.words.because, comparisonWords(c, o)))
		}
		moment := words.moment
		if b.Once {
			moment = words.once
		}
		all = append(all, doctorSection{s.Heading, append(s.Lines, moment.In(v.lang))})
	}
	return all
}

func (v doctorView) parts() []doctorPart {
	parts := make([]doctorPart, len(v.Findings))
	for i := range v.Findings {
		parts[i] = v.part(&v.Findings[i])
	}
	return parts
}

func (v doctorView) part(f *diagnose.Finding) doctorPart {
	p := doctorPart{
		Severity: f.Severity, Word: severityWord(f.Severity, v.lang), Code: f.Code, Summary: v.where(f) + f.Summary.In(v.lang),
		Lines: v.lines(f), More: v.derivation(f),
	}
	for i := range f.Explains {
		e := v.part(&f.Explains[i].Finding)
		e.Why = f.Explains[i].Why.In(v.lang)
		p.Explains = append(p.Explains, e)
	}
	return p
}

// where names the namespace of a finding, where there are several.
func (v doctorView) where(f *diagnose.Finding) string {
	switch {
	case !v.several():
		return ""
	case f.Netns == nil:
		return fmt.Sprintf(v.words.where, v.words.hostWide)
	default:
		return fmt.Sprintf(v.words.where, f.Netns.Name)
	}
}

// lines are what everybody should read: what it means here, what to turn and
// how to check it. What is healthy needs no check.
func (v doctorView) lines(f *diagnose.Finding) (lines []doctorLine) {
	for _, d := range f.Detail {
		lines = append(lines, doctorLine{Label: "", Text: d.In(v.lang)})
	}
	if f.Severity < diagnose.Notice {
		return lines
	}
	for _, c := range f.Changes {
		lines = append(lines, doctorLine{Label: v.words.change, Text: v.change(c)})
	}
	if f.Check != "" {
		lines = append(lines, doctorLine{v.words.check, f.Check, true})
	}
	return lines
}

func (v doctorView) change(c diagnose.Change) string {
	text := c.Key
	if c.Value != "" {
		text += " = " + c.Value
	}
	if why := c.Why.In(v.lang); why != "" {
		text += " (" + why + ")"
	}
	return text
}

// missing names facts, those with one reason together.
func (v doctorView) missing(all []diagnose.Missing) string {
	var reasons []string
	facts := map[string][]string{}
	for _, m := range all {
		reason := m.Reason.In(v.lang)
		if facts[reason] == nil {
			reasons = append(reasons, reason)
		}
		facts[reason] = append(facts[reason], m.Fact)
	}
	for i, reason := range reasons {
		reasons[i] = strings.Join(facts[reason], ", ") + " (" + reason + ")"
	}
	return strings.Join(reasons, separator(v.lang))
}

// derivation is where the finding comes from.
func (v doctorView) derivation(f *diagnose.Finding) (lines []doctorLine) {
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, doctorLine{Label: label, Text: text})
		}
	}
	if f.Owner != nil {
		add(v.words.owner, ownerName(f.Owner))
	}
	add(v.words.evidence, v.evidence(f.Evidence))
	rule := v.rule(f.Code)
	lines = append(lines, v.ruleLines(&rule)...)
	add(v.words.wouldTell, v.missing(f.Missing))
	return lines
}

// ruleLines are what a rule says of itself.
func (v doctorView) ruleLines(r *diagnose.Rule) (lines []doctorLine) {
	lines = append(lines,
		doctorLine{Label: v.words.what, Text: r.Title.In(v.lang) + " (" + r.Name + ")"},
		doctorLine{Label: v.words.formula, Text: r.Formula.In(v.lang)})
	for _, part := range []struct {
		label      string
		statements []knowledge.Statement
	}{
		{v.words.threshold, r.Threshold},
		{v.words.excluded, r.Excluded},
		{v.words.inApp, r.App},
		{v.words.inKernel, r.Kernel},
	} {
		for _, s := range part.statements {
			lines = append(lines, doctorLine{Label: part.label, Text: s.In(v.lang)})
		}
	}
	return append(lines, doctorLine{Label: v.words.sources, Text: strings.Join(r.Sources, separator(v.lang))})
}

func (v doctorView) evidence(all []diagnose.Evidence) string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = e.Name + " " + quantity(e.Value, e.Unit)
		if e.Threshold != nil {
			texts[i] += " (" + v.words.compared + quantity(*e.Threshold, e.Unit) + ")"
		}
	}
	return strings.Join(texts, separator(v.lang))
}

// quantity writes a number with its unit.
func quantity(value float64, unit string) string {
	number := strconv.FormatFloat(value, 'f', 2, 64)
	switch {
	case value == float64(int64(value)) && value >= 0:
		number = knowledge.Grouped(uint64(value))
	case value >= 100:
		number = knowledge.Grouped(uint64(value + 0.5))
	}
	switch unit {
	case "":
		return number
	case "1/s":
		return number + "/s"
	default:
		return number + " " + unit
	}
}

// unjudged is a reason and the rules that could not tell because of it.
type unjudged struct {
	Reason string
	Codes  []string
}

// notJudged groups the rules that could not tell by the first thing that was
// missing. Where there are several namespaces, those are named that it was not
// missing in all of.
func (v doctorView) notJudged() (groups []unjudged) {
	spaces := map[[2]string][]string{} // of reason and code
	for _, n := range v.NotJudged {
		reason := n.Missing[0].Reason.In(v.lang)
		at := slices.IndexFunc(groups, func(u unjudged) bool { return u.Reason == reason })
		if at < 0 {
			groups = append(groups, unjudged{Reason: reason})
			at = len(groups) - 1
		}
		if !slices.Contains(groups[at].Codes, n.Code) {
			groups[at].Codes = append(groups[at].Codes, n.Code)
		}
		if n.Netns != nil {
			key := [2]string{reason, n.Code}
			spaces[key] = append(spaces[key], n.Netns.Name)
		}
	}
	for _, g := range groups {
		for i, code := range g.Codes {
			if in := spaces[[2]string{g.Reason, code}]; len(in) > 0 && len(in) < len(v.Namespaces) {
				g.Codes[i] += "@" + strings.Join(in, "+")
			}
		}
	}
	return groups
}

// summary says in one line what was done.
func (v doctorView) summary() string {
	unjudged := map[string]bool{}
	found := map[string]bool{}
	for _, n := range v.NotJudged {
		unjudged[n.Code] = true
	}
	for i := range v.Findings {
		collectCodes(&v.Findings[i], found)
	}
	for code := range found {
		delete(unjudged, code)
	}
	passed := 0
	for _, code := range v.Passed {
		if !found[code] && !unjudged[code] {
			passed++
		}
	}
	parts := []string{fmt.Sprintf(v.words.judged, len(found)+passed+len(unjudged), len(found), passed, len(unjudged)), v.engine(), v.words.oneReading}
	if v.Window > 0 {
		parts[2] = fmt.Sprintf(v.words.window, v.Window.Seconds())
	}
	return strings.Join(parts, " · ")
}

func (v doctorView) engine() string {
	if v.Format == "" {
		return v.Engine
	}
	return v.Engine + " (" + v.Format + ")"
}

func collectCodes(f *diagnose.Finding, codes map[string]bool) {
	codes[f.Code] = true
	for i := range f.Explains {
		collectCodes(&f.Explains[i].Finding, codes)
	}
}
