// SPDX-License-Identifier: Apache-2.0

package diagnose

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// settle gives a change a value if the rule gives none: the kernel's default, if the
// present value is tighter. A rule cannot know how far beyond the default to go.
func (c *Case) settle(change *Change) {
	s, known := knowledge.SysctlOf(change.Key)
	facts, _ := c.facts(change.Key)
	now, told := facts.Sysctls[change.Key]
	standard, ok := s.Default.On(knowledge.HostFacts{EhashEntries: c.buckets()})
	if change.Value != "" || !known || !told || !ok || !wider(standard, now) {
		return
	}
	change.Value = spaced(standard)
	change.Why = say("the kernel's default; %s", "内核默认值；%s", change.Why)
}

// wider reports whether a value leaves more room than another one: a greater number,
// or a range that contains the other and more.
func wider(value, than string) bool {
	a, err := knowledge.ParseSysctlNumbers(value)
	b, errToo := knowledge.ParseSysctlNumbers(than)
	switch {
	case err != nil || errToo != nil || len(a) != len(b):
		return false
	case len(a) == 1:
		return a[0] > b[0]
	case len(a) == 2:
		return a[0] <= b[0] && a[1] >= b[1] && (a[0] < b[0] || a[1] > b[1])
	default:
		return false
	}
}
