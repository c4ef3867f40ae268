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

// version is the version of the file format. It grows when a field changes its
// meaning.
const version = "1"

// A Plan is the changes to one network namespace.
type Plan struct {
	// Netns is the namespace as --netns takes it; "" is that of the process.
	Netns string
	// Made tells when and where the plan was made, for readers.
	Made    string
	Note    string // one more line for readers
	Changes []Change
	// Left are the requests that are not in the plan. They are written for readers,
	// in Lang, and not parsed.
	Left []Answer
	Lang knowledge.Lang
}

// A Change is one parameter to be set.
type Change struct {
	Key, Value string
	// Was is the value when the plan was made; Apply refuses if the value has changed
	// since. In plans written by hand it is "" and WasKnown is false.
	Was      string
	WasKnown bool

	Scope, Reason, Effect, Check, Risk string
	// Finding is the code of the finding that asked for the change, "" for a person.
	// Subject is what the finding is about.
	Finding, Subject string
	Measure          *Measure
	// Accepted says that the user has accepted the risk of this change by naming it.
	Accepted bool
	Line     int // of the file from which it was read, else 0
}

// A Measure is the number on which a finding rests, to be compared after the change.
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

// telling prints a number with its significant digits.
func telling(v float64) string {
	const digits = 3
	if math.Abs(v) < 1 {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// Of makes a plan of answers.
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

// Format writes the plan as [Parse] reads it. Each line that begins with "#:" is a
// field of the parameter below it. For sysctl(8) such a line is a comment, so it can
// read the file too.
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

// oneLine turns the kernel's tabs into spaces and makes visible what [Parse] refuses:
// a subject may contain the name of a process.
func oneLine(text string) string { return visible.Text(strings.Join(strings.Fields(text), " ")) }
