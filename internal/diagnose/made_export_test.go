// SPDX-License-Identifier: Apache-2.0

package diagnose

import "testing"

// MadeDiagnosis is the diagnosis of a machine of testdata/rules.
type MadeDiagnosis struct {
	Machine string
	*Diagnosis
}

// MadeDiagnoses judges every machine of testdata/rules, for tests of how findings are
// shown.
func MadeDiagnoses(t *testing.T) (all []MadeDiagnosis) {
	t.Helper()
	for _, m := range allMadeMachines(t) {
		all = append(all, MadeDiagnosis{m.name, Judge(m.now, m.past(), m.window)})
	}
	return all
}
