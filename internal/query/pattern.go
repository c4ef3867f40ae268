// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"
	"regexp/syntax"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A PatternBudget bounds what regular expressions take when they are compiled:
// the library's own bounds leave one of 20 bytes 100 MB. The zero value is a
// whole one.
type PatternBudget struct{ spent int }

const (
	// maxPattern is how long a regular expression may be. Before it is parsed
	// nothing tells what it will take: \pL is 5 kB.
	maxPattern = 1000
	// maxWeight is what all may weigh together; [weight] counts some ten bytes.
	maxWeight = 200_000
)

var (
	errPatternLong  = problem.New("it is too long", "太长")
	errPatternHeavy = problem.New("it and those before it become too large", "它与前面的合计过大")
)

// compile compiles a regular expression unless the limit for all patterns is
// reached.
func (b *PatternBudget) compile(text string) (*regexp.Regexp, error) {
	if len(text) > maxPattern {
		return nil, errPatternLong
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if b.spent += weight(tree); b.spent > maxWeight {
		return nil, errPatternHeavy
	}
	return regexp.Compile(text)
}

// weight is about how many instructions and ranges of characters a regular
// expression is compiled to. Once beyond the bound it need not be exact.
func weight(re *syntax.Regexp) int {
	all := 4 + len(re.Rune)
	for _, sub := range re.Sub {
		all += weight(sub)
	}
	if re.Op == syntax.OpRepeat {
		times := re.Max
		if times < 0 {
			times = re.Min + 1
		}
		all *= max(1, times)
	}
	return min(all, 1<<24)
}
