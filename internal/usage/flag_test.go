// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// own is a flag whose error is in both languages.
type own struct{}

func (own) Set(string) error { return problem.New("no such colour", "没有这种颜色") }
func (own) String() string   { return "" }
func (own) Type() string     { return "duration" }

// TestFlagError: what is wrong with a flag is said without the words of the packages
// that parse values, which are English and tell no user what to write.
func TestFlagError(t *testing.T) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.Bool("all", false, "")
	f.IntP("limit", "l", 0, "")
	f.Float64("share", 0, "")
	f.Duration("window", time.Second, "")
	f.Var(own{}, "paint", "")
	for _, c := range []struct{ arg, english, chinese string }{
		{"--nope", "unknown flag: --nope", "没有选项 --nope"},
		{"-x", "unknown shorthand flag: 'x' in -x", "没有选项 -x"},
		{"--limit", "flag needs an argument: --limit", "选项 --limit 需要一个值"},
		{"--all=maybe", `--all is true or false, not "maybe"`, `--all 只能是 true 或 false，而不是 "maybe"`},
		{"--limit=1e6", `--limit takes a whole number that fits, not "1e6"`, `--limit 需要一个大小合适的整数，而不是 "1e6"`},
		{"--share=much", `--share takes a number, not "much"`, `--share 需要一个数，而不是 "much"`},
		{"--window=10", `--window takes a time with its unit such as 500ms, 10s or 2m, not "10"`, `--window 需要带单位的时间，如 500ms、10s、2m，而不是 "10"`},
		{"--paint=red", `invalid argument "red" for "--paint" flag: no such colour`, `选项 --paint 的值 "red" 不对：没有这种颜色`},
	} {
		english, chinese := FlagError(f.Parse([]string{c.arg}))
		if english != c.english || chinese != c.chinese {
			t.Errorf("%s: %q, %q, want %q, %q", c.arg, english, chinese, c.english, c.chinese)
		}
	}
	english, chinese := ValueError(f.Lookup("all"), "maybe", f.Lookup("all").Value.Set("maybe"))
	if english != `is true or false, not "maybe"` || chinese != `只能是 true 或 false，而不是 "maybe"` {
		t.Errorf("of a file: %q, %q", english, chinese)
	}
}
