// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// exitCodesTopic returns the page of exit codes, for users without the documentation.
func exitCodesTopic() knowledge.Topic {
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "exit-codes", Aliases: []string{"exit code", "exit status", "return codes", "退出码", "返回码"},
		Title: knowledge.Text{En: "What do the exit codes mean?", Zh: "退出码是什么意思？"},
		See:   []string{"fields", "glossary"},
	}
	codes := knowledge.Section{Heading: knowledge.Text{En: "Codes", Zh: "退出码"}}
	for _, c := range exitCodes() {
		codes.Statements = append(codes.Statements, knowledge.Statement{
			Text:   knowledge.Text{En: fmt.Sprintf("%d: %s.", c.code, c.means.En), Zh: fmt.Sprintf("%d：%s。", c.code, c.means.Zh)},
			Source: "tcpvitals(1)",
		})
	}
	others := knowledge.Section{Heading: knowledge.Text{En: "Besides", Zh: "另外"}, Statements: []knowledge.Statement{{
		Text: knowledge.Text{
			En: "tcpvitals check has those of monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Scripts that only ask for an answer take 0, 3 and 4 for yes.",
			Zh: "tcpvitals check 用监控插件的退出码：0 OK，1 WARNING，2 CRITICAL，3 UNKNOWN。只关心有没有结果的脚本可把 0、3、4 都当作有。",
		}, Source: "tcpvitals(1)",
	}}}
	t.Sections = []knowledge.Section{codes, others}
	return t
}

// exitCodes returns the exit codes, each with its condition.
func exitCodes() []struct {
	code  int
	means knowledge.Text
} {
	return []struct {
		code  int
		means knowledge.Text
	}{
		{exitOK, knowledge.Text{En: "the answer is complete, or as complete as can be told", Zh: "结果完整，或在可知范围内完整"}},
		{exitFailure, knowledge.Text{En: "a failure without a code of its own, such as a missing file", Zh: "没有专门退出码的失败，例如文件不存在"}},
		{exitUsage, knowledge.Text{En: "called wrongly: an unknown command or flag, a filter that cannot be read, words that explain does not know", Zh: "用法错误：未知的命令或选项、无法解析的过滤条件、explain 没有的内容"}},
		{exitPartial, knowledge.Text{En: "an answer was given, but data was lost on the way; it says what", Zh: "给出了结果，但途中丢失了数据；结果里会说明"}},
		{exitFindings, knowledge.Text{En: "doctor or tune audit found something at or above --fail-on", Zh: "doctor 或 tune audit 发现了达到 --fail-on 的问题"}},
		{exitPermission, knowledge.Text{En: "refused by the system; the message names the capability that is missing", Zh: "被系统拒绝；提示中会说明缺少的权限"}},
		{exitUnsupported, knowledge.Text{En: "this kernel or system does not have what was asked for", Zh: "这个内核或系统没有所要求的功能"}},
		{exitNothing, knowledge.Text{En: "kill: no socket matches", Zh: "kill：没有套接字匹配"}},
		{exitRefused, knowledge.Text{En: "kill left alone some or all of what matches, or tune plan planned nothing of what --set or a file asks for; the answer says why", Zh: "kill 没有关闭部分或全部匹配项，或 tune plan 没有采纳 --set 或文件中的任何要求；结果会说明原因"}},
		{exitInterrupted, knowledge.Text{En: "ended by Ctrl-C, SIGTERM or SIGHUP", Zh: "被 Ctrl-C、SIGTERM 或 SIGHUP 结束"}},
	}
}
