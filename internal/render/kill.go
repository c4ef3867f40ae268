// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Kill prints what kill would do, and what it did.
type Kill struct {
	report.Kill

	Lang  knowledge.Lang
	Width int
	Rows  int // how many sockets of a list are shown; 0 shows all
}

// killTop is how many groups of the totals are shown.
const killTop = 20

// killColumns returns the columns of the rows.
func killColumns(spaces bool) []*socket.Field {
	ids := []socket.FieldID{
		socket.FieldState, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldPID, socket.FieldProcess, socket.FieldOwnerOf,
	}
	if spaces {
		ids = append(ids, socket.FieldNetns)
	}
	var columns []*socket.Field
	for _, id := range ids {
		columns = append(columns, id.Field())
	}
	return columns
}

// Before returns what would be closed, what that means, and what would be spared.
func (k Kill) Before() string {
	words := killWords(k.Lang)
	var b strings.Builder
	n := uint64(len(k.Preview.Victims))
	if n > 0 {
		fmt.Fprintf(&b, words.would+"\n\n", knowledge.Grouped(n), plural(n))
		b.WriteString(k.totals(k.Preview.Totals, k.Preview.Inferred) + "\n")
		b.WriteString(k.rows(k.Preview.Victims) + "\n")
		b.WriteString(k.meanings())
	} else {
		b.WriteString(words.nothing + "\n")
	}
	b.WriteString(k.spared())
	b.WriteString(k.gaps(k.Preview.Report.Gaps))
	return b.String()
}

// totals returns the table by process and state.
func (k Kill) totals(groups, inferred *query.Groups) string {
	g := GroupingTable{Grouping: report.Grouping{Answer: groups.Top(killTop)}, Lang: k.Lang, Width: k.Width}
	if inferred == nil {
		return g.grid().String()
	}
	g.Inferred = inferred.Top(0)
	text := g.grid().String()
	if g.Inferred.Total > 0 {
		text += " " + groupWords(k.Lang).inferred + "\n"
	}
	return text
}

// rows lists sockets, and tells how many more there are.
func (k Kill) rows(victims []kill.Victim) string {
	var b strings.Builder
	columns := killColumns(k.Preview.Report.Namespaces > 1)
	t := NewTableRows(&b, columns, k.Lang)
	shown := victims
	if k.Rows > 0 && len(shown) > k.Rows {
		shown = shown[:k.Rows]
	}
	var row socket.Socket
	for i := range shown {
		shown[i].Show(&row)
		_ = t.Row(&row) // a Builder never fails
	}
	_ = t.Flush()
	if more := len(victims) - len(shown); more > 0 {
		fmt.Fprintf(&b, " "+killWords(k.Lang).more+"\n", knowledge.Grouped(uint64(more)))
	}
	return b.String()
}

// meanings tells what closing means, by state.
func (k Kill) meanings() string {
	var b strings.Builder
	for _, s := range k.Preview.States() {
		k.paragraph(&b, s.String()+colon(k.Lang)+kill.Meaning(s).In(k.Lang))
	}
	for i := range k.Preview.Victims {
		if k.Preview.Victims[i].Owned() {
			k.paragraph(&b, kill.Keeps().In(k.Lang))
			break
		}
	}
	parts := uint64(0)
	for i := range k.Preview.Victims {
		if k.Preview.Victims[i].Subflow() {
			parts++
		}
	}
	if parts > 0 {
		k.paragraph(&b, kill.Outlived(parts).In(k.Lang))
	}
	return b.String()
}

func (k Kill) paragraph(b *strings.Builder, text string) {
	for i, line := range Wrap(text, max(k.Width-4, 20)) {
		indent := "   "
		if i == 0 {
			indent = " "
		}
		b.WriteString(indent + line + "\n")
	}
}

// spared lists by reason what matches but is not closed.
func (k Kill) spared() string {
	var b strings.Builder
	for _, reason := range kill.Reasons() {
		var some []kill.Victim
		var details []string
		for i := range k.Preview.Spared {
			if s := &k.Preview.Spared[i]; s.Reason == reason {
				some, details = append(some, s.Victim), append(details, s.Detail)
			}
		}
		k.left(&b, reason, some, details)
	}
	return b.String()
}

// left writes the sockets that were not closed for one reason.
func (k Kill) left(b *strings.Builder, reason kill.Reason, some []kill.Victim, details []string) {
	if len(some) == 0 {
		return
	}
	words := killWords(k.Lang)
	n := uint64(len(some))
	text := fmt.Sprintf(words.left, knowledge.Grouped(n), reason.Explain().In(k.Lang))
	if said := distinct(details); said != "" {
		text += " (" + said + ")"
	}
	b.WriteString("\n")
	k.paragraph(b, text)
	b.WriteString(k.rows(some))
}

// distinct joins different details, at most a few.
func distinct(details []string) string {
	const few = 3
	seen := map[string]bool{}
	var list []string
	for _, d := range details {
		if d == "" || seen[d] {
			continue
		}
		seen[d] = true
		if len(list) == few {
			list = append(list, "...")
			break
		}
		list = append(list, visible.Text(d))
	}
	return strings.Join(list, "; ")
}

func (k Kill) gaps(gaps []problem.Gap) string {
	var b strings.Builder
	for _, g := range gaps {
		k.paragraph(&b, gapLine(g, k.Lang))
	}
	return b.String()
}

// After returns what became of the sockets that the user confirmed.
func (k Kill) After(r *kill.Result) string {
	words := killWords(k.Lang)
	var b strings.Builder
	fmt.Fprintf(&b, words.done+"\n",
		knowledge.Grouped(uint64(r.Count(kill.Killed))), knowledge.Grouped(uint64(r.Count(kill.Gone))), knowledge.Grouped(uint64(r.Count(kill.Left))))
	for _, reason := range kill.Reasons() {
		var some []kill.Victim
		var details []string
		for i, o := range r.Outcomes {
			if o.Fate == kill.Left && o.Reason == reason {
				some, details = append(some, k.Preview.Victims[i]), append(details, o.Detail.In(k.Lang))
			}
		}
		k.left(&b, reason, some, details)
	}
	k.left(&b, kill.NotShown, r.NotShown, nil)
	b.WriteString(k.gaps(r.Gaps))
	return b.String()
}

// Return tells whether the sockets have come back.
func (k Kill) Return(r *kill.Return, seconds float64) string {
	words := killWords(k.Lang)
	if r.New == 0 {
		return fmt.Sprintf(words.quiet+"\n", seconds) + k.gaps(r.Gaps)
	}
	n := uint64(r.New)
	return fmt.Sprintf(words.back+"\n\n", knowledge.Grouped(n), plural(n), seconds, float64(n)/max(seconds, 0.001)) + k.totals(r.Totals, nil) + k.gaps(r.Gaps)
}

// killText are the fixed words of kill.
type killText struct {
	would, nothing, more, left, done, quiet, back string
}

func killWords(lang knowledge.Lang) killText {
	if lang == knowledge.Chinese {
		return killText{
			would:   "将关闭 %s 个套接字%.0s：",
			nothing: "没有可关闭的套接字。",
			more:    "……另有 %s 个（--rows 0 显示全部）",
			left:    "保留 %s 个：%s",
			done:    "已关闭 %s，此前已消失 %s，被拒绝 %s",
			quiet:   "%.1f 秒之后：没有新的套接字符合条件。",
			back:    "又有 %s 个套接字%.0s符合条件，历时 %.1f 秒（每秒 %.1f 个）：泄漏仍在继续。",
		}
	}
	return killText{
		would:   "Would close %s socket%s:",
		nothing: "There is nothing to close.",
		more:    "... and %s more (--rows 0 shows all)",
		left:    "Left alone, %s: %s",
		done:    "killed %s, gone meanwhile %s, refused %s",
		quiet:   "%.1f s later no other socket matches.",
		back:    "%s other socket%s match %.1f s later (%.1f a second): it goes on.",
	}
}
