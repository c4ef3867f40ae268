// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// TestStatesAdviseAsRules: the kernel advice on the page of a state is also the advice
// of a rule about that state, with the same values. A page knows no machine, so advice
// of its own would be the same for everybody.
func TestStatesAdviseAsRules(t *testing.T) {
	seen := 0
	for _, page := range knowledge.StateTopics() {
		rules := rulesAbout(&page)
		if len(rules) == 0 {
			t.Errorf("%s: no rule is about it", page.Name)
		}
		for _, statement := range remediesOf(&page) {
			for _, advised := range advice(statement.En) {
				seen++
				if !slices.ContainsFunc(rules, func(r *Rule) bool { return r.advises(advised) }) {
					t.Errorf("%s: %q: no rule about it advises %s", page.Name, statement.En, strings.Join(advised, " "))
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d parameters were looked at", seen)
	}
}

// rulesAbout are the rules that link to the page of a state, or to which it links.
func rulesAbout(page *knowledge.Topic) (all []*Rule) {
	for _, r := range Rules() {
		if slices.Contains(page.See, r.Code) || slices.Contains(r.See, page.Name) || slices.Contains(r.Facts, page.Name) {
			all = append(all, &r)
		}
	}
	return all
}

// remediesOf are the statements of a page about what to do in the kernel.
func remediesOf(page *knowledge.Topic) (all []knowledge.Statement) {
	for _, s := range page.Sections {
		if s.Heading.En == "What to do in the kernel" {
			all = append(all, s.Statements...)
		}
	}
	return all
}

// advice lists the parameters that a sentence names, each with the values that it
// names for it: tcp_retries2=8, tcp_orphan_retries of 3 to 5.
func advice(sentence string) (all [][]string) {
	named := regexp.MustCompile(`(?:net\.[a-z0-9]+\.)?(tcp_[a-z0-9_]+|somaxconn|ip_local_[a-z_]+)(?:(?:=| = | of | at | to | )(\d+)(?: (?:to|or) (\d+))?)?`)
	for _, m := range named.FindAllStringSubmatch(sentence, -1) {
		all = append(all, slices.DeleteFunc(m[1:], func(s string) bool { return s == "" }))
	}
	return all
}

// advises reports whether the rule's advice names a parameter and every one of the
// given values.
func (r *Rule) advises(what []string) bool {
	var values []string
	named := false
	for _, s := range slices.Concat(r.Kernel, r.App) {
		for _, a := range advice(s.En) {
			if a[0] == what[0] {
				named = true
				values = append(values, a[1:]...)
			}
		}
	}
	for _, fact := range r.Facts { // the findings of the rule give the new value
		named = named || len(what) == 1 && strings.HasSuffix(fact, "."+what[0])
	}
	return named && !slices.ContainsFunc(what[1:], func(v string) bool { return !slices.Contains(values, v) })
}
