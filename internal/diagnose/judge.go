// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Diagnosis is what all rules say of a machine.
type Diagnosis struct {
	Window    time.Duration // 0 for one reading
	Findings  []Finding     // the worst first
	NotJudged []NotJudged
	// Passed are the codes of rules that had all they need, in every namespace,
	// and found nothing, or nothing but what another finding says otherwise.
	Passed []string
	// Ignored are findings that count for nothing because somebody said so.
	Ignored []Ignored
}

// NotJudged is a rule that could not tell.
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

// A Verdict is what became of a rule.
type Verdict uint8

const (
	// Found is a rule with a finding, which stands by itself, below its cause, or
	// is ignored.
	Found Verdict = iota + 1
	// Unjudged is a rule without one that lacked a fact, in one namespace at least.
	Unjudged
	// PassedAll is a rule that had all it needs everywhere, and has no finding.
	PassedAll
)

// Verdicts tells what became of each rule that was asked.
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

// Judge asks every rule. before is an earlier reading, window before now, or nil.
// Findings that are to be ignored are set aside.
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

// Join adds what was found in a part of what was judged and is worse than, or
// no part of, what was found in all of it. Of says where it is from.
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

// NewCase is one namespace of a machine, for callers that need more of it than
// the rules say.
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

// apply asks one rule, and makes its findings complete.
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

// concede leaves out what says that all is well about sockets about which another
// finding says that it is not.
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

// explain puts findings below those that cause them.
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

// sameAbove reports whether a cause of a finding, at whatever distance, has the one
// remedy for what it explains.
func sameAbove(cause []int, why []Cause, i int) bool {
	for range cause { // as many steps at most
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

// explains takes in a finding that this one is the cause of. Where both are
// about the same sockets the cause is as bad, and the remedy is its own: what
// would help if the connections were wanted is no remedy.
func (f *Finding) explains(consequence Finding, why *Cause) {
	if why.Same {
		if f.Severity < consequence.Severity {
			f.Severity, f.Basis = consequence.Severity, consequence.Basis
		}
	}
	for _, s := range consequence.samples { // which is shown by its summary alone
		if !slices.Contains(f.Detail, s) {
			s = say("%s: %s", "%s：%s", consequence.Code, s)
			f.Detail, f.samples = append(f.Detail, s), append(slices.Clone(f.samples), s)
		}
	}
	f.Explains = append(f.Explains, Explained{Finding: consequence, Why: why.Why})
}

// top follows causes up to one that has none.
func top(cause []int, i int) int {
	for range cause {
		if cause[i] < 0 {
			return i
		}
		i = cause[i]
	}
	return i
}

// causeOf returns the finding that explains another one, or -1. Only what is
// itself at least a warning, and no less than what it explains, explains it,
// unless both are about the same sockets, or it is harmless by itself.
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
