// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// An Ignore is a comment that sets findings of the line below it aside:
//
//	# tcpvitals: ignore RULE [until DAY]: REASON
//
// RULE is a code, or the code of one parameter as [Finding.Rule] writes it.
type Ignore struct {
	Rule   string
	Until  time.Time // the last day on which it holds (UTC), zero for no end
	Reason string
	Line   int // of the comment
	About  int // line that it is about, 0 if there is none

	wrong knowledge.Text // why it ignores nothing; empty if it is valid
}

// Ignored is a finding that is not counted, and the comment that suppresses it.
type Ignored struct {
	Finding

	By *Ignore
}

// Rule is the code of a finding for one parameter, such as
// HARMFUL/net.ipv4.tcp_tw_reuse. It does not change with wording or line numbers.
func (f *Finding) Rule() string {
	if f.Key == "" {
		return string(f.Code)
	}
	return string(f.Code) + "/" + f.Key
}

const ignoreMark = "tcpvitals:"

// ParseIgnores reads the comments of a file that begin with this program's name.
func ParseIgnores(data []byte) (all []Ignore) {
	number, waiting := 0, 0 // the number of the current line; how many of all have no line yet
	for raw := range bytes.SplitSeq(data, []byte("\n")) {
		number++
		text := strings.Trim(string(raw), blanks)
		switch {
		case text == "":
			waiting = 0
		case text[0] != '#' && text[0] != ';':
			for i := len(all) - waiting; i < len(all); i++ {
				all[i].About = number
			}
			waiting = 0
		default:
			if words, ours := strings.CutPrefix(strings.Trim(text[1:], blanks), ignoreMark); ours {
				g := parseIgnore(strings.TrimSpace(words))
				g.Line = number
				all = append(all, g)
				waiting++
			}
		}
	}
	return all
}

var ignoreForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^ignore\s+(\S+?)(?:\s+until\s+(\S+?))?\s*:\s+(\S.*)$`)
})

func parseIgnore(words string) (g Ignore) {
	parts := ignoreForm().FindStringSubmatch(words)
	if parts == nil {
		g.wrong = text("the comment ignores nothing: it is not in the form that is understood", "这条注释不忽略任何东西：写法不对")
		return g
	}
	g.Rule, g.Reason = parts[1], parts[3]
	code, _, _ := strings.Cut(g.Rule, "/")
	if !slices.ContainsFunc(Codes(), func(c CodeDoc) bool { return string(c.Code) == code }) {
		g.wrong = text("the comment ignores nothing: there is no code "+code, "这条注释不忽略任何东西：没有 "+code+" 这个代码")
	}
	if day := parts[2]; day != "" {
		var err error
		if g.Until, err = time.Parse(time.DateOnly, day); err != nil {
			g.wrong = text("the comment ignores nothing: "+day+" is no day", "这条注释不忽略任何东西："+day+" 不是日期")
		}
	}
	return g
}

// over reports whether the last day has passed.
func (g *Ignore) over(now time.Time) bool {
	return !g.Until.IsZero() && !now.Before(g.Until.AddDate(0, 0, 1))
}

// names reports whether the comment names the rule of the finding.
func (g *Ignore) names(f *Finding) bool { return g.Rule == string(f.Code) || g.Rule == f.Rule() }

// SetAside removes findings that comments suppress. It adds a finding for each
// comment that suppresses nothing, so that outdated comments are noticed.
func SetAside(found *Found, findings []Finding, now time.Time) (counting []Finding, aside []Ignored) {
	used, comments := map[*Ignore]bool{}, found.comments()
	for i := range findings {
		f := &findings[i]
		if g := comments.ignoring(f); g == nil {
			counting = append(counting, *f)
		} else if used[g] = true; g.over(now) {
			counting = append(counting, *f)
		} else {
			aside = append(aside, Ignored{*f, g})
		}
	}
	for _, file := range found.Files {
		for i := range file.Ignores {
			if f := file.Ignores[i].finding(file.Path, used[&file.Ignores[i]], now); f != nil {
				counting = append(counting, *f)
			}
		}
	}
	sortFindings(found, counting)
	return counting, aside
}

// place is a line of a file.
type place struct {
	file string
	line int
}

// comments are the comments by the line that they are about.
type comments map[place][]*Ignore

func (found *Found) comments() comments {
	all := comments{}
	for _, file := range found.Files {
		for i := range file.Ignores {
			if g := &file.Ignores[i]; g.About != 0 && g.wrong == (knowledge.Text{}) {
				at := place{file.Path, g.About}
				all[at] = append(all[at], g)
			}
		}
	}
	return all
}

// ignoring returns the comment that suppresses a finding; nil for none.
func (c comments) ignoring(f *Finding) *Ignore {
	for _, g := range c[place{f.File, f.Line}] {
		if g.names(f) {
			return g
		}
	}
	return nil
}

// finding returns what is wrong with the comment itself; nil for nothing.
func (g *Ignore) finding(file string, used bool, now time.Time) *Finding {
	f := Finding{Code: NoOp, Severity: NoOp.severity(), File: file, Line: g.Line, Text: ignoreMark + " ignore " + g.Rule}
	switch {
	case g.wrong != (knowledge.Text{}):
		f.Code, f.Severity, f.Message = Syntax, Syntax.severity(), g.wrong
		f.Do = text("Write # tcpvitals: ignore CODE [until DAY]: REASON on the line above.", "在该行上一行写 # tcpvitals: ignore 代码 [until 日期]: 理由。")
	case g.over(now):
		day := g.Until.Format(time.DateOnly)
		f.Message = text("the comment ignored until "+day+", which is over: what it names counts again", "这条注释只忽略到 "+day+"，已到期：它所指的重新计入")
		f.Do = text("Repair the line, or give it another day.", "修复该行，或改一个新日期。")
	case !used:
		f.Message = text("the comment ignores nothing: the line below has no "+g.Rule, "这条注释不忽略任何东西：下一行没有 "+g.Rule)
		f.Do = text("Delete the comment.", "删掉这条注释。")
	default:
		return nil
	}
	return &f
}
