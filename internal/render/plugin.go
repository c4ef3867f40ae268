// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A PluginStatus is what a monitoring plugin ends with, the exit code of the
// Monitoring Plugins Development Guidelines ("Plugin Return Codes").
type PluginStatus int

// The codes.
const (
	PluginOK       PluginStatus = 0
	PluginWarning  PluginStatus = 1
	PluginCritical PluginStatus = 2
	PluginUnknown  PluginStatus = 3
)

// String returns the status as monitoring systems write it.
func (s PluginStatus) String() string {
	switch s {
	case PluginOK:
		return "OK"
	case PluginWarning:
		return "WARNING"
	case PluginCritical:
		return "CRITICAL"
	default:
		return "UNKNOWN"
	}
}

// PluginLine is the one line of a plugin. What would end the text or begin the
// performance data is taken out of it.
func PluginLine(s PluginStatus, text, perfdata string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "|", "/")), " ")
	if perfdata != "" {
		perfdata = "|" + perfdata
	}
	return "TCPVITALS " + s.String() + " - " + text + perfdata + "\n"
}

// Plugin tells a diagnosis to a monitoring system.
type Plugin struct {
	*Doctor

	Machine    *diagnose.Machine
	Warn, Crit diagnose.Severity // from which on
	Partial    bool              // something was lost that could have been read
	Lang       knowledge.Lang
}

// Status is the worst finding's. When nothing was found but data was lost, it
// is not known.
func (p *Plugin) Status() PluginStatus {
	switch worst := p.Worst(); {
	case worst >= p.Crit:
		return PluginCritical
	case worst >= p.Warn:
		return PluginWarning
	case p.Partial:
		return PluginUnknown
	default:
		return PluginOK
	}
}

// String returns the line.
func (p *Plugin) String() string {
	return PluginLine(p.Status(), p.text(), strings.Join(p.perfdata(), " "))
}

// text names the worst findings, those that the status rests on.
func (p *Plugin) text() string {
	v := newDoctorView(p.Doctor, p.Lang)
	least := min(p.Warn, p.Crit)
	var said []string
	for i := range p.Findings {
		if f := &p.Findings[i]; f.Severity >= least {
			said = append(said, f.Code+" "+v.where(f)+f.Summary.In(p.Lang))
		}
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, separator(p.Lang))
	case p.Partial && len(p.Gaps) > 0:
		return "nothing found, but data was lost: " + p.lost()
	default:
		n := p.Tally.Total()
		return fmt.Sprintf("%s socket%s, %d rules not judged", knowledge.Grouped(n), plural(n), p.unjudged())
	}
}

func (p *Plugin) lost() string {
	for _, g := range p.Gaps {
		if !g.Structural {
			return g.Source + ": " + g.Reason
		}
	}
	return p.Gaps[0].Source + ": " + p.Gaps[0].Reason
}

func (p *Plugin) unjudged() int {
	codes := map[string]bool{}
	for _, n := range p.NotJudged {
		codes[n.Code] = true
	}
	return len(codes)
}

// perfdata is 'label'=value;warn;crit;min;max, of what there are numbers.
// Thresholds are those of the rules (TW02, OR01, AQ01, TW03).
func (p *Plugin) perfdata() (all []string) {
	add := func(label string, value float64, limits ...float64) {
		texts := []string{label + "=" + plain3(value)}
		for _, l := range limits {
			texts = append(texts, plain3(l))
		}
		all = append(all, strings.Join(texts, ";"))
	}
	for s := range tcp.AllStates.All() {
		if n := p.Tally.Of(s).Total; s != tcp.Close {
			add(strings.ToLower(s.String()), float64(n))
		}
	}
	for _, space := range p.Machine.Spaces {
		p.spacePerfdata(space, add)
	}
	orphans, ok := p.Machine.Host.Gauges["TCP.orphan"]
	limit, known := uintSysctl(&p.Machine.Host, "net.ipv4.tcp_max_orphans")
	switch {
	case ok && known:
		add("orphans", float64(orphans), limit/4, limit/2, 0, limit)
	case ok:
		add("orphans", float64(orphans))
	}
	return all
}

// spacePerfdata is the numbers that have a limit in each namespace.
func (p *Plugin) spacePerfdata(space *diagnose.Space, add func(string, float64, ...float64)) {
	label := func(name string) string {
		if !p.several() || space.Netns == nil {
			return name
		}
		return "'" + strings.NewReplacer("'", "", "=", "", "\n", "").Replace(space.Netns.Name+" "+name) + "'"
	}
	if n, ok := space.Gauges["TCP.tw"]; ok {
		if limit, ok := uintSysctl(&space.Facts, "net.ipv4.tcp_max_tw_buckets"); ok {
			add(label("tw_buckets"), float64(n), 0.8*limit, limit, 0, limit)
		}
	}
	if share, ok := worstQueue(space.Sockets); ok {
		add(label("accept_queue_worst"), share, 0.5, 1, 0)
	}
	if share, ok := worstPort(space.Sockets); ok {
		add(label("ports_worst"), share, 0.7, 0.9, 0, 1)
	}
}

func uintSysctl(f *diagnose.Facts, name string) (float64, bool) {
	n, err := strconv.ParseUint(f.Sysctls[name], 10, 64)
	return float64(n), err == nil
}

// worstQueue is how full the fullest accept queue is; full is 1 and above.
func worstQueue(r *diagnose.Reading) (worst float64, known bool) {
	if r.Queues == nil {
		return 0, false
	}
	for _, q := range diagnose.JudgeQueues(r.Queues, nil, 0) {
		if q.Waiting != nil && q.Limit != nil {
			worst, known = max(worst, float64(*q.Waiting)/float64(*q.Limit+1)), true
		}
	}
	return worst, known
}

// worstPort is how much of the ports to one destination is not free.
func worstPort(r *diagnose.Reading) (worst float64, known bool) {
	if r.Ports == nil || len(r.Ports.Rules) == 0 {
		return 0, false
	}
	for _, u := range diagnose.JudgePorts(r.Ports, nil, 0) {
		worst = max(worst, u.Share())
	}
	return worst, true
}

// plain3 writes a number with at most three decimals, as perfdata wants it.
func plain3(f float64) string {
	return strconv.FormatFloat(rounded(f), 'f', -1, 64)
}
