// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// TestStatesAdviseAsRules: what the page of a state says to do in the kernel is what
// a rule about that state says, with the same values: a page knows no machine, so
// that a remedy of its own would be one for everybody.
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

// rulesAbout are the rules that the page of a state leads to, or that lead to it.
func rulesAbout(page *knowledge.Topic) (all []*Rule) {
	for _, r := range Rules() {
		if slices.Contains(page.See, r.Code) || slices.Contains(r.See, page.Name) || slices.Contains(r.Facts, page.Name) {
			all = append(all, &r)
		}
	}
	return all
}

// remediesOf are what a page says to do in the kernel.
func remediesOf(page *knowledge.Topic) (all []knowledge.Statement) {
	for _, s := range page.Sections {
		if s.Heading.En == "What to do in the kernel" {
			all = append(all, s.Statements...)
		}
	}
	return all
}

// advice lists the parameters that a sentence names, with the values that it names
// of each: tcp_retries2=8, tcp_orphan_retries of 3 to 5.
func advice(sentence string) (all [][]string) {
	named := regexp.MustCompile(`(?:net\.[a-z0-9]+\.)?(tcp_[a-z0-9_]+|somaxconn|ip_local_[a-z_]+)(?:(?:=| = | of | at | to | )(\d+)(?: (?:to|or) (\d+))?)?`)
	for _, m := range named.FindAllStringSubmatch(sentence, -1) {
		all = append(all, slices.DeleteFunc(m[1:], func(s string) bool { return s == "" }))
	}
	return all
}

// advises reports whether a rule names a parameter among what there is to do, and
// every value that is named of it.
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
	for _, fact := range r.Facts { // its findings say what to change it to
		named = named || len(what) == 1 && strings.HasSuffix(fact, "."+what[0])
	}
	return named && !slices.ContainsFunc(what[1:], func(v string) bool { return !slices.Contains(values, v) })
}
