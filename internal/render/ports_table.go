// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// PortsTable prints local ports: a line for each destination, then what to change if
// ports run short, each advice once.
type PortsTable struct {
	report.Ports
	Lang  knowledge.Lang
	Width int // columns of the terminal
}

// String returns the table with a final newline.
func (t PortsTable) String() string {
	words := portWords(t.Lang)
	var b strings.Builder
	if len(t.Uses) == 0 {
		b.WriteString(" " + words.none + "\n")
	} else {
		b.WriteString(t.grid().fit(t.Width))
	}
	t.advise(&b)
	fmt.Fprintf(&b, "\n "+words.destinations+" · %s", t.Total, plural(uint64(t.Total)), visible.Text(t.Engine))
	if hidden := t.Total - len(t.Uses); hidden > 0 {
		fmt.Fprintf(&b, " · "+words.hidden, hidden)
	}
	b.WriteString("\n")
	writeGaps(&b, t.Gaps, t.Lang, t.Width)
	return b.String()
}

func (t PortsTable) grid() *grid {
	words := portWords(t.Lang)
	g := &grid{}
	for i, name := range words.columns {
		if t.Window > 0 && name == words.closed {
			name = words.opened
		}
		g.header(name, i >= 2 && i < len(words.columns)-1)
	}
	for i := range t.Uses {
		g.row(t.row(&t.Uses[i]))
	}
	return g
}

func (t PortsTable) row(u *diagnose.PortUse) []string {
	local := u.Local.String()
	if u.Netns != nil && u.Netns.Name != "self" && u.Netns.Name != "host" {
		local = u.Netns.Name + " " + local
	}
	blocked := strconv.Itoa(u.Blocked + u.Inferred)
	if u.Inferred > 0 {
		blocked += "*"
	}
	ends := "-"
	if u.WillEnd {
		ends = u.RunsOut.Truncate(time.Second).String()
	}
	reusable, free := strconv.Itoa(u.Reusable), strconv.Itoa(u.Free)
	if u.Reuse == diagnose.ReuseIf && u.Reusable > 0 { // how many of the TIME_WAIT are reusable is unknown
		reusable, free = "0-"+reusable, strconv.Itoa(u.Free-u.Reusable)+"-"+free
	}
	return []string{
		local, u.Remote.String(),
		strconv.Itoa(u.Used), blocked, reusable, free, strconv.Itoa(u.Capacity), strconv.Itoa(u.FreeBind),
		atLeast(t.rate(u)), ends, severityText(u.Severity).In(t.Lang),
	}
}

// rate returns opened connections per second if there is a window, else those that
// this side has closed recently. Neither is complete: connections that the peer
// closes leave no trace.
func (t PortsTable) rate(u *diagnose.PortUse) float64 {
	if t.Window > 0 {
		return u.Opened
	}
	return u.Closed
}

// atLeast prints a number that is a lower bound.
func atLeast(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) + "+" }

// advise prints what to change, the advice for the fullest destination first.
func (t PortsTable) advise(b *strings.Builder) {
	words := portWords(t.Lang)
	var said []diagnose.PortKnob
	inferred := false
	for i := range t.Uses {
		inferred = inferred || t.Uses[i].Inferred > 0
		for _, k := range t.Uses[i].Knobs {
			if !slices.Contains(said, k) {
				said = append(said, k)
			}
		}
	}
	if inferred {
		underLead(b, "\n ", words.inferred, t.Width)
	}
	t.reuse(b)
	for i, k := range said {
		lead := " " + words.knob
		if i == 0 {
			lead = "\n" + lead
		}
		if text, ok := knowledge.PortKnob(string(k)); ok {
			underLead(b, lead, text.In(t.Lang), t.Width)
		}
	}
}

// reuse prints where TIME_WAIT are not reusable although the parameters suggest it.
func (t PortsTable) reuse(b *strings.Builder) {
	words := portWords(t.Lang)
	for i := range t.Uses {
		u := &t.Uses[i]
		if u.Severity == diagnose.OK || u.TimeWait == 0 {
			continue
		}
		if text := words.reuse[u.Reuse]; text != "" {
			underLead(b, "\n ", fmt.Sprintf(text, u.Remote.String()), t.Width)
		}
	}
}

// portsWords are the fixed words around local ports.
type portsWords struct {
	columns      []string // headings: two addresses, numbers, the verdict
	closed       string   // the heading that differs with a window
	opened       string
	none         string
	inferred     string
	reuse        map[diagnose.PortReuse]string // argument: the destination
	knob         string
	destinations string // arguments: how many, plural
	hidden       string // argument: how many
}

func portWords(lang knowledge.Lang) portsWords {
	if lang == knowledge.Chinese {
		return portsWords{
			columns: []string{"源地址", "目标", "已用", "被占", "可复用", "空闲", "总数", "bind 可用", "关闭/秒", "耗尽于", "结论"},
			closed:  "关闭/秒", opened: "新建/秒",
			none:     "没有本机主动发起的连接",
			inferred: "* 其中一部分是推断的：这些端口像是由 connect() 之前的 bind() 选的",
			reuse: map[diagnose.PortReuse]string{
				diagnose.ReuseNever:  "%s：TIME_WAIT 不可复用：到它的现有连接没有时间戳，tcp_tw_reuse 不起作用",
				diagnose.ReuseUnseen: "%s：TIME_WAIT 按已用计算：端口全部占用，而窗口内没有一个被接管",
				diagnose.ReuseIf:     "%s：若对端使用时间戳，TIME_WAIT 才可复用；现有连接看不出",
			},
			knob:         "建议：",
			destinations: "%d 个目标%.0s",
			hidden:       "另有 %d 个未显示（--limit 0 显示全部）",
		}
	}
	return portsWords{
		columns: []string{"from", "to", "used", "blocked", "reusable", "free", "of", "for bind", "closed/s", "runs out", "verdict"},
		closed:  "closed/s", opened: "opened/s",
		none:     "no outgoing connections",
		inferred: "* partly inferred: these ports look as if bind() before connect() had chosen them",
		reuse: map[diagnose.PortReuse]string{
			diagnose.ReuseNever:  "%s: TIME_WAIT are not reusable: the open connections to it have no timestamps, tcp_tw_reuse does nothing",
			diagnose.ReuseUnseen: "%s: TIME_WAIT count as used: all ports are taken, and none was reused in the window",
			diagnose.ReuseIf:     "%s: TIME_WAIT are reusable if the peer uses timestamps; no open connection shows it",
		},
		knob:         "do:   ",
		destinations: "%d destination%s",
		hidden:       "%d more not shown (--limit 0 shows all)",
	}
}
