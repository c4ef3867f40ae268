// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"
	"regexp/syntax"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A PatternBudget bounds the memory of compiled regular expressions. The library's
// own bounds allow an expression of 20 bytes to take 100 MB. The zero value is a full
// budget.
type PatternBudget struct{ spent int }

const (
	// maxPattern is how many bytes a regular expression may have. Its memory is
	// unknown before it is parsed: \pL takes 5 kB.
	maxPattern = 1000
	// maxWeight is the total [weight] of all expressions; one unit is about ten
	// bytes.
	maxWeight = 200_000
)

var (
	errPatternLong  = problem.New("it is too long", "太长")
	errPatternHeavy = problem.New("it is too large together with those before it", "它与前面的合计过大")
)

// compile compiles a regular expression, unless the limit for all expressions is
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

// weight estimates to how many instructions and character ranges a regular expression
// compiles. Above maxWeight it need not be exact.
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
