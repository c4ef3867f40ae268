// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/proposed.txt")

// TestProposed writes every kernel parameter that the rules propose for any machine of
// testdata/rules, as CODE KEY VALUE [(KEY is) WAS]. The tests of tune/plan read that
// file, so that every proposal is known to be accepted by a plan.
func TestProposed(t *testing.T) {
	const file = "testdata/proposed.txt"
	lines := []string{}
	for _, m := range allMadeMachines(t) {
		d := Judge(m.now, m.past(), m.window)
		var look func(f *Finding)
		look = func(f *Finding) {
			for _, c := range f.Changes {
				was := m.now.Spaces[0].Sysctls[c.Key]
				if was == "" {
					was = m.now.Host.Sysctls[c.Key]
				}
				lines = append(lines, strings.Join([]string{f.Code, c.Key, c.Value, was}, "\t")+"\n")
			}
			for i := range f.Explains {
				look(&f.Explains[i].Finding)
			}
		}
		for i := range d.Findings {
			look(&d.Findings[i])
		}
	}
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := readFile(t, file); got != want {
		t.Errorf("other parameters are proposed than %s says (-update writes it):\n%s", file, got)
	}
}
