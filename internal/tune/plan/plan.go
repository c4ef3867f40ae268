// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// version is the form of the file. It grows when a field changes its meaning.
const version = "1"

// A Plan is the changes to one network namespace.
type Plan struct {
	// Netns is the namespace as --netns takes it; "" is that of the process.
	Netns string
	// Made says when and where, for people.
	Made    string
	Note    string // one more line for people
	Changes []Change
	// Left is what was asked for and is not done. It is written for people, in
	// Lang, and not read back.
	Left []Answer
	Lang knowledge.Lang
}

// A Change is one parameter to be set.
type Change struct {
	Key, Value string
	// Was is the value when the plan was made; apply refuses when it is another
	// one by then. It is "" with WasKnown false in plans written by hand.
	Was      string
	WasKnown bool

	Scope, Reason, Effect, Check, Risk string
	// Finding is the code of the finding that asked, "" for a person, and
	// Subject what it was about.
	Finding, Subject string
	Measure          *Measure
	// Accepted says that the user has accepted the risk of this change by name.
	Accepted bool
	Line     int // of the file it was read from, 0 else
}

// A Measure is the number that a finding rests on, to be compared afterwards.
type Measure struct {
	Name  string  `json:"name"` // a counter, a state, a ratio; one word
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// String returns the measure as the file has it: "TCPTimeWaitOverflow 120 1/s".
func (m *Measure) String() string {
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m.Name + " " + telling(m.Value) + " " + m.Unit)
}

// telling is a number with the digits that say something.
func telling(v float64) string {
	const digits = 3
	if math.Abs(v) < 1 {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// Of makes the plan of answers.
func Of(answers []Answer, lang knowledge.Lang) *Plan {
	p := &Plan{Lang: lang}
	for _, a := range answers {
		if a.Kind == Planned {
			p.Changes = append(p.Changes, a.change(lang))
			continue
		}
		p.Left = append(p.Left, a)
	}
	return p
}

// Format writes the plan as [Parse] reads it. Each line that begins with "#:"
// is a field of the parameter below it, so that the file is also one that
// sysctl(8) takes.
func (p *Plan) Format() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#: tcpvitals-plan %s\n", version)
	field(&b, "netns", p.Netns)
	if p.Made != "" {
		fmt.Fprintf(&b, "# %s\n", oneLine(p.Made))
	}
	if p.Note != "" {
		fmt.Fprintf(&b, "# %s\n", oneLine(p.Note))
	}
	b.WriteString("# " + knowledge.Text{
		En: "Edit values as you like; tcpvitals tune apply checks them again.",
		Zh: "值可以自行修改；tcpvitals tune apply 会再检查一遍。",
	}.In(p.Lang) + "\n")
	colon := knowledge.Text{En: ": ", Zh: "："}.In(p.Lang)
	for _, c := range p.Changes {
		b.WriteString("\n")
		c.format(&b)
	}
	if len(p.Left) > 0 {
		fmt.Fprintf(&b, "\n# %s\n", knowledge.Text{En: "Not in this plan:", Zh: "未列入计划："}.In(p.Lang))
	}
	for _, a := range p.Left {
		if a.Value == "" && a.Kind == NoValue {
			fmt.Fprintf(&b, "# %s%s%s%s%s\n", oneLine(a.Key), colon, a.Kind.Text().In(p.Lang), colon, oneLine(a.SentenceIn(p.Lang)))
			continue
		}
		fmt.Fprintf(&b, "# %s = %s%s%s%s%s\n", oneLine(a.Key), oneLine(a.Value), colon, a.Kind.Text().In(p.Lang), colon, oneLine(a.SentenceIn(p.Lang)))
	}
	return b.String()
}

func (c Change) format(b *strings.Builder) {
	field(b, "finding", strings.TrimSpace(c.Finding+" "+c.Subject))
	field(b, "measure", c.Measure.String())
	field(b, "reason", c.Reason)
	field(b, "scope", c.Scope)
	field(b, "effect", c.Effect)
	field(b, "check", c.Check)
	field(b, "risk", c.Risk)
	if c.Accepted {
		field(b, "accept-risk", c.Key)
	}
	if c.WasKnown {
		fmt.Fprintf(b, "%s was %s\n", mark, oneLine(c.Was))
	}
	fmt.Fprintf(b, "%s = %s\n", oneLine(c.Key), oneLine(c.Value))
}

func field(b *strings.Builder, name, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s %s %s\n", mark, name, oneLine(value))
	}
}

// oneLine also turns the kernel's tabs into spaces, and makes visible what
// [Parse] refuses: a subject may be the name of somebody's process.
func oneLine(text string) string { return visible.Text(strings.Join(strings.Fields(text), " ")) }
