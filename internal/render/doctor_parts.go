// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A doctorPart is a finding in the words of one language, independent of the layout.
type doctorPart struct {
	Severity diagnose.Severity
	Word     string // word for the severity
	Code     string
	Summary  string // with the namespace, if there are several
	Lines    []doctorLine
	whose    int          // number of lines that name the owner
	others   bool         // the part stands for others, see [diagnose.Finding.Others]
	More     []doctorLine // the derivation
	Explains []doctorPart // explained findings, with Why
	Why      string
}

// A doctorLine is a sentence with a label.
type doctorLine struct {
	Label, Text string
	Command     bool // the text is a command
}

// doctorView turns a diagnosis into parts.
type doctorView struct {
	*report.Doctor

	lang  knowledge.Lang
	words doctorWords
}

func newDoctorView(d *report.Doctor, lang knowledge.Lang) doctorView {
	return doctorView{d, lang, wordsOfDoctor(lang)}
}

// A doctorSection is a list of remarks under a heading.
type doctorSection struct {
	Heading string
	Lines   []string
}

// sections returns, for each namespace, the kernel's own numbers beside the counted
// sockets.
func (v doctorView) sections() (all []doctorSection) {
	words, o := crossCheckWords(), Options{Lang: v.lang}
	for _, b := range v.CrossChecks {
		s := doctorSection{Heading: words.title.In(v.lang)}
		if v.Several() && b.Netns != nil {
			s.Heading = visible.Text(fmt.Sprintf(v.words.where, b.Netns.Name)) + s.Heading
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
	told := map[string]bool{}
	for i := range v.Findings {
		f := &v.Findings[i]
		parts[i] = v.part(f, told[f.Code])
		if between := i > 0 && v.Findings[i-1].Code != f.Code; between && told[f.Code] && f.Severity >= diagnose.Notice && f.Now == (knowledge.Text{}) {
			parts[i].Lines = slices.Insert(parts[i].Lines, parts[i].whose, doctorLine{v.words.now, fmt.Sprintf(v.words.asAbove, f.Code), false})
		}
		told[f.Code] = true
		parts[i].show()
	}
	return parts
}

// show makes invisible characters in the texts visible: others choose names of
// processes, namespaces, units and files.
func (p *doctorPart) show() {
	p.Summary, p.Why = visible.Text(p.Summary), visible.Text(p.Why)
	for _, lines := range [][]doctorLine{p.Lines, p.More} {
		for i := range lines {
			lines[i].Label, lines[i].Text = visible.Text(lines[i].Label), visible.Text(lines[i].Text)
		}
	}
	for i := range p.Explains {
		p.Explains[i].show()
	}
}

// part returns one finding. again says that the general remarks of the rule were
// printed with an earlier finding.
func (v doctorView) part(f *diagnose.Finding, again bool) doctorPart {
	p := doctorPart{
		Severity: f.Severity, Word: severityWord(f.Severity, v.lang), Code: f.Code, Summary: v.where(f) + f.Summary.In(v.lang),
		Lines: v.lines(f, again), More: v.derivation(f), others: f.Others > 0,
	}
	if len(p.Lines) > 0 && p.Lines[0].Label == v.words.whose {
		p.whose = 1
	}
	for i := range f.Explains {
		e := v.part(&f.Explains[i].Finding, false)
		e.Why = f.Explains[i].Why.In(v.lang)
		p.Explains = append(p.Explains, e)
	}
	return p
}

// where returns the namespace of a finding, if there are several.
func (v doctorView) where(f *diagnose.Finding) string {
	switch {
	case !v.Several():
		return ""
	case f.Netns == nil:
		return fmt.Sprintf(v.words.where, v.words.hostWide)
	default:
		return visible.Text(fmt.Sprintf(v.words.where, spaceName(f.Netns.Name)))
	}
}

// spaceName returns the name of a namespace; if that is only a number, with a word
// for what it numbers.
func spaceName(name string) string {
	if _, err := strconv.ParseUint(name, 10, 64); err == nil {
		return "netns " + name
	}
	return name
}

// lines returns what every reader should know, in this order: the owner and the
// place, what to do now, what to change later and what that costs, what the finding
// means here, how to check it, and where to read more. A healthy result needs none of
// that.
func (v doctorView) lines(f *diagnose.Finding, again bool) (lines []doctorLine) {
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, doctorLine{Label: label, Text: text})
		}
	}
	detail := func() {
		for _, d := range f.Detail {
			if d != f.Later && d != f.Now && d != f.Whose || f.Severity < diagnose.Notice {
				add("", d.In(v.lang))
			}
		}
	}
	if f.Severity < diagnose.Notice {
		detail()
		if f.Asks && !f.Check.None() {
			lines = append(lines, doctorLine{v.words.check, f.Check.String(), true})
		}
		return lines
	}
	add(v.words.whose, v.whose(f))
	rule := v.Rule(f.Code)
	switch {
	case f.Now != (knowledge.Text{}):
		add(v.words.now, f.Now.In(v.lang))
	case len(rule.App) > 0 && !again:
		add(v.words.now, rule.App[0].In(v.lang))
	}
	for _, c := range f.Changes {
		add(v.words.change, v.change(c))
		if s, ok := knowledge.SysctlOf(c.Key); ok && s.Status != knowledge.SysctlRemoved { // setting a removed parameter back costs nothing
			add(v.words.cost, s.Risk.In(v.lang))
		}
	}
	switch {
	case f.Later != (knowledge.Text{}):
		add(v.words.later, f.Later.In(v.lang))
	case len(f.Changes) == 0 && len(rule.Kernel) > 0 && !again:
		label := v.words.later
		if len(rule.App) == 0 && f.Now == (knowledge.Text{}) { // there is no other remedy
			label = v.words.now
		}
		add(label, rule.Kernel[0].In(v.lang))
	}
	detail()
	if !f.Check.None() {
		lines = append(lines, doctorLine{v.words.check, f.Check.String(), true})
	}
	if !f.Emergency.None() {
		lines = append(lines, doctorLine{v.words.emergency, f.Emergency.String(), true})
	}
	if again {
		return lines
	}
	return append(lines, doctorLine{v.words.more, command.Of("explain", f.Code).In(v.Scope).String(), true})
}

// whose returns the owner and the place of a finding: process and pid, unit or
// container, then the addresses, without what the summary names already. It is "" if
// nothing more is known.
func (v doctorView) whose(f *diagnose.Finding) string {
	summary := f.Summary.In(v.lang)
	var parts, rest []string // parts that need a sentence come last
	add := func(named, text string) {
		if named != "" && !strings.Contains(summary, named) {
			parts = append(parts, text)
		}
	}
	if o := f.Owner; o != nil {
		switch p := o.Process; {
		case o.Among != "":
			rest = append(rest, fmt.Sprintf(v.words.among, knowledge.Relisted(o.Among, v.lang)))
		case p != nil && p.PID == 0: // a trace knows names only
			add(p.Name, p.Name)
		case p != nil:
			name := visible.Phrase(p.Name)
			add(fmt.Sprintf("%s[%d]", name, p.PID), fmt.Sprintf("%s pid %d", name, p.PID))
			if o.Sharers > 0 {
				parts = append(parts, fmt.Sprintf(v.words.sharers, o.Sharers+1))
			}
		}
		if o.Also != "" {
			rest = append(rest, fmt.Sprintf(v.words.also, knowledge.Relisted(o.Also, v.lang)))
		}
		add(o.Unit, o.Unit)
		add(diagnose.ShortContainer(o.Container), o.Container)
	}
	at := v.words.local
	if f.About.Remote.IsValid() && f.About.Local.Port() == 0 {
		at = v.words.from
	}
	local, remote := report.AddressText(f.About.Local), report.AddressText(f.About.Remote)
	if any := ":" + strconv.Itoa(int(f.About.Local.Port())); !f.About.Local.Addr().IsUnspecified() || !names(summary, any) {
		add(local, fmt.Sprintf(at, local))
	}
	add(remote, fmt.Sprintf(v.words.remote, remote))
	return strings.Join(append(parts, rest...), v.words.comma)
}

// names reports whether a summary mentions a port: after a blank, after the bracket
// of Chinese, which needs none, or at its beginning, where the address stands for all.
func names(summary, port string) bool {
	for _, before := range []string{" ", "）"} {
		_, rest, ok := strings.Cut(before+summary, before+port)
		if ok && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			return true
		}
	}
	return false
}

// verdict returns the last line: how many findings of which severity, and the worst
// of them in a few words, as many as fit.
func (v doctorView) verdict(width int) string {
	count := map[diagnose.Severity]int{}
	for i := range v.Findings {
		count[v.Findings[i].Severity]++
	}
	var parts []string
	for _, s := range []diagnose.Severity{diagnose.Critical, diagnose.Warning, diagnose.Notice} {
		if count[s] > 0 {
			parts = append(parts, counted(count[s], s, v.lang))
		}
	}
	healthy := len(parts) == 0
	nothing := v.words.healthy
	if len(v.Findings) == 0 {
		nothing = v.words.nothing
	}
	switch lost := v.Partial(); {
	case healthy && lost:
		parts = append(parts, v.words.unsure)
	case healthy:
		parts = append(parts, nothing)
	}
	if n := len(v.Ignored); n > 0 {
		parts = append(parts, fmt.Sprintf(v.words.ignoredCount, n))
	}
	line := strings.Join(parts, v.words.comma)
	if healthy {
		return line
	}
	return line + v.words.colon + v.worst(width-Width(line+v.words.colon))
}

// worst names the findings of the two highest severities in a few words each: at
// least one, and as many as fit.
func (v doctorView) worst(width int) (names string) {
	const more = "…"
	between := separator(v.lang)
	left := 0
	for i := range v.Findings {
		f := &v.Findings[i]
		if f.Severity < max(diagnose.Notice, v.Worst()-1) {
			continue
		}
		name := visible.Text(v.where(f)) + gist(f.Summary.In(v.lang))
		switch {
		case names == "":
			names = name
		case left == 0 && Width(names+between+name+between+more) <= width:
			names += between + name
		default:
			left++
		}
	}
	if left > 0 {
		names += between + more
	}
	return names
}

// gist returns the first clause of a summary that is more than a name. What is in
// quotes is a name, and ends no clause.
func gist(summary string) string {
	said := false // a blank outside names: there is a verb
	for at := 0; at < len(summary); {
		rest := summary[at:]
		end := clauseEnd(rest)
		switch {
		case end > 0 && said:
			return summary[:at]
		case end > 0:
			at += end
		case rest[0] == '"':
			at += visible.QuoteEnd(rest)
		default:
			said = said || rest[0] == ' '
			at++
		}
	}
	return summary
}

// clauseEnd returns the length of what ends a clause, if text begins with that.
func clauseEnd(text string) int {
	for _, end := range []string{": ", "; ", "：", "；"} {
		if strings.HasPrefix(text, end) {
			return len(end)
		}
	}
	return 0
}

func (v doctorView) change(c diagnose.Change) string {
	text := c.Key
	if c.Value != "" {
		text += " = " + c.Value
	}
	if why := c.Why.In(v.lang); why != "" {
		text += bracketed(why, v.lang)
	}
	return text
}

// missing lists missing facts, grouped by reason.
func (v doctorView) missing(all []diagnose.Missing) string {
	var reasons []string
	facts := map[string][]string{}
	for _, m := range all {
		reason := m.Reason.In(v.lang)
		if facts[reason] == nil {
			reasons = append(reasons, reason)
		}
		facts[reason] = append(facts[reason], knowledge.Term(m.Fact, v.lang))
	}
	for i, reason := range reasons {
		reasons[i] = strings.Join(facts[reason], v.words.listed) + bracketed(reason, v.lang)
	}
	return strings.Join(reasons, separator(v.lang))
}

// derivation returns how the finding was derived.
func (v doctorView) derivation(f *diagnose.Finding) (lines []doctorLine) {
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, doctorLine{Label: label, Text: text})
		}
	}
	add(v.words.evidence, v.evidence(f.Evidence))
	rule := v.Rule(f.Code)
	lines = append(lines, v.ruleLines(&rule)...)
	add(v.words.wouldTell, v.missing(f.Missing))
	return lines
}

// ruleLines returns the documentation of a rule.
func (v doctorView) ruleLines(r *diagnose.Rule) (lines []doctorLine) {
	lines = append(lines,
		doctorLine{Label: v.words.what, Text: r.Title.In(v.lang) + bracketed(r.Name, v.lang)},
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
		texts[i] = knowledge.Term(e.Name, v.lang) + " " + quantity(e.Value, e.Unit)
		if e.Threshold != nil {
			texts[i] += bracketed(v.words.compared+quantity(*e.Threshold, e.Unit), v.lang)
		}
	}
	return strings.Join(texts, separator(v.lang))
}

// quantity prints a number with its unit.
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

// unjudged is a reason, with the rules that could not decide because of it.
type unjudged struct {
	Reason string
	Codes  []string
}

// notJudged groups the rules that could not decide by the first missing fact. With
// several namespaces it names those in which the fact was missing, unless it was
// missing in all.
func (v doctorView) notJudged() (groups []unjudged) {
	spaces := map[[2]string][]string{} // namespaces by reason and code
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
			spaces[key] = append(spaces[key], visible.Text(n.Netns.Name))
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

// plan returns the command that makes a plan of the proposed changes; empty if there
// are none. A plan is for one network namespace.
func (v doctorView) plan() command.Line {
	changes := false
	for i := range v.Findings {
		changes = changes || proposing(&v.Findings[i])
	}
	if !changes || len(v.Scope.From) > 0 || v.Scope.Nowhere || v.Scope.Netns == "all" {
		return command.Line{}
	}
	words := []string{"tune", "plan", "--from-doctor"}
	if v.Scope.Netns != "" {
		words = append(words, "--netns", v.Scope.Netns)
	}
	if v.Window > 0 {
		words = append(words, "--window", max(v.Window.Round(time.Second), time.Second).String())
	}
	return command.Of(words...).In(v.Scope)
}

// proposing reports whether a finding, or one that it explains, proposes a value.
func proposing(f *diagnose.Finding) bool {
	for _, c := range f.Changes {
		if c.Value != "" && f.Severity >= diagnose.Notice {
			return true
		}
	}
	return slices.ContainsFunc(f.Explains, func(e diagnose.Explained) bool { return proposing(&e.Finding) })
}

// summary returns in one line what was done.
func (v doctorView) summary() string {
	count := map[diagnose.Verdict]int{}
	for _, verdict := range v.Verdicts() {
		count[verdict]++
	}
	parts := []string{v.judged(count[diagnose.Found], count[diagnose.PassedAll], count[diagnose.Unjudged]), v.engine(), v.words.oneReading}
	if v.Window > 0 {
		parts[2] = fmt.Sprintf(v.words.window, v.Window.Seconds())
	}
	return strings.Join(parts, " · ")
}

// judged counts the rules.
func (v doctorView) judged(found, passed, unjudged int) string {
	all := found + passed + unjudged
	format := v.words.judged
	if all == 1 {
		format = v.words.judgedOne
	}
	return fmt.Sprintf(format, all, found, passed, unjudged)
}

func (v doctorView) engine() string {
	if v.Format == "" {
		return visible.Text(v.Engine)
	}
	return knowledge.Term(visible.Text(v.Engine), v.lang) + bracketed(knowledge.Term(v.Format, v.lang), v.lang)
}
