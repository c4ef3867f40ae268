// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A PluginStatus is the exit code of a monitoring plugin (Monitoring Plugins
// Development Guidelines, "Plugin Return Codes").
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

// PluginLine returns the output line of a plugin. It removes from the text what would
// end it or begin the performance data.
func PluginLine(s PluginStatus, text, perfdata string) string {
	text = visible.Text(strings.Join(strings.Fields(strings.ReplaceAll(text, "|", "/")), " "))
	if perfdata != "" {
		perfdata = "|" + perfdata
	}
	return "TCPVITALS " + s.String() + " - " + text + perfdata + "\n"
}

// Perfdata returns the known numbers for a monitoring system:
// 'label'=value;warn;crit;min;max. Thresholds are those of the rules (TW02, OR01,
// AQ01, TW03).
func Perfdata(d *Doctor, m *diagnose.Machine) (all []string) {
	add := func(label string, value float64, limits ...float64) {
		texts := []string{label + "=" + plain3(value)}
		for _, l := range limits {
			texts = append(texts, plain3(l))
		}
		all = append(all, strings.Join(texts, ";"))
	}
	for s := range tcp.AllStates.All() {
		if n := d.Tally.Of(s).Total; s != tcp.Close {
			add(strings.ToLower(s.String()), float64(n))
		}
	}
	for _, l := range d.spaceLevels(m.Spaces) {
		add(l.label, l.value, l.limits...)
	}
	orphans, ok := m.Host.Gauges.Of("TCP.orphan")
	limit, known := uintSysctl(&m.Host, "net.ipv4.tcp_max_orphans")
	switch {
	case ok && known:
		add("orphans", float64(orphans), limit/4, limit/2, 0, limit)
	case ok:
		add("orphans", float64(orphans))
	}
	return all
}

// A level is a number with its limit, under a label.
type level struct {
	label  string
	value  float64
	limits []float64
	full   float64 // the number divided by the limit
}

// spaceLevels returns the numbers that have a limit in each namespace. Labels contain
// the name of the namespace, which stays the same when a container restarts; the
// inode of a namespace without a name does not. If several namespaces share a label,
// the worst number is reported.
func (d *Doctor) spaceLevels(spaces []*diagnose.Space) (all []level) {
	for _, space := range spaces {
		for _, l := range levelsOf(space) {
			l.label = d.labelIn(space, l.label)
			at := slices.IndexFunc(all, func(other level) bool { return other.label == l.label })
			switch {
			case at < 0:
				all = append(all, l)
			case l.full > all[at].full:
				all[at] = l
			}
		}
	}
	return all
}

// labelIn returns the label of a number of a namespace.
func (d *Doctor) labelIn(space *diagnose.Space, name string) string {
	if !d.Several() || space.Netns == nil {
		return name
	}
	return "'" + visible.Text(strings.NewReplacer("'", "", "=", "", "|", "/").Replace(nameOf(space.Netns)+" "+name)) + "'"
}

// unnamed is the label for namespaces without a name.
const unnamed = "unnamed"

// nameOf returns the name of a namespace, "" if that is only its inode.
func nameOf(n *socket.Netns) string {
	switch {
	case n.Name != strconv.FormatUint(n.Inode, 10):
		return n.Name
	case n.Container != "":
		return n.Container
	default:
		return unnamed
	}
}

func levelsOf(space *diagnose.Space) (all []level) {
	if n, ok := space.Gauges.Of("TCP.tw"); ok {
		if limit, ok := uintSysctl(&space.Facts, "net.ipv4.tcp_max_tw_buckets"); ok {
			all = append(all, level{"tw_buckets", float64(n), []float64{0.8 * limit, limit, 0, limit}, float64(n) / max(limit, 1)})
		}
	}
	if share, ok := worstQueue(space.Sockets); ok {
		all = append(all, level{"accept_queue_worst", share, []float64{0.5, 1, 0}, share})
	}
	if share, ok := worstPort(space.Sockets); ok {
		all = append(all, level{"ports_worst", share, []float64{0.7, 0.9, 0, 1}, share})
	}
	return all
}

func uintSysctl(f *diagnose.Facts, name string) (float64, bool) {
	n, err := strconv.ParseUint(f.Sysctls[name], 10, 64)
	return float64(n), err == nil
}

// worstQueue returns how full the fullest accept queue is; 1 and above is full.
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

// worstPort returns the share of local ports that connections to the busiest
// destination use.
func worstPort(r *diagnose.Reading) (worst float64, known bool) {
	if r.Ports == nil || len(r.Ports.Rules) == 0 {
		return 0, false
	}
	for _, u := range diagnose.JudgePorts(r.Ports, nil, 0) {
		worst = max(worst, u.Share())
	}
	return worst, true
}

// plain3 prints a number with at most three decimals, as performance data require.
func plain3(f float64) string {
	return strconv.FormatFloat(rounded(f), 'f', -1, 64)
}
