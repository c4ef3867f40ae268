// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// strangeWords match what belongs to one machine and not to the project: paths on a
// developer's machine, addresses of package mirrors, notes to oneself. The patterns
// are split so that this file does not match itself.
var strangeWords = []*regexp.Regexp{
	regexp.MustCompile(`(?:^|[\s"'=(:` + "`" + `])/wo` + `rk/`),
	regexp.MustCompile(`/tmp/` + `wt\b`),
	regexp.MustCompile(`/ro` + `ot/go\b`),
	regexp.MustCompile(`/Us` + `ers/[a-z]`),
	regexp.MustCompile(`\bproxy\.` + `golang\.org\b`),
	regexp.MustCompile(`\b(?:kernel|lab)-` + `(?:facts|matrix)\.md`),
	regexp.MustCompile(`\.\./` + `shared/`),
	regexp.MustCompile(`\b(?:X` + `XX|FIX` + `ME)\b`),
	regexp.MustCompile(`(?m)^(?:<<<<<<<|>>>>>>>) `),
}

// checkStrangeWords checks every text file, line by line.
func checkStrangeWords(t *Tree) (found []Violation) {
	for _, name := range t.Names {
		text := t.Text(name)
		if !utf8.ValidString(text) || strings.HasPrefix(name, "tools/go.") {
			continue
		}
		for _, word := range strangeWords {
			for _, place := range word.FindAllStringIndex(text, -1) {
				line := 1 + strings.Count(text[:place[0]], "\n")
				found = append(found, Violation{name, line, "does not belong here: " + strings.TrimSpace(text[place[0]:place[1]])})
			}
		}
	}
	return found
}
