// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
)

// FindingsKept is how many findings of one rule are reported one by one. Anybody may
// open so many ports, or leak from so many processes, that nobody reads about all of
// them, and each takes some kilobytes. One more finding gives the number of the
// others.
const FindingsKept = 200

// findings collects the findings of rules in the order in which the rules ran. For
// each rule it keeps the worst ones and takes turns between namespaces.
type findings struct {
	kept  []Finding
	turns []int               // for each kept finding, how many findings of its rule and namespace come before it
	of    map[string]int      // number of kept findings by rule
	rest  map[string]*surplus // for each rule with more findings, the rest
}

// surplus counts the findings for which there was no room.
type surplus struct {
	counts [Critical + 1]uint64 // number of findings of each severity
	worst  Finding
}

func (s *surplus) add(f *Finding) {
	s.counts[f.Severity]++
	if f.Severity > s.worst.Severity || s.worst.Code == "" {
		s.worst = Finding{Code: f.Code, Severity: f.Severity, Basis: f.Basis}
	}
}

func (s *surplus) merge(other *surplus) {
	for severity, n := range other.counts {
		s.counts[severity] += n
	}
	if s.worst.Code == "" || other.worst.Severity > s.worst.Severity {
		s.worst = other.worst
	}
}

// add takes the findings of a rule in a namespace. It keeps at most twice FindingsKept
// of a rule.
func (all *findings) add(code string, found []Finding, rest *surplus) {
	if rest.worst.Code != "" {
		all.restOf(code).merge(rest)
	}
	for i := range found {
		all.kept, all.turns = append(all.kept, found[i]), append(all.turns, i)
	}
	if all.of == nil {
		all.of = map[string]int{}
	}
	if all.of[code] += len(found); all.of[code] > 2*FindingsKept {
		all.fold(code)
	}
}

func (all *findings) restOf(code string) *surplus {
	if all.rest == nil {
		all.rest = map[string]*surplus{}
	}
	if all.rest[code] == nil {
		all.rest[code] = &surplus{}
	}
	return all.rest[code]
}

// fold reduces the kept findings of a rule to those for which there is room.
func (all *findings) fold(code string) {
	if all.of[code] <= FindingsKept {
		return
	}
	var order []int
	for i := range all.kept {
		if all.kept[i].Code == code {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(all.kept[b].Severity, all.kept[a].Severity), cmp.Compare(all.turns[a], all.turns[b]))
	})
	drop := map[int]bool{}
	for _, i := range order[FindingsKept:] {
		drop[i] = true
		all.restOf(code).add(&all.kept[i])
	}
	var kept []Finding
	var turns []int
	for i := range all.kept {
		if !drop[i] {
			kept, turns = append(kept, all.kept[i]), append(turns, all.turns[i])
		}
	}
	all.kept, all.turns, all.of[code] = kept, turns, FindingsKept
}

// told returns the reported findings: the kept ones, and for each rule one about the
// rest.
func (all *findings) told(rules []Rule) []Finding {
	for i := range rules {
		all.fold(rules[i].Code)
	}
	for i := range rules {
		if rest := all.rest[rules[i].Code]; rest != nil {
			all.kept = append(all.kept, rest.finding(&rules[i]))
		}
	}
	return all.kept
}

// finding says how many findings of the rule are not listed, and how many of these
// have the greatest severity.
func (s *surplus) finding(r *Rule) Finding {
	f := s.worst
	for _, n := range s.counts {
		f.Others += n
	}
	f.Summary = say("%s more like [1:it|these] [1:is|are] not listed one by one, %s of them of this severity", "另有 %s 条同类结论不再逐条列出，其中 %s 条为此级别", f.Others, s.counts[f.Severity])
	f.Check = f.counting(r.Check)
	return f
}
