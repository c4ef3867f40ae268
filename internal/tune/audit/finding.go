// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Code is the kind of a finding.
type Code string

// The codes, the gravest first.
const (
	Harmful   Code = "HARMFUL"   // loses connections or a protection
	Invalid   Code = "INVALID"   // the kernel refuses it
	Dead      Code = "DEAD"      // the parameter is gone, or does nothing any more
	Wrong     Code = "WRONG"     // means something other than it seems to
	Lowers    Code = "LOWERS"    // meant to raise a limit, but lowers today's default
	Drift     Code = "DRIFT"     // the host has another value
	Differs   Code = "DIFFERS"   // two programs read it differently
	Unknown   Code = "UNKNOWN"   // there is no such parameter
	Syntax    Code = "SYNTAX"    // not in the form that the programs read
	Duplicate Code = "DUPLICATE" // set again elsewhere
	Scope     Code = "SCOPE"     // does not apply where it seems to
	NoOp      Code = "NO-OP"     // changes nothing
)

// Codes returns all codes with their meaning and their highest severity.
func Codes() []CodeDoc {
	return []CodeDoc{
		{Harmful, diagnose.Critical, knowledge.Text{En: "loses connections or gives up a protection", Zh: "会丢连接或失去保护"}},
		{Invalid, diagnose.Critical, knowledge.Text{En: "the kernel refuses the value", Zh: "内核会拒绝这个值"}},
		{Dead, diagnose.Warning, knowledge.Text{En: "the parameter was removed or renamed, or has no effect any more", Zh: "参数已删除、改名或不再起作用"}},
		{Wrong, diagnose.Warning, knowledge.Text{En: "the kernel accepts the value, but it means something else", Zh: "内核会接受，但含义并非如此"}},
		{Lowers, diagnose.Warning, knowledge.Text{En: "an old recipe lowers a newer default", Zh: "旧配方反而调低了新的默认值"}},
		{Drift, diagnose.Warning, knowledge.Text{En: "the value of this host is not that of the files", Zh: "本机当前值与文件不一致"}},
		{Differs, diagnose.Warning, knowledge.Text{En: "procps and systemd-sysctl make something different of it", Zh: "procps 与 systemd-sysctl 的处理结果不同"}},
		{Unknown, diagnose.Warning, knowledge.Text{En: "there is no such parameter", Zh: "没有这个参数"}},
		{Syntax, diagnose.Warning, knowledge.Text{En: "not in the form that the programs read", Zh: "写法有误"}},
		{Duplicate, diagnose.Warning, knowledge.Text{En: "the parameter is set again, and the later line wins", Zh: "同一参数重复设置，后面的生效"}},
		{Scope, diagnose.Warning, knowledge.Text{En: "does not reach containers, or cannot be set in one", Zh: "不影响容器，或在容器里无法设置"}},
		{NoOp, diagnose.Notice, knowledge.Text{En: "changes nothing", Zh: "不改变任何东西"}},
	}
}

// CodeDoc documents a code.
type CodeDoc struct {
	Code     Code
	Severity diagnose.Severity
	Text     knowledge.Text
}

// A Finding is a remark about a line.
type Finding struct {
	Code     Code
	Severity diagnose.Severity
	File     string
	Line     int
	Key      string
	Value    string         // as written; "" if the line assigns nothing
	Text     string         // the line as written
	Message  knowledge.Text // what is wrong, without a full stop
	Do       knowledge.Text // what to do, a sentence; may be ""
	Source   string         // the source of the statement; may be ""
	See      []string       // further reading, see [knowledge.Sysctl]
}

// Sentence returns what is wrong and what to do.
func (f *Finding) Sentence(lang knowledge.Lang) string {
	if lang == knowledge.Chinese {
		return f.Message.Zh + "。" + f.Do.Zh
	}
	return strings.TrimRight(f.Message.En+". "+f.Do.En, " ")
}

// severity is the usual severity of a code.
func (c Code) severity() diagnose.Severity {
	for _, doc := range Codes() {
		if doc.Code == c {
			return doc.Severity
		}
	}
	return diagnose.Unknown
}
