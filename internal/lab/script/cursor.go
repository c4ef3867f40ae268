// SPDX-License-Identifier: Apache-2.0

package script

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// token is a word or a quoted text of a line.
type token struct {
	text       string
	quoted     bool
	start, end int // byte positions in the line
}

// cursor reads the tokens of a line. After the first mistake every method returns zero
// values, so callers need to check err only once, at the end.
type cursor struct {
	src    string
	tokens []token
	err    *problem.SyntaxError
}

// newCursor splits a line into tokens; a # outside of quotes begins a comment.
func newCursor(src string) *cursor {
	c := &cursor{src: src}
	for i := 0; i < len(src) && c.err == nil; {
		switch src[i] {
		case ' ', '\t':
			i++
		case '#':
			return c
		case '"':
			i = c.quoted(i)
		default:
			i = c.bare(i)
		}
	}
	return c
}

func (c *cursor) quoted(start int) (next int) {
	prefix, err := strconv.QuotedPrefix(c.src[start:])
	if err != nil {
		c.failAt(start, len(c.src), knowledge.Text{En: "this quoted text has no end", Zh: "这段引号里的文本没有结尾"}, textHint())
		return len(c.src)
	}
	text, err := strconv.Unquote(prefix)
	if err != nil {
		c.failAt(start, start+len(prefix), knowledge.Text{En: "this quoted text is not valid", Zh: "这段引号里的文本无效"}, knowledge.Text{})
	}
	c.tokens = append(c.tokens, token{text, true, start, start + len(prefix)})
	return start + len(prefix)
}

func (c *cursor) bare(start int) (next int) {
	n := strings.IndexAny(c.src[start:], " \t\"")
	if n < 0 {
		n = len(c.src) - start
	}
	c.tokens = append(c.tokens, token{c.src[start : start+n], false, start, start + n})
	return start + n
}

func (c *cursor) failAt(start, end int, msg, hint knowledge.Text) {
	if c.err == nil {
		c.err = wrong(c.src, start, end, msg, hint)
	}
	c.tokens = nil
}

// wrong returns a syntax error for the bytes from start to end of a line.
func wrong(line string, start, end int, msg, hint knowledge.Text) *problem.SyntaxError {
	return &problem.SyntaxError{Src: line, Start: start, End: end, Msg: msg.En, Hint: hint.En, Zh: msg.Zh, HintZh: hint.Zh}
}

func textHint() knowledge.Text {
	return knowledge.Text{En: `texts look like "abc"`, Zh: `文本的写法如 "abc"`}
}

// fail records what is wrong with the next token, or that it is missing.
func (c *cursor) fail(hint, msg knowledge.Text) {
	start, end := len(c.src), len(c.src)
	if len(c.tokens) > 0 {
		start, end = c.tokens[0].start, c.tokens[0].end
	}
	c.failAt(start, end, msg, hint)
}

func (c *cursor) done() bool { return len(c.tokens) == 0 }

// peek returns the next unquoted word without consuming it.
func (c *cursor) peek() string {
	if c.done() || c.tokens[0].quoted {
		return ""
	}
	return c.tokens[0].text
}

// accept consumes the next token if it is that unquoted word.
func (c *cursor) accept(word string) bool {
	if c.peek() != word {
		return false
	}
	c.tokens = c.tokens[1:]
	return true
}

// word consumes an unquoted word.
func (c *cursor) word(what knowledge.Text) string {
	w := c.peek()
	if w == "" {
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected " + what.En, Zh: "此处应为" + what.Zh})
		return ""
	}
	c.tokens = c.tokens[1:]
	return w
}

// text consumes a quoted text.
func (c *cursor) text(what knowledge.Text) string {
	if c.done() || !c.tokens[0].quoted {
		c.fail(textHint(), knowledge.Text{En: "expected " + what.En + " in quotes", Zh: "此处应为引号里的" + what.Zh})
		return ""
	}
	t := c.tokens[0].text
	c.tokens = c.tokens[1:]
	return t
}

// flow consumes the name of a connection with its colon; without one the connection is
// a.
func (c *cursor) flow() string {
	if w := c.peek(); len(w) > 1 && strings.HasSuffix(w, ":") {
		c.tokens = c.tokens[1:]
		return strings.TrimSuffix(w, ":")
	}
	return "a"
}

// number consumes a whole number from lowest to highest.
func (c *cursor) number(what knowledge.Text, lowest, highest int) int {
	n, err := strconv.Atoi(c.peek())
	if err != nil || n < lowest || n > highest {
		c.fail(knowledge.Text{}, knowledge.Text{
			En: fmt.Sprintf("expected %s: a number from %d to %d", what.En, lowest, highest),
			Zh: fmt.Sprintf("此处应为%s：%d 到 %d 的数", what.Zh, lowest, highest),
		})
		return 0
	}
	c.tokens = c.tokens[1:]
	return n
}

func (c *cursor) port() uint16 {
	return uint16(c.number(knowledge.Text{En: "a port", Zh: "一个端口"}, 1, 65535))
}

// longest is the longest time that a script may wait.
const longest = time.Hour

func parseDuration(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= longest
}

func (c *cursor) duration() time.Duration {
	d, ok := parseDuration(c.peek())
	if !ok {
		c.fail(knowledge.Text{En: "durations look like 300ms, 1.5s or 2m", Zh: "时长的写法如 300ms、1.5s 或 2m"},
			knowledge.Text{En: fmt.Sprintf("expected a duration of at most %v", longest), Zh: fmt.Sprintf("此处应为时长，最长 %v", longest)})
		return 0
	}
	c.tokens = c.tokens[1:]
	return d
}

// interval consumes 2s, which means 0 to 2 s, or 1s..2s.
func (c *cursor) interval() testbed.Range {
	low, high, both := strings.Cut(c.peek(), "..")
	if !both {
		return testbed.Range{Max: c.duration()}
	}
	from, ok1 := parseDuration(low)
	to, ok2 := parseDuration(high)
	if !ok1 || !ok2 || to < from {
		c.fail(knowledge.Text{En: "intervals look like 900ms..2s", Zh: "时间区间的写法如 900ms..2s"},
			knowledge.Text{En: "expected an interval of durations", Zh: "此处应为时间区间"})
		return testbed.Range{}
	}
	c.tokens = c.tokens[1:]
	return testbed.Range{Min: from, Max: to}
}

// within consumes the word within and an interval, if that is next.
func (c *cursor) within() testbed.Range {
	if !c.accept("within") {
		return testbed.Range{}
	}
	return c.interval()
}

// end reports an error if tokens are left.
func (c *cursor) end() {
	if !c.done() {
		left := strconv.Quote(c.tokens[0].text)
		c.fail(knowledge.Text{}, knowledge.Text{En: "did not expect " + left + " here", Zh: "此处不应有 " + left})
	}
}
