// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"slices"
)

// FindingsKept is how many findings of one rule are told one by one: anybody may
// open so many ports or leak from so many processes that nobody reads about them
// all, and each takes its kilobytes. Of the others one finding tells the number.
const FindingsKept = 200

// findings collects what rules found, in the order in which they were asked. Of each
// rule it keeps the worst, taking turns between namespaces.
type findings struct {
	kept  []Finding
	turns []int               // of each that is kept, how many of its rule and namespace are before it
	of    map[string]int      // how many of a rule are kept
	rest  map[string]*surplus // of a rule that has found more
}

// surplus are the findings for which there was no room.
type surplus struct {
	counts [Critical + 1]uint64 // by severity
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

// add takes the findings of a rule in a namespace. What is kept in between is
// bounded too.
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

// fold leaves as many of a rule as there is room for.
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

// told are the findings that are told: those that are kept, and one of the rest
// of each rule.
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

// finding tells how many of them there are, and how many of the worst.
func (s *surplus) finding(r *Rule) Finding {
	f := s.worst
	for _, n := range s.counts {
		f.Others += n
	}
	f.Summary = say("%s more like [1:it|these] [1:is|are] not listed one by one, %s of them of this severity", "另有 %s 条同类结论不再逐条列出，其中 %s 条为此级别", f.Others, s.counts[f.Severity])
	f.Check = f.counting(r.Check)
	return f
}
