// SPDX-License-Identifier: Apache-2.0

package script

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Limits of a script, so that a typing error does not become a load test.
const (
	maxSteps = 20_000
	maxTurns = 10_000
	maxLines = 100_000 // counted again in every turn of a loop
	maxDepth = 3
	maxWidth = 1000 // bytes in a line
)

// Parse reads a .tcp file. The error is an [*Error].
func Parse(name, text string) (*Script, error) {
	p := &parser{script: &Script{Name: name}, lines: strings.Split(text, "\n")}
	for i, line := range p.lines {
		p.lines[i] = strings.TrimRight(line, "\r")
		if len(line) > maxWidth {
			p.fail(i, wrong(line[:80], 0, 80, knowledge.Text{
				En: fmt.Sprintf("this line is longer than %d bytes", maxWidth), Zh: fmt.Sprintf("这一行超过 %d 字节", maxWidth),
			}, knowledge.Text{}))
			return nil, p.err
		}
	}
	next := p.headers()
	if p.err == nil {
		p.block(next, len(p.lines), 0)
	}
	if p.err == nil && len(p.script.Steps) == 0 {
		p.fail(len(p.lines)-1, wrong("", 0, 0, knowledge.Text{En: "there are no steps", Zh: "没有任何步骤"},
			knowledge.Text{En: "headers, an empty line, then one step a line", Zh: "先是头部，空一行，然后每行一个步骤"}))
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.script, nil
}

type parser struct {
	script *Script
	lines  []string
	read   int // lines, counted again in every turn
	depth  int // of loops
	err    error
}

func (p *parser) fail(index int, err *problem.SyntaxError) {
	if p.err == nil {
		p.err = &Error{File: p.script.Name, Line: index + 1, Err: err}
	}
}

// headers reads up to the first empty line and returns the index after it. If the
// first line is not a header, the file has no headers.
func (p *parser) headers() (next int) {
	for i, line := range p.lines {
		trimmed := strings.TrimSpace(line)
		key, value, found := strings.Cut(line, ":")
		switch {
		case trimmed == "":
			return i + 1
		case strings.HasPrefix(trimmed, "#"):
			continue
		case !found || strings.ContainsAny(key, " \t\""):
			if len(p.script.Headers) > 0 {
				p.fail(i, wrong(line, 0, len(line), knowledge.Text{En: "expected a header or an empty line", Zh: "此处应为头部或空行"},
					knowledge.Text{En: "headers look like title: The last ACK is lost", Zh: "头部的写法如 title: The last ACK is lost"}))
			}
			return i
		}
		p.script.Headers = append(p.script.Headers, Header{Line: i + 1, Key: key, Value: strings.TrimSpace(value)})
	}
	return len(p.lines)
}

// block parses the lines from first up to end, in one turn of a loop.
func (p *parser) block(first, end, turn int) {
	for i := first; i < end && p.err == nil; i++ {
		line := p.lines[i]
		if p.read++; p.read > maxLines {
			p.fail(i, wrong(line, 0, len(line), knowledge.Text{
				En: fmt.Sprintf("the loops take more than %d lines", maxLines), Zh: fmt.Sprintf("循环展开后超过 %d 行", maxLines),
			}, knowledge.Text{}))
			return
		}
		if turn != 0 {
			line = strings.ReplaceAll(line, "$n", strconv.Itoa(turn))
		}
		c := newCursor(line)
		switch {
		case c.err == nil && c.accept("repeat"):
			i = p.loop(c, i, end)
		case c.err == nil && c.done(): // empty, or a comment
		default:
			p.step(c, i, turn)
		}
	}
}

// loop unrolls repeat N ... end and returns the index of its end.
func (p *parser) loop(c *cursor, at, end int) (last int) {
	turns := c.number(knowledge.Text{En: "the number of turns", Zh: "循环次数"}, 1, maxTurns)
	c.end()
	if p.depth++; p.depth > maxDepth {
		c.failAt(0, len(c.src), knowledge.Text{
			En: fmt.Sprintf("loops are nested at most %d deep", maxDepth), Zh: fmt.Sprintf("循环最多嵌套 %d 层", maxDepth),
		}, knowledge.Text{})
	}
	defer func() { p.depth-- }()
	if c.err != nil {
		p.fail(at, c.err)
		return end
	}
	last = p.matching(at, end)
	if last < 0 {
		p.fail(at, wrong(c.src, 0, len(c.src), knowledge.Text{En: "this loop has no end", Zh: "这个循环没有结尾"},
			knowledge.Text{En: "close it with a line that says end", Zh: "请用一行 end 结束它"}))
		return end
	}
	for turn := 1; turn <= turns && p.err == nil; turn++ {
		p.block(at+1, last, turn)
	}
	return last
}

// matching returns the index of the end that belongs to the loop beginning at a line.
func (p *parser) matching(at, end int) int {
	depth := 0
	for i := at; i < end; i++ {
		switch newCursor(p.lines[i]).peek() {
		case "repeat":
			depth++
		case "end":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (p *parser) step(c *cursor, index, turn int) {
	bearing := Story
	switch {
	case c.accept("proves"):
		bearing = Proves
	case c.accept("refutes"):
		bearing = Refutes
	}
	text := c.rest()
	ops := parseStep(c)
	c.end()
	if c.err == nil && len(p.script.Steps)+len(ops) > maxSteps {
		c.failAt(0, len(c.src), knowledge.Text{
			En: fmt.Sprintf("the script is longer than %d steps", maxSteps), Zh: fmt.Sprintf("脚本超过 %d 步", maxSteps),
		}, knowledge.Text{})
	}
	if c.err != nil {
		p.fail(index, c.err)
		return
	}
	for _, op := range ops {
		p.script.Steps = append(p.script.Steps, Step{Line: index + 1, Turn: turn, Text: text, Bearing: bearing, op: op})
	}
}

// rest returns the tokens that are not parsed yet, without a comment.
func (c *cursor) rest() string {
	if c.done() {
		return ""
	}
	return c.src[c.tokens[0].start:c.tokens[len(c.tokens)-1].end]
}
