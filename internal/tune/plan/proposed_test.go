// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// one is a namespace of which one parameter is known.
type one struct{ key, value string }

func (m one) Value(key string) (string, error) {
	if key != m.key {
		return "", fs.ErrNotExist
	}
	return m.value, nil
}

func (one) ReadOnly(string) bool { return false }

// TestProposedIsPlanned: what a rule proposes is in the plan, or is left out with
// a reason where the rule names no value. It is never refused.
func TestProposedIsPlanned(t *testing.T) {
	text, err := os.ReadFile("../../diagnose/testdata/proposed.txt")
	if err != nil {
		t.Fatal(err)
	}
	evidence := plan.Evidence{
		Count:            func(tcp.State) (uint64, bool) { return 1000, true },
		OutgoingTimeWait: func() (uint64, bool) { return 1000, true },
		Host:             knowledge.HostFacts{EhashEntries: 262_144},
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		code, key, value, was := fields[0], fields[1], fields[2], fields[3]
		if was == "" { // the case does not say
			s, _ := knowledge.SysctlOf(key)
			was, _ = s.Default.On(evidence.Host)
		}
		found := []plan.Finding{{Code: code, Key: key, Value: value, Why: knowledge.Text{En: "because", Zh: "因为"}}}
		answers := plan.Judge(plan.FromFindings(found), one{key, was}, evidence, plan.Rules{})
		p := plan.Of(answers, knowledge.English)
		planned := slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.Key == key })
		left := slices.ContainsFunc(p.Left, func(a plan.Answer) bool { return a.Key == key && a.Why.En != "" && a.Why.Zh != "" })
		switch {
		case len(answers) != 1 || planned == left:
			t.Errorf("%s: %d answers, planned %v, left out with a reason %v", line, len(answers), planned, left)
		case value != "" && value != was && !planned:
			t.Errorf("%s is proposed, and not planned: %s", line, answers[0].Sentence())
		}
	}
}
