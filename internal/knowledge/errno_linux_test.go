// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestPrintedErrors: the number and the text of each error that a page shows are
// those of this system.
func TestPrintedErrors(t *testing.T) {
	shown := regexp.MustCompile(`^In logs: (\d+): ([^(]+) \(C, nginx\)`)
	found := 0
	for _, topic := range Questions() {
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				m := shown.FindStringSubmatch(s.En)
				if m == nil {
					continue
				}
				found++
				n, _ := strconv.Atoi(m[1])
				if want := syscall.Errno(n).Error(); want != strings.ToLower(m[2]) {
					t.Errorf("%s: error %d is %q here, not %q", topic.Name, n, want, m[2])
				}
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d errors are shown", found)
	}
}
