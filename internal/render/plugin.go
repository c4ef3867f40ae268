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
	n, left := p.Tally.Total(), p.unjudged()
	switch {
	case p.Partial && p.Judged != nil && !p.Judged.Structural:
		return knowledge.Text{En: "nothing found in " + knowledge.Many(n, "socket"), Zh: fmt.Sprintf("%s 个套接字中未发现问题", knowledge.Grouped(n))}.In(p.Lang)
	case p.Partial && len(p.Gaps) > 0:
		return knowledge.Text{En: "nothing found, but data was lost: ", Zh: "未发现问题，但有数据丢失："}.In(p.Lang) + p.lost()
	default:
		return knowledge.Text{
			En: fmt.Sprintf("%s, %s not judged", knowledge.Many(n, "socket"), knowledge.Many(left, "rule")),
			Zh: fmt.Sprintf("%s 个套接字，%s 条规则未判断", knowledge.Grouped(n), knowledge.Grouped(left)),
		}.In(p.Lang)
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
			return knowledge.GapText(g).In(p.Lang)
		}
	}
	return knowledge.GapText(p.Gaps[0]).In(p.Lang)
}

func (p *Plugin) unjudged() uint64 {
	codes := map[string]bool{}
	for _, n := range p.NotJudged {
		codes[n.Code] = true
	}
	return uint64(len(codes))
}
