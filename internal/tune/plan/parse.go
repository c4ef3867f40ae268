// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// mark begins a line that holds a field.
const mark = "#:"

// fields are the names of a parameter's fields, in the order in which they are
// written.
const fields = "finding, measure, reason, scope, effect, check, risk, accept-risk, was"

// name matches the name of a parameter; some names contain a device.
var name = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9_-]+([./][A-Za-z0-9_:@+-]+)+$`)
})

// IsKey reports whether a plan may have a parameter of this name.
func IsKey(key string) bool {
	return len(key) < maxLine && name().MatchString(key) && audit.NormalizeKey(key) == key
}

// IsValue reports whether a value may stand in a plan, or may have been shown by the
// kernel: one line of visible characters.
func IsValue(value string) bool { return len(value) < maxLine && visible.Hidden(blanks(value)) < 0 }

// Parse reads a plan. The error names file and line and is a [*problem.SyntaxError],
// or a [*problem.InputError] if the file is not a plan at all.
func Parse(file, text string) (*Plan, error) {
	r := reader{plan: &Plan{}, seen: map[string]int{}, fields: map[string]int{}}
	for line := range strings.Lines(text) {
		r.number++
		if err := readable(ended(line), r.line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", visible.Text(file), r.number, err)
		}
	}
	switch {
	case !r.versioned:
		return nil, &problem.InputError{Name: file, Msg: "not a plan: the line \"#: tcpvitals-plan " + version + "\" is missing", Hint: command.Of("tune", "plan", command.File(file)).String() + " makes a plan of a file in sysctl.conf syntax", Zh: "不是计划：缺少这一行 \"#: tcpvitals-plan " + version + "\"", HintZh: command.Of("tune", "plan", command.File(file)).String() + " 可由 sysctl.conf 语法的文件生成计划"}
	case r.pending > 0:
		return nil, &problem.InputError{Name: file, Msg: fmt.Sprintf("line %d describes a parameter, but none follows", r.pending), Hint: "add a line KEY = VALUE, or delete the lines that begin with #:", Zh: fmt.Sprintf("第 %d 行描述了一个参数，但后面没有参数", r.pending), HintZh: "补上 KEY = VALUE 一行，或删掉以 #: 开头的那些行"}
	}
	return r.plan, nil
}

// ended removes the end of a line, of Unix or of Windows. A carriage return anywhere
// else counts as an invisible character.
func ended(line string) string {
	if text, ok := strings.CutSuffix(line, "\r\n"); ok {
		return text
	}
	return strings.TrimSuffix(line, "\n")
}

// maxLine is the greatest length of a line in bytes: no field that this program
// writes is nearly as long.
const maxLine = 4096

// readable passes a line to read if all its characters are visible, apart from tabs,
// which the kernel writes. The user agrees to a plan by reading its preview, so no
// line may hide itself or another.
func readable(line string, read func(line string) error) error {
	plain := blanks(line)
	if at := visible.Hidden(plain); at >= 0 {
		return hidden(plain, at)
	}
	if len(line) > maxLine {
		return &problem.InputError{Name: "the line", Msg: fmt.Sprintf("longer than %d bytes", maxLine), Hint: "a plan has one parameter, one field or one comment on a line", Zh: fmt.Sprintf("超过 %d 字节", maxLine), HintZh: "计划的每一行只有一个参数、一个字段或一条注释"}
	}
	return read(line)
}

// hidden returns the error about an invisible character. It quotes what surrounds the
// character.
func hidden(line string, at int) error {
	before, after := []rune(visible.Text(line[:at])), line[at:]
	const around = 40
	before = before[max(0, len(before)-around):]
	rest := []rune(visible.Text(after))
	sign := len([]rune(visible.Text(first(after))))
	rest = rest[:min(len(rest), max(around, sign))]
	src := string(before) + string(rest)
	return &problem.SyntaxError{
		Src: src, Start: len(string(before)), End: len(string(before)) + len(string(rest[:sign])),
		Msg: visible.Name(after) + " is invisible, and so has no place in a plan", Hint: "delete it; look at what else it hid",
		Zh: visible.Name(after) + " 是看不见的字符，不应出现在计划里", HintZh: "删掉它，并检查它还遮住了什么",
	}
}

// first returns the first character of s, or its first byte if that is not valid
// UTF-8.
func first(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

type reader struct {
	plan      *Plan
	next      Change // the fields read so far
	pending   int    // line of the first of them, 0 if there are none
	number    int
	versioned bool
	seen      map[string]int // by parameter: its line
	fields    map[string]int // by field of the plan and of the next parameter: its line
}

func (r *reader) line(line string) error {
	text := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(text, mark):
		return r.field(line, strings.TrimSpace(strings.TrimPrefix(text, mark)))
	case text == "" || text[0] == '#' || text[0] == ';':
		return nil
	default:
		return r.change(line, text)
	}
}

func (r *reader) field(line, text string) error {
	name, value, _ := strings.Cut(text, " ")
	value = strings.TrimSpace(value)
	if before := r.fields[name]; before > 0 {
		return wrong(line, text, fmt.Sprintf("%s stands in line %d already", name, before), "delete one of the two lines",
			fmt.Sprintf("%s 已在第 %d 行出现", name, before), "请删掉其中一行")
	}
	r.fields[name] = r.number
	switch name {
	case "tcpvitals-plan":
		r.versioned = true
		if value != version {
			return wrong(line, value, "plan version "+strconv.Quote(value)+" is unknown", "this program reads version "+version+"; make the plan anew",
				"不认识的计划版本 "+strconv.Quote(value), "本程序读取版本 "+version+"；请重新生成计划")
		}
		return nil
	case "netns":
		r.plan.Netns = value
		return nil
	}
	if r.pending == 0 {
		r.pending = r.number
	}
	return r.next.set(line, name, value)
}

// forgetFields forgets the fields of a parameter. The plan's own fields may occur
// only once in the file.
func (r *reader) forgetFields() {
	for name := range r.fields {
		if name != "tcpvitals-plan" && name != "netns" {
			delete(r.fields, name)
		}
	}
}

// set fills in a field.
func (c *Change) set(line, name, value string) error {
	switch name {
	case "was":
		c.Was, c.WasKnown = value, true
	case "finding":
		c.Finding, c.Subject, _ = strings.Cut(value, " ")
	case "measure":
		return c.setMeasure(line, value)
	case "reason":
		c.Reason = value
	case "scope":
		c.Scope = value
	case "effect":
		c.Effect = value
	case "check":
		c.Check = value
	case "risk":
		c.Risk = value
	case "accept-risk":
		c.Accepted = true
		c.Key = value // compared with the parameter below it
	default:
		return wrong(line, name, "unknown field "+strconv.Quote(name), "fields are "+fields+"; a comment begins with \"# \"",
			"没有字段 "+strconv.Quote(name), "字段有 "+fields+"；注释以 \"# \" 开头")
	}
	return nil
}

func (c *Change) setMeasure(line, text string) error {
	words := strings.Fields(text)
	if len(words) < 2 {
		return wrong(line, text, "a measure is a name, a number and a unit", "such as: measure ListenOverflows 3.5 1/s",
			"measure 由名称、数值和单位组成", "例如：measure ListenOverflows 3.5 1/s")
	}
	value, err := strconv.ParseFloat(words[1], 64)
	if err != nil {
		return wrong(line, words[1], strconv.Quote(words[1])+" is no number", "such as: measure ListenOverflows 3.5 1/s",
			strconv.Quote(words[1])+" 不是数值", "例如：measure ListenOverflows 3.5 1/s")
	}
	c.Measure = &Measure{Name: words[0], Value: value, Unit: strings.Join(words[2:], " ")}
	return nil
}

func (r *reader) change(line, text string) error {
	key, value, ok := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case !ok:
		return wrong(line, text, "neither a comment nor KEY = VALUE", "write the parameter as: net.core.somaxconn = 8192",
			"既不是注释，也不是 KEY = VALUE", "参数应写成：net.core.somaxconn = 8192")
	case strings.HasPrefix(key, "-"):
		return wrong(line, key, "a plan does not ignore errors", "write the key without \"-\"; what does not exist is told before anything is written",
			"计划不会忽略错误", "请去掉参数名前的 \"-\"；不存在的参数在写入之前就会指出")
	}
	written := key
	key = audit.NormalizeKey(key)
	if !IsKey(key) {
		return wrong(line, written, strconv.Quote(written)+" is no name of a parameter", "patterns are not expanded: name each parameter",
			strconv.Quote(written)+" 不是参数名", "不展开通配符：请逐个写出参数")
	}
	if before := r.seen[key]; before > 0 {
		return wrong(line, text, fmt.Sprintf("%s stands in line %d already", key, before), "delete one of the two lines",
			fmt.Sprintf("%s 已在第 %d 行出现", key, before), "请删掉其中一行")
	}
	if r.next.Accepted && audit.NormalizeKey(r.next.Key) != key {
		return wrong(line, text, "accept-risk names "+r.next.Key+", but "+key+" follows", "write: #: accept-risk "+key,
			"accept-risk 写的是 "+r.next.Key+"，后面却是 "+key, "应写成：#: accept-risk "+key)
	}
	r.seen[key] = r.number
	r.next.Key, r.next.Value, r.next.Line = key, oneLine(value), r.number
	r.plan.Changes = append(r.plan.Changes, r.next)
	r.next, r.pending = Change{}, 0
	r.forgetFields()
	return nil
}

func wrong(line, part, msg, hint, zh, hintZh string) error {
	start := max(0, strings.Index(line, part))
	return &problem.SyntaxError{Src: line, Start: start, End: min(len(line), start+len(part)), Msg: msg, Hint: hint, Zh: zh, HintZh: hintZh}
}
