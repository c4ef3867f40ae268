// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// An argument of a tool is a text, or a whole number if it has a greatest one.
type argument struct {
	name   string
	help   knowledge.Text
	least  int
	most   int
	usual  int      // the number if none is given
	oneOf  []string // the texts that there are; nil for any
	needed bool
}

// The names of arguments.
const (
	argFilter = "filter"
	argNetns  = "netns"
	argAt     = "at"
	argWindow = "window"
	argLimit  = "limit"
	argSkip   = "skip"
	argLang   = "lang"
)

// mostText is the greatest length of a text in bytes.
const mostText = 8 << 10

func filterArgument() argument {
	return argument{name: argFilter, help: knowledge.Text{
		En: "which sockets, in the filter language of ss and more: 'state close-wait and sport = :8080', 'process = nginx and recvq > 0', 'remote in 10.0.0.0/8'; explain with words filters tells all, with words fields which fields there are",
		Zh: "哪些套接字，用 ss 的过滤语言并有扩展：'state close-wait and sport = :8080'、'process = nginx and recvq > 0'、'remote in 10.0.0.0/8'；用 explain 查 filters 和 fields",
	}}
}

func netnsArgument() argument {
	return argument{name: argNetns, help: knowledge.Text{
		En: "network namespaces: self, all, a path, a name, a process id or a container; without it, those of the server",
		Zh: "网络命名空间：self、all、路径、名称、进程号或容器；不给则按服务端的设置",
	}}
}

func atArgument() argument {
	return argument{name: argAt, help: knowledge.Text{
		En: "answer for a past time from what tcpvitalsd kept: 03:00 (the last one, local time of the host), 2026-11-30T03:00:00Z, '2h ago'",
		Zh: "从 tcpvitalsd 保存的内容回答过去某个时间：03:00（最近一次，主机本地时间）、2026-11-30T03:00:00Z、'2h ago'",
	}}
}

// windowArgument is the time between two looks in seconds.
func windowArgument(usual int) argument {
	return argument{name: argWindow, most: 60, usual: usual, help: knowledge.Text{
		En: "look twice, so many seconds apart, for rates, losses and leaks; 0 looks once",
		Zh: "隔这么多秒看两次，以得到速率、丢失和泄漏；0 表示只看一次",
	}}
}

func limitArgument(most, usual int) argument {
	return argument{name: argLimit, least: 1, most: most, usual: usual, help: knowledge.Text{En: "at most so many rows", Zh: "最多多少行"}}
}

func skipArgument() argument {
	return argument{name: argSkip, most: 1 << 20, help: knowledge.Text{En: "leave out the first rows, which an earlier answer has told", Zh: "略过前面多少行（先前已回答过的）"}}
}

func langArgument() argument {
	return argument{name: argLang, oneOf: []string{"en", "zh"}, help: knowledge.Text{En: "language of the answer: en or zh", Zh: "回答的语言：en 或 zh"}}
}

// schema returns the JSON Schema of an argument.
func (a *argument) schema(lang knowledge.Lang) map[string]any {
	s := map[string]any{"type": "string", "description": a.help.In(lang)}
	switch {
	case a.most > 0:
		s["type"], s["minimum"], s["maximum"], s["default"] = "integer", a.least, a.most, a.usual
	case a.oneOf != nil:
		s["enum"] = a.oneOf
	default:
		s["maxLength"] = mostText
	}
	return s
}

// parse reads arguments. With an error the question has the language of its answer.
func (t *tool) parse(o *Options, raw json.RawMessage) (*question, error) {
	q := &question{Options: o, given: map[string]any{}, lang: o.Lang}
	var given map[string]json.RawMessage
	if len(bytes.TrimSpace(raw)) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		if err := d.Decode(&given); err != nil && !errors.Is(err, io.EOF) {
			return q, &problem.UsageError{
				Msg: "the arguments of " + t.name + " are no JSON object: " + err.Error(), Hint: t.known().En,
				Zh: t.name + " 的参数不是 JSON 对象：" + err.Error(), HintZh: t.known().Zh,
			}
		}
	}
	var lang string
	if json.Unmarshal(given[argLang], &lang) == nil {
		if l, ok := knowledge.ParseLang(lang); ok {
			q.lang = l
		}
	}
	for name := range given {
		if !slices.ContainsFunc(t.takes, func(a argument) bool { return a.name == name }) {
			return q, t.unknown(name)
		}
	}
	for i := range t.takes {
		if err := t.takes[i].read(q, given[t.takes[i].name]); err != nil {
			return q, err
		}
	}
	return q, nil
}

// known lists the arguments of a tool.
func (t *tool) known() knowledge.Text {
	names := make([]string, len(t.takes))
	for i := range t.takes {
		names[i] = t.takes[i].name
	}
	return knowledge.Text{En: "its arguments are " + strings.Join(names, ", "), Zh: "它的参数有 " + strings.Join(names, "、")}
}

func (t *tool) unknown(name string) error {
	return &problem.UsageError{
		Msg: fmt.Sprintf("%s has no argument %q", t.name, name), Hint: t.known().En,
		Zh: fmt.Sprintf("%s 没有参数 %q", t.name, name), HintZh: t.known().Zh,
	}
}

// read reads the value of an argument; raw is empty if it was not given.
func (a *argument) read(q *question, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		if a.needed {
			return &problem.UsageError{Msg: a.name + " is missing", Hint: a.name + ": " + a.help.En, Zh: "缺少 " + a.name, HintZh: a.name + "：" + a.help.Zh}
		}
		if a.most > 0 {
			q.given[a.name] = a.usual
		}
		return nil
	}
	if a.most > 0 {
		return a.readNumber(q, raw)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil || len(text) > mostText || a.oneOf != nil && !slices.Contains(a.oneOf, text) {
		return a.wrong(raw, knowledge.Text{En: "a text of at most " + strconv.Itoa(mostText) + " bytes", Zh: "最多 " + strconv.Itoa(mostText) + " 字节的文本"})
	}
	q.given[a.name] = text
	return nil
}

func (a *argument) readNumber(q *question, raw json.RawMessage) error {
	var n float64
	if json.Unmarshal(raw, &n) != nil || n != float64(int(n)) || int(n) < a.least || int(n) > a.most {
		return a.wrong(raw, knowledge.Text{En: fmt.Sprintf("a whole number from %d to %d", a.least, a.most), Zh: fmt.Sprintf("%d 到 %d 的整数", a.least, a.most)})
	}
	q.given[a.name] = int(n)
	return nil
}

// wrong says what an argument takes.
func (a *argument) wrong(raw json.RawMessage, takes knowledge.Text) error {
	if a.oneOf != nil {
		takes = knowledge.Text{En: strings.Join(a.oneOf, " or "), Zh: strings.Join(a.oneOf, " 或 ")}
	}
	const most = 80
	shown := string(raw[:min(len(raw), most)])
	return &problem.UsageError{
		Msg: fmt.Sprintf("%s takes %s, not %s", a.name, takes.En, shown), Hint: a.name + ": " + a.help.En,
		Zh: fmt.Sprintf("%s 需要%s，而不是 %s", a.name, takes.Zh, shown), HintZh: a.name + "：" + a.help.Zh,
	}
}
