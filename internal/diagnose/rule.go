// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// A Rule describes one possible problem and how to detect it. Each is in a file of its
// own; [Rules] lists them.
type Rule struct {
	Code  string // such as TW03
	Name  string // such as ephemeral-exhaustion
	Title knowledge.Text

	// HostWide says that the rule is applied once to the host, not to each namespace.
	HostWide bool

	Facts      []string              // what it reads: states, counters, gauges, kernel parameters
	Formula    knowledge.Text        // what is computed from the facts
	Threshold  []knowledge.Statement // what the result is compared with, and why
	Excluded   []knowledge.Statement // false alarms that the rule recognizes and does not raise
	App        []knowledge.Statement // what to do in the application
	Kernel     []knowledge.Statement // what to do in the kernel
	Check      command.Line          // a command that shows whether the remedy helped
	Sources    []string              // kernel file and function, RFC section, experiment
	See        []string              // names of other topics
	HiddenBy   []Cause               // taken from the one table of causes
	Judge      func(*Case) []Finding
	WindowOnly bool // one reading is never enough
	Traced     bool // needs a trace
}

// Rules lists every rule in the order in which findings of the same severity
// are shown.
func Rules() []Rule {
	all := []Rule{
		tw01(), tw02(), tw03(), tw04(), tw05(), tw06(), tw07(), tw08(), tw09(),
		fw01(), fw02(), fw03(), fw04(), fw05(),
		cl01(), la01(), or01(),
		cw01(), cw02(), cw03(),
		sy01(), sy02(), sy03(), sy04(), sy05(), sy06(), sy07(),
		aq01(), aq02(), aq03(),
		es01(), es02(), es03(), es04(), es05(), es06(), es07(),
		rs01(), rs02(), rs03(), rs04(),
		rt01(), lp01(), fd01(), uc01(), mp01(), mp02(),
		to01(),
		me01(),
		ct01(), ct02(),
		np01(), np02(),
		cf01(),
		ns01(),
	}
	known := causes()
	for i := range all {
		all[i].HiddenBy = causesOf(all[i].Code, known)
	}
	return all
}

// RuleOf returns the rule with a code.
func RuleOf(code string) (Rule, bool) {
	for _, r := range Rules() {
		if r.Code == code {
			return r, true
		}
	}
	return Rule{}, false
}
