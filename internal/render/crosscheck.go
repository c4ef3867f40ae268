// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// CrossCheck prints the kernel's own numbers beside those of the socket table: of
// what each difference consists, and why there is one. once says that the kernel's
// numbers were read once, not before and after the count.
func CrossCheck(all []diagnose.Comparison, once bool, o Options) string {
	var b strings.Builder
	words := crossCheckWords()
	sectionHeading(&b, words.title, o)
	for i := range all {
		c := &all[i]
		paragraph(&b, comparisonLine(c, o), " ", "   ", plain, o)
		paragraph(&b, comparisonWords(c, o), "   ", "   ", faint, o)
	}
	moment := words.moment
	if once {
		moment = words.once
	}
	paragraph(&b, moment.In(o.Lang), " ", "   ", faint, o)
	return b.String()
}

// comparisonLine prints the sum: the count, its parts, the kernel's count, and the
// difference.
func comparisonLine(c *diagnose.Comparison, o Options) string {
	line, sum := ourName(c, o)+" "+knowledge.Grouped(c.Ours), int64(c.Ours)
	if c.Agreement == diagnose.AgreeNotCounted {
		return line
	}
	for _, p := range c.Parts {
		sign, n := " + ", p.Count
		if n < 0 {
			sign, n = " - ", -n
		}
		line += sign + p.Name + " " + knowledge.Grouped(uint64(n))
		sum += p.Count
	}
	if c.Rest != 0 {
		sign, n := " + ", c.Rest
		if n < 0 {
			sign, n = " - ", -n
		}
		line += sign + restName(c, o) + " " + knowledge.Grouped(uint64(n))
	}
	equals := " = "
	if sum+c.Rest != int64(c.Theirs) { // the kernel's number changed between two readings; the rest is the distance to the nearer one
		equals = " ≈ "
		if o.ASCII {
			equals = " ~ "
		}
	}
	return line + equals + theirName(c) + " " + knowledge.Grouped(c.Theirs)
}

// ourName returns what was counted, in words if it is no state.
func ourName(c *diagnose.Comparison, o Options) string {
	words := crossCheckWords()
	switch c.Name {
	case knowledge.CompareInUse:
		return words.all.In(o.Lang)
	case knowledge.CompareOrphans:
		return words.orphans.In(o.Lang)
	case knowledge.CompareAllocated:
		return words.full.In(o.Lang)
	default:
		return c.OurName
	}
}

// theirName returns where the kernel shows its number.
func theirName(c *diagnose.Comparison) string {
	if name, ok := strings.CutPrefix(c.TheirName, "TCP."); ok {
		return "sockstat " + name
	}
	return strings.TrimPrefix(c.TheirName, "Tcp.")
}

func restName(c *diagnose.Comparison, o Options) string {
	words := crossCheckWords()
	switch c.Agreement {
	case diagnose.AgreeWiderScope:
		if c.Name == knowledge.CompareOrphans {
			return words.elsewhere.In(o.Lang)
		}
		return words.unconnected.In(o.Lang)
	case diagnose.AgreeMoved:
		return words.moved.In(o.Lang)
	case diagnose.AgreeUnjudged:
		return words.unjudged.In(o.Lang)
	default:
		return words.unexplained.In(o.Lang)
	}
}

// comparisonWords returns why the two numbers differ, with a warning if that does not
// explain the difference.
func comparisonWords(c *diagnose.Comparison, o Options) string {
	if c.Explained() {
		return c.Why.In(o.Lang)
	}
	return fmt.Sprintf(crossCheckWords().contradiction.In(o.Lang), c.Why.In(o.Lang))
}

// crossWords are the words around the comparisons.
type crossWords struct {
	title, moment, once, all, orphans, full, elsewhere, unconnected, moved, unjudged, unexplained, contradiction knowledge.Text
}

func crossCheckWords() crossWords {
	return crossWords{
		title:     knowledge.Text{En: "The kernel's own numbers beside this count", Zh: "与内核自己的计数对照"},
		moment:    knowledge.Text{En: "They are read before and after the count; what opened or closed meanwhile is no contradiction.", Zh: "这些数字在统计前后各读一次；期间新建和关闭的连接不算矛盾。"},
		once:      knowledge.Text{En: "They were read once, at about the time of the count: what opened or closed in between is no contradiction.", Zh: "这些数字只在统计前后读了一次；期间新建和关闭的连接不算矛盾。"},
		all:       knowledge.Text{En: "all sockets", Zh: "全部套接字"},
		orphans:   knowledge.Text{En: "closing without an owner", Zh: "关闭中且无所有者"},
		full:      knowledge.Text{En: "complete sockets", Zh: "完整套接字"},
		elsewhere: knowledge.Text{En: "elsewhere on the host", Zh: "主机上别处的"},
		unconnected: knowledge.Text{
			En: "elsewhere on the host, or without a connection", Zh: "主机上别处的，或没有连接的",
		},
		moved:       knowledge.Text{En: "opened or closed meanwhile", Zh: "期间新建或关闭"},
		unjudged:    knowledge.Text{En: "read at another moment", Zh: "读取时刻不同"},
		unexplained: knowledge.Text{En: "unexplained", Zh: "无法解释"},
		contradiction: knowledge.Text{
			En: "This is more than what moved meanwhile explains: count again; if it stays, one of the two is wrong. %s",
			Zh: "超出了期间变化所能解释的范围：请再统计一次；如果依旧，两者必有一错。%s",
		},
	}
}
