// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// Plugin prints a diagnosis for a monitoring system.
type Plugin struct {
	*report.Doctor

	Machine    *diagnose.Machine
	Warn, Crit diagnose.Severity // severities from which on the status is WARNING or CRITICAL
	Partial    bool              // something that could have been read was lost
	Judged     *problem.Gap      // which part of a text was judged; nil for all
	Lang       knowledge.Lang
}

// Status is that of the worst finding. If nothing was found but data was lost, it is
// UNKNOWN.
func (p *Plugin) Status() report.PluginStatus {
	switch worst := p.Worst(); {
	case worst >= p.Crit:
		return report.PluginCritical
	case worst >= p.Warn:
		return report.PluginWarning
	case p.Partial:
		return report.PluginUnknown
	default:
		return report.PluginOK
	}
}

// String returns the line.
func (p *Plugin) String() string {
	return report.PluginLine(p.Status(), p.text(), strings.Join(report.Perfdata(p.Doctor, p.Machine), " "))
}

// text names the worst findings, on which the status rests.
func (p *Plugin) text() string {
	v := newDoctorView(p.Doctor, p.Lang)
	least := min(p.Warn, p.Crit)
	var said []string
	for i := range p.Findings {
		if f := &p.Findings[i]; f.Severity >= least {
			said = append(said, f.Code+" "+v.where(f)+f.Summary.In(p.Lang))
		}
	}
	if len(said) == 0 {
		said = append(said, p.calm())
	}
	return strings.Join(append(said, p.aside()...), separator(p.Lang))
}

// calm returns the text if nothing was found.
func (p *Plugin) calm() string {
	switch {
	case p.Partial && p.Judged != nil && !p.Judged.Structural:
		n := p.Tally.Total()
		return fmt.Sprintf("nothing found in %s", knowledge.Many(n, "socket"))
	case p.Partial && len(p.Gaps) > 0:
		return "nothing found, but data was lost: " + p.lost()
	default:
		n := p.Tally.Total()
		return fmt.Sprintf("%s, %s not judged", knowledge.Many(n, "socket"), knowledge.Many(uint64(p.unjudged()), "rule"))
	}
}

// aside returns what is ignored, and which entries no longer ignore anything.
func (p *Plugin) aside() (said []string) {
	if g := p.Judged; g != nil {
		said = append(said, knowledge.GapText(*g).In(p.Lang))
	}
	v := newDoctorView(p.Doctor, p.Lang)
	if n := len(p.Ignored); n > 0 {
		said = append(said, fmt.Sprintf(v.words.ignoredCount, n))
	}
	for i := range p.Expired {
		said = append(said, v.words.expired+v.ignore(&p.Expired[i]))
	}
	return said
}

func (p *Plugin) lost() string {
	for _, g := range p.Gaps {
		if !g.Structural {
			return knowledge.GapText(g).En
		}
	}
	return knowledge.GapText(p.Gaps[0]).En
}

func (p *Plugin) unjudged() int {
	codes := map[string]bool{}
	for _, n := range p.NotJudged {
		codes[n.Code] = true
	}
	return len(codes)
}
