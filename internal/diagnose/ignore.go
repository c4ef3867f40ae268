// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// An Ignore names findings that somebody has decided to accept.
type Ignore struct {
	Code  string
	Where *query.Filter // condition on the identity of the finding; nil matches every finding of the rule
	// Reason and Until come from a line of a file; they are empty if the user typed
	// the Ignore.
	Reason string
	Until  time.Time // the last day on which it applies, zero for no end
	Place  string    // file and line where it stands
}

// String returns the Ignore as the user types it.
func (g *Ignore) String() string {
	if g.Where.All() {
		return g.Code
	}
	return g.Code + ":" + g.Where.String()
}

// Expired reports whether the last day is over. Days are those of UTC.
func (g *Ignore) Expired(now time.Time) bool {
	return !g.Until.IsZero() && !now.Before(g.Until.AddDate(0, 0, 1))
}

// Holding splits Ignores into those that apply now and those that have expired.
func Holding(all []Ignore, now time.Time) (holds, expired []Ignore) {
	for i := range all {
		if all[i].Expired(now) {
			expired = append(expired, all[i])
		} else {
			holds = append(holds, all[i])
		}
	}
	return holds, expired
}

// Ignored is a finding that was set aside, with the Ignore that did so.
type Ignored struct {
	Finding

	By *Ignore
}

// identity are the fields of a finding's identity: where it is and who owns it.
func identity() socket.FieldSet {
	return socket.FieldsOf(socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort, socket.FieldProcess, socket.FieldPID,
		socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldNetns, socket.FieldNetnsInode, socket.FieldNetnsContainer)
}

// ParseIgnore reads CODE or CODE:WHERE. Errors are [*problem.SyntaxError]s.
func ParseIgnore(src string) (Ignore, error) { return parseIgnore(src, nil) }

// ruleCodes are the codes of [Rules], made once, because a file may name a thousand.
var ruleCodes = sync.OnceValue(func() map[string]bool {
	codes := map[string]bool{}
	for _, r := range Rules() {
		codes[r.Code] = true
	}
	return codes
})

// parseIgnore is ParseIgnore for one of several; they share the budget for patterns.
func parseIgnore(src string, patterns *query.PatternBudget) (Ignore, error) {
	code, where, narrow := strings.Cut(src, ":")
	code = strings.ToUpper(strings.TrimSpace(code))
	if !ruleCodes()[code] {
		return Ignore{}, ignoreError(src, 0, len(strings.SplitN(src, ":", 2)[0]), text(fmt.Sprintf("there is no rule %q", code), fmt.Sprintf("没有规则 %q", code)), text("tcpvitals doctor --rules lists them", "用 tcpvitals doctor --rules 列出"))
	}
	g := Ignore{Code: code}
	if !narrow {
		return g, nil
	}
	at := len(src) - len(where)
	if strings.TrimSpace(where) == "" {
		return Ignore{}, ignoreError(src, at, len(src), text("nothing behind the colon", "冒号后面是空的"),
			text("a filter says which, such as "+code+":'sport = :443'; without the colon it is every "+code, "用过滤条件指明，如 "+code+":'sport = :443'；不写冒号就是所有 "+code))
	}
	filter, err := query.Parse(where, query.Options{Patterns: patterns})
	if err != nil {
		return Ignore{}, within(src, at, err)
	}
	if other := filter.Needs().Minus(identity()); !other.Empty() {
		return Ignore{}, ignoreError(src, at, len(src), text("a finding has no "+listed(other, ", "), "发现没有 "+listed(other, "、")), text("it has "+listed(identity(), ", "), "它有 "+listed(identity(), "、")))
	}
	g.Where = filter
	return g, nil
}

func listed(fields socket.FieldSet, between string) string {
	return strings.ReplaceAll(fields.String(), ",", between)
}

func ignoreError(src string, start, end int, msg, hint knowledge.Text) error {
	return &problem.SyntaxError{Src: src, Start: start, End: end, Msg: "ignore: " + msg.En, Hint: hint.En, Zh: "ignore：" + msg.Zh, HintZh: hint.Zh}
}

// within turns the position of an error in a part of a text into its position in the
// whole.
func within(src string, at int, err error) error {
	inner, ok := err.(*problem.SyntaxError) //nolint:errorlint // query.Parse returns it bare
	if !ok {
		return err
	}
	return &problem.SyntaxError{
		Src: src[:at] + inner.Src, Start: at + inner.Start, End: at + inner.End,
		Msg: "ignore: " + strings.TrimPrefix(inner.Msg, "ignore: "), Hint: inner.Hint,
		Zh: "ignore：" + strings.TrimPrefix(inner.Zh, "ignore："), HintZh: inner.HintZh,
	}
}

// maxIgnores is the greatest number of lines of a file. Nobody decides on more
// findings one by one.
const maxIgnores = 1000

// ParseIgnores reads a file. A line has three parts, all required: the last day on
// which it applies, the finding, and after a # the reason. Lines that begin with # are
// comments.
func ParseIgnores(name, text string) (all []Ignore, err error) {
	number, patterns := 0, &query.PatternBudget{}
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(all) == maxIgnores {
			return nil, &problem.InputError{Name: name, Msg: fmt.Sprintf("more than %d lines", maxIgnores), Hint: "a filter can ignore many findings at once", Zh: fmt.Sprintf("超过 %d 行", maxIgnores), HintZh: "一个过滤条件可以一次忽略许多结论"}
		}
		place := fmt.Sprintf("%s:%d", name, number)
		g, err := parseIgnoreLine(line, patterns)
		if err != nil {
			if wrong, ok := err.(*problem.SyntaxError); ok { //nolint:errorlint // it was just made
				wrong.Msg = place + ": " + strings.TrimPrefix(wrong.Msg, "ignore: ")
				wrong.Zh = place + "：" + strings.TrimPrefix(wrong.Zh, "ignore：")
			}
			return nil, err
		}
		g.Place = place
		all = append(all, g)
	}
	return all, nil
}

func ignoreForm() knowledge.Text {
	return text("a line is DAY CODE[:WHERE] # REASON, such as 2027-03-31 AQ01:sport = :9000 # it refuses on purpose",
		"一行写作：日期 CODE[:WHERE] # 理由，例如 2027-03-31 AQ01:sport = :9000 # 它本来就拒绝")
}

func parseIgnoreLine(line string, patterns *query.PatternBudget) (Ignore, error) {
	day, _, _ := strings.Cut(line, " ")
	until, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return Ignore{}, ignoreError(line, 0, len(day), text("this is no day", "这不是日期"), ignoreForm())
	}
	hash := reasonAt(line)
	if hash < 0 || strings.TrimSpace(line[hash+1:]) == "" {
		return Ignore{}, ignoreError(line, len(line), len(line), text("no reason", "没有理由"), ignoreForm())
	}
	what := strings.TrimSpace(line[len(day):hash])
	if what == "" {
		return Ignore{}, ignoreError(line, len(day), hash, text("no code of a rule", "没有规则代码"), ignoreForm())
	}
	g, err := parseIgnore(what, patterns)
	if err != nil {
		at := strings.Index(line[len(day):], what) + len(day)
		return Ignore{}, within(line[:at]+what, at, err)
	}
	g.Until, g.Reason = until, strings.TrimSpace(line[hash+1:])
	return g, nil
}

// reasonAt is the position of the # before the reason: the first one outside of
// quotes.
func reasonAt(line string) int {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '#' && !quoted:
			return i
		}
	}
	return -1
}

// matches reports whether the Ignore names the finding. A condition on something that
// is not known does not match, so the finding still counts.
func (g *Ignore) matches(f *Finding) bool {
	if g.Code != f.Code {
		return false
	}
	row := f.row()
	return g.Where.Match(&row) == query.Yes
}

// row is the identity of the finding as a socket, so that a filter can test it.
func (f *Finding) row() (row socket.Socket) {
	know := func(known bool, fields ...socket.FieldID) {
		if known {
			row.Known = row.Known.Union(socket.FieldsOf(fields...))
		}
	}
	row.Local, row.Remote = f.About.Local, f.About.Remote
	know(row.Local.Addr().IsValid(), socket.FieldLocal, socket.FieldFamily)
	know(row.Local.Port() != 0, socket.FieldLocalPort)
	know(row.Remote.Addr().IsValid(), socket.FieldRemote, socket.FieldFamily)
	know(row.Remote.Port() != 0, socket.FieldRemotePort)
	for _, a := range []bool{row.Local.Addr().Is6(), row.Remote.Addr().Is6()} {
		if a {
			row.Family = socket.IPv6
		}
	}
	row.Netns, row.Owner = f.Netns, f.Owner
	know(row.Netns != nil, socket.FieldNetns, socket.FieldNetnsInode, socket.FieldNetnsContainer)
	know(row.Owner != nil, socket.FieldUnit, socket.FieldContainer, socket.FieldPod)
	know(row.Owner != nil && row.Owner.Process != nil, socket.FieldProcess, socket.FieldPID)
	return row
}

// setAside removes the ignored findings. It runs before findings are put below their
// causes, so that the consequences of an ignored finding are not ignored too.
func (d *Diagnosis) setAside(found []Finding, ignoring []Ignore) []Finding {
	return slices.DeleteFunc(found, func(f Finding) bool {
		for i := range ignoring {
			if ignoring[i].matches(&f) {
				d.Ignored = append(d.Ignored, Ignored{Finding: f, By: &ignoring[i]})
				return true
			}
		}
		return false
	})
}
