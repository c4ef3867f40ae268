// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/render"
)

// say returns a text in the user's language. Both must be given.
func (m *model) say(en, zh string) string {
	if m.o.Lang == knowledge.Chinese {
		return zh
	}
	return en
}

// errorText returns the text of an error in the user's language.
func (m *model) errorText(err error) string { return knowledge.ErrorText(err).In(m.o.Lang) }

// A screen is one of the screens that have a key.
type screen uint8

const (
	diagram screen = iota
	groups
	listeners
	ports
	findings
	ends
	sockets
	screens // number of screens
)

func (m *model) title(s screen) string {
	switch s {
	case diagram:
		return m.say("states", "状态")
	case groups:
		return m.say("groups", "分组")
	case listeners:
		return m.say("listeners", "监听")
	case ports:
		return m.say("ports", "端口")
	case findings:
		return m.say("findings", "结论")
	case ends:
		return m.say("ends", "结束")
	default:
		return m.say("sockets", "套接字")
	}
}

func (m *model) severity(s diagnose.Severity) (string, ink) {
	switch s {
	case diagnose.OK:
		return m.say("ok", "正常"), good
	case diagnose.Info:
		return m.say("info", "信息"), faint
	case diagnose.Notice:
		return m.say("notice", "提示"), lead
	case diagnose.Warning:
		return m.say("warning", "警告"), warn
	case diagnose.Critical:
		return m.say("critical", "严重"), bad
	default:
		return render.UnknownText, faint
	}
}

// number prints a number, or a sign for an unknown one.
func number(n *uint64) string {
	if n == nil {
		return render.UnknownText
	}
	return knowledge.Grouped(*n)
}

// change prints how fast something grows or shrinks, with its sign; "" for no change.
func change(perSecond float64) string {
	if math.Abs(perSecond) < 0.05 {
		return ""
	}
	sign := "+"
	if perSecond < 0 {
		sign = "-"
	}
	return sign + rate(math.Abs(perSecond)) + "/s"
}

// about prints a number with three significant digits: 850, 9,120, 812k, 1.01M.
func about(n uint64) string {
	unit := uint64(1)
	for n/unit >= 1000 {
		unit *= 10
	}
	switch n = (n + unit/2) / unit * unit; {
	case n < 10_000:
		return knowledge.Grouped(n)
	case n < 1_000_000:
		return strconv.FormatFloat(float64(n)/1e3, 'f', -1, 64) + "k"
	default:
		return strconv.FormatFloat(float64(n)/1e6, 'f', -1, 64) + "M"
	}
}

// rate prints a number of events per second in few columns: 0.3, 12.5, 1,200, 35k.
func rate(perSecond float64) string {
	switch {
	case perSecond < 99.95:
		return strconv.FormatFloat(perSecond, 'f', 1, 64)
	case perSecond < 9_999.5:
		return knowledge.Grouped(uint64(math.Round(perSecond)))
	case perSecond < 999_500:
		return strconv.FormatFloat(perSecond/1e3, 'f', 0, 64) + "k"
	default:
		return strconv.FormatFloat(perSecond/1e6, 'f', 1, 64) + "M"
	}
}

// brief prints a duration with as many digits as matter.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	default:
		return ago(d)
	}
}

// ago prints a duration in one or two units.
func ago(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

// since prints since when something is there, seen at a time: with its day if that is
// another one.
func since(from, seen time.Time) string {
	if from.Format(time.DateOnly) != seen.Format(time.DateOnly) {
		return from.Format("01-02 15:04")
	}
	return from.Format(time.TimeOnly)
}
