// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Diagnosis is what all rules say of a machine.
type Diagnosis struct {
	Window    time.Duration // 0 for one reading
	Findings  []Finding     // the worst first
	NotJudged []NotJudged
	// Passed are the codes of rules that had all they need, in every namespace,
	// and found nothing.
	Passed []string
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

// Judge asks every rule. before is an earlier reading, window before now, or nil.
func Judge(now, before *Machine, window time.Duration) *Diagnosis {
	return judgeBy(Rules(), now, before, window)
}

func judgeBy(rules []Rule, now, before *Machine, window time.Duration) *Diagnosis {
	d := &Diagnosis{Window: window}
	passed := map[string]bool{}
	for i := range rules {
		passed[rules[i].Code] = true
	}
	for _, space := range now.Spaces {
		c := newCase(now, before, space, window)
		var found []Finding
		for i := range rules {
			r := &rules[i]
			if r.HostWide && space != now.Spaces[0] {
				continue
			}
			findings, missing := r.apply(c)
			found = append(found, findings...)
			if len(findings) > 0 || len(missing) > 0 {
				passed[r.Code] = false
			}
			if len(findings) == 0 && len(missing) > 0 {
				d.NotJudged = append(d.NotJudged, NotJudged{Code: r.Code, Netns: r.netns(space), Missing: missing})
			}
		}
		d.Findings = append(d.Findings, explain(rules, found)...)
	}
	for i := range rules {
		if passed[rules[i].Code] {
			d.Passed = append(d.Passed, rules[i].Code)
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return d
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
	c.missing = nil
	if r.WindowOnly && c.Before == nil {
		c.Lacks("window", noWindow())
		return nil, c.missing
	}
	findings := r.Judge(c)
	for i := range findings {
		f := &findings[i]
		f.Code = r.Code
		f.Missing = c.missing
		f.Netns = r.netns(c.Now)
		if f.Check == "" {
			f.Check = r.Check
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
			if top(cause, j) == i && j != i {
				f.Explains = append(f.Explains, Explained{Finding: found[j], Why: why[j].Why})
			}
		}
		out = append(out, f)
	}
	return out
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
// itself at least a warning, and no less than what it explains, explains it.
func causeOf(rules []Rule, found []Finding, i int) (int, Cause) {
	at := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == found[i].Code })
	for _, h := range rules[at].HiddenBy {
		for j := range found {
			f := &found[j]
			if j == i || f.Code != h.Code || f.Severity < max(Warning, found[i].Severity) {
				continue
			}
			if h.Covers == nil || h.Covers(f, &found[i]) {
				return j, h
			}
		}
	}
	return -1, Cause{}
}
