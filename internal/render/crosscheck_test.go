// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// comparisons has one comparison for each agreement.
func comparisons() []diagnose.Comparison {
	all := []diagnose.Comparison{
		{
			Name: knowledge.CompareEstablished, OurName: "ESTABLISHED", Ours: 70, TheirName: "Tcp.CurrEstab", Theirs: 74, Difference: 4,
			Parts: []diagnose.Part{{Name: "CLOSE_WAIT", Count: 4}}, Agreement: diagnose.AgreeExplained,
		},
		{
			Name: knowledge.CompareTimeWait, OurName: "TIME_WAIT", Ours: 18122, TheirName: "TCP.tw", Theirs: 18160, Difference: 38,
			Parts: []diagnose.Part{{Name: "FIN_WAIT2 mini", Count: 28}}, Rest: 10, Agreement: diagnose.AgreeMoved,
		},
		{
			Name: knowledge.CompareInUse, OurName: "all", Ours: 18808, TheirName: "TCP.inuse", Theirs: 300, Difference: -18508,
			Parts: []diagnose.Part{{Name: "TIME_WAIT", Count: -18122}, {Name: "SYN_RECV request", Count: -348}}, Rest: -38, Agreement: diagnose.AgreeUnexplained,
		},
		{Name: knowledge.CompareHalfOpen, OurName: "SYN_RECV", Ours: 348, Agreement: diagnose.AgreeNotCounted},
		{Name: knowledge.CompareOrphans, OurName: "orphans", Ours: 229, TheirName: "TCP.orphan", Theirs: 14504, Difference: 14275, Rest: 14275, Agreement: diagnose.AgreeWiderScope},
		{Name: knowledge.CompareAllocated, OurName: "full", Ours: 313, TheirName: "TCP.alloc", Theirs: 313, Agreement: diagnose.AgreeSame},
		{Name: knowledge.CompareEstablished, OurName: "ESTABLISHED", Ours: 70, TheirName: "Tcp.CurrEstab", Theirs: 76, Difference: 6, Rest: 6, Agreement: diagnose.AgreeUnjudged},
		{Name: knowledge.CompareTimeWait, OurName: "TIME_WAIT", Ours: 70, TheirName: "TCP.tw", Theirs: 72, Difference: 2, Agreement: diagnose.AgreeMoved},
	}
	for i := range all {
		all[i].Why, _ = knowledge.Difference(all[i].Name)
	}
	return all
}

func TestCrossCheckGolden(t *testing.T) {
	for _, lang := range languages {
		golden(t, fmt.Sprintf("crosscheck.%s.txt", lang), CrossCheck(comparisons(), lang == knowledge.Chinese, Options{Lang: lang, Width: 90}))
	}
}

// TestCrossCheckFit: no line is too long, ASCII output is ASCII only, and only
// unexplained differences are called so.
func TestCrossCheckFit(t *testing.T) {
	text := CrossCheck(comparisons(), false, Options{Width: 60, ASCII: true})
	for line := range strings.Lines(text) {
		if Width(strings.TrimSuffix(line, "\n")) > 60 {
			t.Errorf("too wide: %s", line)
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
		t.Errorf("not ASCII: %s", text)
	}
	if n := strings.Count(text, "one of the two is wrong"); n > 1 {
		t.Errorf("%d contradictions", n)
	}
}

// TestComparisonsInJSON: the value is null if the kernel keeps no such number.
func TestComparisonsInJSON(t *testing.T) {
	for i, c := range report.NewCensusComparisons(comparisons()) {
		want := comparisons()[i]
		if (c.Theirs == nil) != (want.Agreement == diagnose.AgreeNotCounted) || c.Explained != want.Explained() || c.Why.Zh == "" || c.Parts == nil {
			t.Errorf("%+v", c)
		}
	}
}
