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
	text = visible.Text(strings.Join(strings.Fields(strings.ReplaceAll(text, "|", "/")), " "))
	if perfdata != "" {
		perfdata = "|" + perfdata
	}
	return "TCPVITALS " + s.String() + " - " + text + perfdata + "\n"
}

// Perfdata is the numbers for a monitoring system: 'label'=value;warn;crit;min;max, of what there are numbers.
// Thresholds are those of the rules (TW02, OR01, AQ01, TW03).
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

// A level is a number against its limit, under one label.
type level struct {
	label  string
	value  float64
	limits []float64
	full   float64 // how much of the limit it is
}

// spaceLevels are the numbers that have a limit in each namespace. Labels have
// the names of namespaces, by which they are known from one start of a container
// to the next; the inode of one that has no name is another one each time. Of
// those that share a label, the worst counts.
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

// labelIn is the label of a number of a namespace.
func (d *Doctor) labelIn(space *diagnose.Space, name string) string {
	if !d.Several() || space.Netns == nil {
		return name
	}
	return "'" + visible.Text(strings.NewReplacer("'", "", "=", "", "|", "/").Replace(nameOf(space.Netns)+" "+name)) + "'"
}

// unnamed stands for namespaces that have no name.
const unnamed = "unnamed"

// nameOf is the name of a namespace, as far as it has another than its inode.
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

// worstPort is the share of local ports in use to the busiest destination.
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
