// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Diagnosis is the verdict of all rules on a machine.
type Diagnosis struct {
	Window    time.Duration // 0 for one reading
	Findings  []Finding     // the worst first
	NotJudged []NotJudged
	// Passed are the codes of rules that had every fact they need, in every namespace,
	// and either found nothing or found only that all is well where another finding
	// says otherwise.
	Passed []string
	// Ignored are findings that were set aside because somebody accepts them.
	Ignored []Ignored
}

// NotJudged is a rule that lacked facts.
type NotJudged struct {
	Code    string
	Netns   *socket.Netns // nil for the whole host
	Missing []Missing
}

// Worst returns the greatest severity of all findings; OK when there is none.
func (d *Diagnosis) Worst() Severity {
	if len(d.Findings) == 0 {
		return OK
	}
	return d.Findings[0].Severity
}

// A Verdict is the outcome of a rule.
type Verdict uint8

const (
	// Found means that the rule has a finding, which stands alone, below its cause, or among the
	// ignored.
	Found Verdict = iota + 1
	// Unjudged means that the rule has no finding and lacked a fact in at least one namespace.
	Unjudged
	// PassedAll means that the rule had every fact it needs in all namespaces and has no
	// finding.
	PassedAll
)

// Verdicts returns the outcome of every rule that was applied.
func (d *Diagnosis) Verdicts() map[string]Verdict {
	all := map[string]Verdict{}
	for _, code := range d.Passed {
		all[code] = PassedAll
	}
	for i := range d.NotJudged {
		all[d.NotJudged[i].Code] = Unjudged
	}
	var found func(f *Finding)
	found = func(f *Finding) {
		all[f.Code] = Found
		for i := range f.Explains {
			found(&f.Explains[i].Finding)
		}
	}
	for i := range d.Findings {
		found(&d.Findings[i])
	}
	for i := range d.Ignored {
		found(&d.Ignored[i].Finding)
	}
	return all
}

// Judge applies every rule. before is an earlier reading, taken window earlier, or
// nil. Ignored findings are set aside.
func Judge(now, before *Machine, window time.Duration, ignoring ...Ignore) *Diagnosis {
	return judgeBy(Rules(), now, before, window, ignoring...)
}

func judgeBy(rules []Rule, now, before *Machine, window time.Duration, ignoring ...Ignore) *Diagnosis {
	d := &Diagnosis{Window: window}
	unjudged := map[string]bool{}
	var all findings
	for _, space := range now.Spaces {
		c := newCase(now, before, space, window)
		for i := range rules {
			r := &rules[i]
			if r.HostWide && space != now.Spaces[0] {
				continue
			}
			here, missing := r.apply(c)
			all.add(r.Code, here, &c.surplus)
			if len(here) == 0 && len(missing) > 0 {
				unjudged[r.Code] = true
				d.NotJudged = append(d.NotJudged, NotJudged{Code: r.Code, Netns: r.netns(space), Missing: missing})
			}
		}
	}
	found := saidOnce(concede(all.told(rules)))
	d.Findings = explain(rules, d.setAside(slices.Clone(found), ignoring))
	for i := range rules {
		code := rules[i].Code
		if !unjudged[code] && !slices.ContainsFunc(found, func(f Finding) bool { return f.Code == code }) {
			d.Passed = append(d.Passed, code)
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return d
}

// Join adds those findings of a part whose rule found nothing as severe in the whole.
// of says which part they come from.
func (d *Diagnosis) Join(part *Diagnosis, of knowledge.Text, ignoring ...Ignore) {
	var more []Finding
	for _, f := range part.Findings {
		known := slices.ContainsFunc(d.Findings, func(other Finding) bool { return other.Code == f.Code && other.Severity >= f.Severity })
		if known {
			continue
		}
		d.Passed = slices.DeleteFunc(d.Passed, func(code string) bool { return code == f.Code })
		f.Detail = append([]knowledge.Text{of}, f.Detail...)
		more = append(more, f)
	}
	d.Findings = append(d.Findings, d.setAside(more, ignoring)...)
	slices.SortStableFunc(d.Findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
}

// NewCase is one namespace of a machine as rules see it, for callers that need facts
// beyond the findings.
func NewCase(now, before *Machine, space *Space, window time.Duration) *Case {
	return newCase(now, before, space, window)
}

func newCase(now, before *Machine, space *Space, window time.Duration) *Case {
	c := &Case{Machine: now, Now: space, Window: window}
	if before == nil {
		return c
	}
	c.hostBefore, c.past = &before.Host, before
	for _, past := range before.Spaces {
		if sameNetns(past.Netns, space.Netns) {
			c.Before = past
		}
	}
	return c
}

func sameNetns(a, b *socket.Netns) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Inode == b.Inode
}

// apply runs one rule on a case and fills in what all findings have.
func (r *Rule) apply(c *Case) ([]Finding, []Missing) {
	c.missing, c.samples, c.surplus = nil, nil, surplus{}
	if r.WindowOnly && c.Before == nil {
		c.Lacks("window", noWindow())
		return nil, c.missing
	}
	findings := r.Judge(c)
	for i := range findings {
		f := &findings[i]
		f.Code = r.Code
		f.Missing = c.missing
		f.Detail, f.samples = append(f.Detail, c.samples...), c.samples
		f.Netns = r.netns(c.Now)
		if f.Check.None() {
			f.Check = r.Check
		}
		f.Check = f.counting(f.Check)
		for j := range f.Changes {
			c.settle(&f.Changes[j])
		}
		if f.Basis == Counts {
			f.Severity = min(f.Severity, Notice)
		}
	}
	return findings, c.missing
}

func (r *Rule) netns(space *Space) *socket.Netns {
	if r.HostWide {
		return nil
	}
	return space.Netns
}

// concede removes findings that all is well with some sockets if another finding says
// the opposite about them.
func concede(found []Finding) []Finding {
	return slices.DeleteFunc(found, func(f Finding) bool {
		for _, c := range concessions() {
			if c.of != f.Code {
				continue
			}
			if slices.ContainsFunc(found, func(alarm Finding) bool {
				return alarm.Severity >= Notice && slices.Contains(c.to, alarm.Code) && sameNetns(alarm.Netns, f.Netns) && c.same(&alarm)
			}) {
				return true
			}
		}
		return false
	})
}

// explain puts findings below the findings that cause them.
func explain(rules []Rule, found []Finding) []Finding {
	cause := make([]int, len(found))
	why := make([]Cause, len(found))
	for i := range found {
		cause[i], why[i] = causeOf(rules, found, i)
	}
	var out []Finding
	for i := range found {
		if cause[i] >= 0 {
			continue
		}
		f := found[i]
		for j := range found {
			if top(cause, j) != i || j == i {
				continue
			}
			if sameAbove(cause, why, j) {
				found[j].Changes = nil
			}
			f.explains(found[j], &why[j])
		}
		out = append(out, f)
	}
	return out
}

// sameAbove reports whether some cause of a finding, directly or through other causes,
// is about the same sockets, so that its remedy replaces that of the finding.
func sameAbove(cause []int, why []Cause, i int) bool {
	for range cause { // a chain of causes cannot have more steps
		if cause[i] < 0 {
			return false
		}
		if why[i].Same {
			return true
		}
		i = cause[i]
	}
	return false
}

// explains puts a finding below this one, its cause. If both are about the same
// sockets, the cause becomes as severe as its consequence. The cause keeps its own
// remedy; advice that assumes that the connections are wanted would not help.
func (f *Finding) explains(consequence Finding, why *Cause) {
	if why.Same {
		if f.Severity < consequence.Severity {
			f.Severity, f.Basis = consequence.Severity, consequence.Basis
		}
	}
	for _, s := range consequence.samples { // only the summary of the consequence is shown, so its sample is named here
		if !slices.Contains(f.Detail, s) {
			s = say("%s: %s", "%s：%s", consequence.Code, s)
			f.Detail, f.samples = append(f.Detail, s), append(slices.Clone(f.samples), s)
		}
	}
	f.Explains = append(f.Explains, Explained{Finding: consequence, Why: why.Why})
}

// top follows causes up to a finding that has none.
func top(cause []int, i int) int {
	for range cause {
		if cause[i] < 0 {
			return i
		}
		i = cause[i]
	}
	return i
}

// causeOf returns the index of the finding that explains finding i, or -1. A cause is
// at least a warning and at least as severe as its consequence, except where the pair
// is marked Same or Mild.
func causeOf(rules []Rule, found []Finding, i int) (int, Cause) {
	at := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == found[i].Code })
	for _, h := range rules[at].HiddenBy {
		for j := range found {
			f := &found[j]
			least := max(Warning, found[i].Severity)
			switch {
			case h.Mild:
				least = Info
			case h.Same:
				least = Notice
			}
			if j == i || f.Code != h.By || f.Severity < least || f.Netns != nil && !sameNetns(f.Netns, found[i].Netns) {
				continue
			}
			if h.Covers == nil || h.Covers(f, &found[i]) {
				return j, h
			}
		}
	}
	return -1, Cause{}
}
