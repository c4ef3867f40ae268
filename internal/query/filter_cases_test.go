// SPDX-License-Identifier: Apache-2.0

package query_test

// filterCase is one filter: unit test, round trip, seed of the fuzzer.
type filterCase struct {
	src     string
	text    string // how it is written; empty: as src
	chooses string // of the gallery; "?" behind a name: unknown
}

func filterCases() []filterCase {
	var all []filterCase
	for _, list := range [][]filterCase{stateCases(), portCases(), hostCases(), fieldCases(), joinCases()} {
		all = append(all, list...)
	}
	return all
}
