// SPDX-License-Identifier: Apache-2.0

package diagnose

import "testing"

func TestSingular(t *testing.T) {
	for in, want := range map[string]string{
		"1 SYNs to 1 destinations are lost":             "1 SYN to 1 destination is lost",
		"1 network namespaces were not looked at":       "1 network namespace was not looked at",
		"1 half-open connections at once":               "1 half-open connection at once",
		"21 connections were, 1,001 closes, 0.1 closes": "21 connections were, 1,001 closes, 0.1 closes",
		"of 1 s": "of 1 s",
	} {
		if got := singular(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
