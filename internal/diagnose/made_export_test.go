// SPDX-License-Identifier: Apache-2.0

package diagnose

import "testing"

// MadeDiagnosis is what is found in a machine of testdata/rules.
type MadeDiagnosis struct {
	Machine string
	*Diagnosis
}

// MadeDiagnoses judges every machine of testdata/rules, for the tests of what
// is shown of them.
func MadeDiagnoses(t *testing.T) (all []MadeDiagnosis) {
	t.Helper()
	for _, m := range allMadeMachines(t) {
		all = append(all, MadeDiagnosis{m.name, Judge(m.now, m.past(), m.window)})
	}
	return all
}
