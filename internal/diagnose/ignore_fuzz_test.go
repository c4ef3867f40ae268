// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strings"
	"testing"
)

// FuzzParseIgnores: an Ignore that was read from a file, written by String and parsed
// again, is the same.
func FuzzParseIgnores(f *testing.F) {
	f.Add("2027-03-31 AQ01:sport = :9000 # it refuses on purpose\n")
	f.Add("# x\n\n2027-03-31 cw01 # y\n2027-02-30 CW01 # z")
	f.Add(`2027-03-31 CW01:process ~ "a#{3}" # w` + "\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseIgnores("f", text)
		if err != nil {
			return
		}
		if len(all) > strings.Count(text, "\n")+1 {
			t.Fatalf("%d of %q", len(all), text)
		}
		for _, g := range all {
			again, err := ParseIgnore(g.String())
			if err != nil || again.String() != g.String() || g.Reason == "" || g.Until.IsZero() {
				t.Errorf("%+v of %q: %+v, %v", g, text, again, err)
			}
		}
	})
}
