// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// TestRules judges the machines of testdata/rules. A case gives the facts and the
// expected findings; README.md there has the format.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		for _, m := range madeMachines(t, file, readFile(t, file)) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+m.name, m.test)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEveryRuleIsTried: each rule has a case with a finding, one that just misses the
// threshold, and one in which a cause hides it if it has causes.
func TestEveryRuleIsTried(t *testing.T) {
	tried := map[string][]string{}
	for _, m := range allMadeMachines(t) {
		for _, w := range m.want {
			code, what, _ := strings.Cut(w, " ")
			kind := what
			if _, ok := ParseSeverity(strings.Fields(what)[0]); ok {
				kind = "found"
			}
			tried[code] = append(tried[code], kind)
		}
	}
	for _, r := range Rules() {
		if !slices.Contains(tried[r.Code], "found") {
			t.Errorf("%s: no case where it finds something", r.Code)
		}
		if !slices.Contains(tried[r.Code], "silent") {
			t.Errorf("%s: no near miss", r.Code)
		}
		for _, h := range r.HiddenBy {
			if !slices.Contains(tried[r.Code], "by "+h.By) {
				t.Errorf("%s: no case where %s explains it", r.Code, h.By)
			}
		}
	}
}

// TestRulesAreComplete: no text that a user reads is missing in either language.
func TestRulesAreComplete(t *testing.T) {
	var codes []string
	for _, r := range Rules() {
		codes = append(codes, r.Code)
	}
	for _, r := range Rules() {
		texts := map[string]knowledge.Text{"title": r.Title, "formula": r.Formula}
		for _, h := range r.HiddenBy {
			texts["hidden by "+h.By] = h.Why
			if !slices.Contains(codes, h.By) {
				t.Errorf("%s: hidden by %s, which is no rule", r.Code, h.By)
			}
		}
		for _, part := range [][]knowledge.Statement{r.Threshold, r.Excluded, r.App, r.Kernel} {
			for _, s := range part {
				texts[s.En] = s.Text
				if s.Source == "" {
					t.Errorf("%s: no source: %s", r.Code, s.En)
				}
			}
		}
		for what, text := range texts {
			if text.En == "" || text.Zh == "" {
				t.Errorf("%s: %s: %+v", r.Code, what, text)
			}
		}
		if len(r.Threshold) == 0 || len(r.App)+len(r.Kernel) == 0 || r.Check.None() || len(r.Sources) == 0 || len(r.Facts) == 0 || r.Name == "" {
			t.Errorf("%s is not complete", r.Code)
		}
	}
	sorted := slices.Clone(codes)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(codes) {
		t.Errorf("a code twice: %v", codes)
	}
}

// TestRulesLinks: every name to which a rule refers has a page.
func TestRulesLinks(t *testing.T) {
	topics := knowledge.NewIndex(knowledge.Topics())
	for _, r := range Rules() {
		for _, name := range r.See {
			if _, isRule := RuleOf(name); isRule {
				continue
			}
			if _, ok := topics.Lookup(name); !ok {
				t.Errorf("%s: see %s, which nothing explains", r.Code, name)
			}
		}
	}
}

// TestCountsNeverExceedNotice: a finding that rests on numbers of sockets alone is at
// most a notice.
func TestCountsNeverExceedNotice(t *testing.T) {
	r := Rule{Code: "XX01", Judge: func(*Case) []Finding { return []Finding{{Severity: Critical, Basis: Counts}} }}
	d := judgeBy([]Rule{r}, &Machine{Spaces: []*Space{{Sockets: &Reading{}}}}, nil, 0)
	if len(d.Findings) != 1 || d.Findings[0].Severity != Notice {
		t.Errorf("%+v", d.Findings)
	}
}

// test judges the machine and compares the findings with the expected ones.
func (m *madeMachine) test(t *testing.T) {
	d := Judge(m.now, m.past(), m.window)
	var got []string
	for i := range d.Findings {
		f := &d.Findings[i]
		got = append(got, f.Code+" "+f.Severity.String())
		for _, e := range f.Explains {
			got = append(got, e.Finding.Code+" by "+f.Code)
		}
		f.complete(t)
	}
	for _, n := range d.NotJudged {
		got = append(got, n.Code+" not judged")
	}
	said := map[string]bool{}
	for _, w := range got {
		said[strings.Fields(w)[0]] = true
	}
	for _, w := range m.want { // values that the case does not name are not compared
		code, what, _ := strings.Cut(w, " ")
		if what == "silent" {
			if said[code] {
				t.Errorf("%s is not silent: %v", code, got)
			}
			continue
		}
		if !slices.Contains(got, code+" "+what) {
			t.Errorf("want %s, got %v", w, got)
		}
	}
	for _, q := range m.quotes {
		if !slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Code == q.code && f.says(q.words) }) {
			t.Errorf("%s does not say %q: %s", q.code, q.words, cmp.Diff("", summaries(d)))
		}
	}
	for _, q := range m.owners {
		if !slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Code == q.code && ownerText(f.Owner).En == q.words }) {
			t.Errorf("%s is not of %s: %s", q.code, q.words, cmp.Diff("", summaries(d)))
		}
	}
	for _, q := range m.unsaid {
		if slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Code == q.code && f.says(q.words) }) {
			t.Errorf("%s says %q", q.code, q.words)
		}
	}
	for _, want := range m.changes {
		if !slices.Contains(proposed(d), want) {
			t.Errorf("want change %s, got %v", want, proposed(d))
		}
	}
	for _, not := range m.unchanged {
		if slices.ContainsFunc(proposed(d), func(got string) bool { return strings.HasPrefix(got+" ", not+" ") }) {
			t.Errorf("proposes %s: %v", not, proposed(d))
		}
	}
	if m.exact { // then no other finding above info may exist
		for i := range d.Findings {
			f := &d.Findings[i]
			if f.Severity > Info && !slices.Contains(m.want, f.Code+" "+f.Severity.String()) {
				t.Errorf("said too: %s %v: %s", f.Code, f.Severity, f.Summary.En)
			}
		}
	}
}

// complete checks that a finding, and those below it, lack nothing.
func (f *Finding) complete(t *testing.T) {
	t.Helper()
	for _, s := range append([]knowledge.Text{f.Summary}, f.Detail...) {
		if s.En == "" || s.Zh == "" || strings.Contains(s.En+s.Zh, "%!") {
			t.Errorf("%s: %+v", f.Code, s)
		}
	}
	for _, c := range f.Changes {
		if c.Key == "" || c.Why.En == "" || c.Why.Zh == "" {
			t.Errorf("%s: change %+v", f.Code, c)
		}
	}
	checkParses(t, f.Code, f.Check)
	if len(f.Evidence) == 0 {
		t.Errorf("%s without evidence", f.Code)
	}
	for i := range f.Explains {
		f.Explains[i].Finding.complete(t)
	}
}

// says reports whether the summary or a sentence of the detail contains the words.
func (f *Finding) says(words string) bool {
	return strings.Contains(f.Summary.En, words) ||
		slices.ContainsFunc(f.Detail, func(t knowledge.Text) bool { return strings.Contains(t.En, words) })
}

func summaries(d *Diagnosis) string {
	var b strings.Builder
	for i := range d.Findings {
		b.WriteString(d.Findings[i].Code + " " + d.Findings[i].Summary.En + "\n")
		for _, t := range d.Findings[i].Detail {
			b.WriteString("     " + t.En + "\n")
		}
	}
	return b.String()
}

// proposed lists the changes of all findings: CODE KEY VALUE.
func proposed(d *Diagnosis) (all []string) {
	for i := range d.Findings {
		for _, c := range d.Findings[i].Changes {
			all = append(all, strings.TrimSpace(d.Findings[i].Code+" "+c.Key+" "+c.Value))
		}
	}
	return all
}

func (m *madeMachine) past() *Machine {
	if m.window == 0 {
		return nil
	}
	return m.before
}

// TestChecksParse: the filter in every command that a rule names can be parsed.
func TestChecksParse(t *testing.T) {
	for _, r := range Rules() {
		checkParses(t, r.Code, r.Check)
	}
}

// checkParses parses the filter of a command: the word after the name of a command
// that takes a filter.
func checkParses(t *testing.T, code string, line command.Line) {
	t.Helper()
	words := line.Words()
	if len(words) < 3 || !slices.Contains([]string{"list", "census", "queues", "ports"}, words[1]) || strings.HasPrefix(words[2], "-") {
		return
	}
	if _, err := query.Parse(words[2], query.Options{}); err != nil {
		t.Errorf("%s: %s: %v", code, line, err)
	}
}

// TestEveryRuleHasOneVerdict: on every machine each rule is in exactly one of the
// lists, so that their lengths add up to the number of rules.
func TestEveryRuleHasOneVerdict(t *testing.T) {
	for _, m := range allMadeMachines(t) {
		d := Judge(m.now, m.past(), m.window)
		verdicts := d.Verdicts()
		for _, r := range Rules() {
			if verdicts[r.Code] == 0 {
				t.Errorf("%s: %s is in no list", m.name, r.Code)
			}
			unjudged := slices.ContainsFunc(d.NotJudged, func(n NotJudged) bool { return n.Code == r.Code })
			passed := slices.Contains(d.Passed, r.Code)
			if unjudged && passed || (unjudged || passed) && verdicts[r.Code] == Found {
				t.Errorf("%s: %s is in two lists", m.name, r.Code)
			}
		}
		if len(verdicts) != len(Rules()) {
			t.Errorf("%s: %d verdicts of %d rules", m.name, len(verdicts), len(Rules()))
		}
	}
}

// TestPagesCountTheRules: where a page says how many rules there are, the number is
// right.
func TestPagesCountTheRules(t *testing.T) {
	said := 0
	for _, page := range []string{"../../README.md", "../../README.zh-CN.md", "../../docs/tour.md", "../../docs/tour.zh.md", "../../docs/doctor.md"} {
		for _, m := range regexp.MustCompile(`\b(\d+)(?: rules(, each| with sources|\b: \d+ found)| 条规则)`).FindAllStringSubmatch(readFile(t, page), -1) {
			if said++; m[1] != strconv.Itoa(len(Rules())) {
				t.Errorf("%s says %s rules, there are %d", page, m[1], len(Rules()))
			}
		}
	}
	if said == 0 {
		t.Error("no page says how many rules there are")
	}
}
