// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// tuneWord returns a text in a language.
func tuneWord(lang knowledge.Lang, en, zh string) string {
	return knowledge.Text{En: en, Zh: zh}.In(lang)
}

// A tuneTeller prints changes in the user's language.
type tuneTeller struct {
	env  *Env
	lang knowledge.Lang
}

// teller returns a tuneTeller for the language of --lang.
func (o TunePlaces) teller(env *Env) (tuneTeller, error) {
	lang, err := language(env, o.Lang)
	return tuneTeller{env, lang}, err
}

// text returns a sentence with values. Both languages take the values in the same
// order, unless the Chinese one numbers them.
func (t tuneTeller) text(en, zh string, values ...any) string {
	return fmt.Sprintf(tuneWord(t.lang, en, zh), values...)
}

// say prints a sentence as a line.
func (t tuneTeller) say(en, zh string, values ...any) error {
	return lines(t.env, t.text(en, zh, values...))
}

// state returns the words for a state.
func (t tuneTeller) state(s change.State) string { return s.Text().In(t.lang) }

// step returns the words for a step of the journal.
func (t tuneTeller) step(name string) string {
	zh := map[string]string{
		"begin": "开始", "write": "写入", "applied": "已应用", "persist": "写文件", "confirmed": "已确认", "not-persisted": "文件未写成",
		"restore": "恢复", "kept": "未恢复", "restored": "已恢复",
	}[name]
	if zh == "" {
		zh = name
	}
	return tuneWord(t.lang, name, zh)
}

// by returns the words for who took a change back.
func (t tuneTeller) by(who change.By) string {
	zh := map[change.By]string{
		change.ByUser: "撤回命令", change.ByFailure: "应用失败", change.ByGuard: "超时未确认", change.ByRecovery: "中断后恢复", change.ByReboot: "重启", change.ByEnd: "命名空间结束",
	}[who]
	if zh == "" {
		zh = string(who)
	}
	return tuneWord(t.lang, string(who), zh)
}

// file returns the words for the state of the file of a confirmed change.
func (t tuneTeller) file(s change.FileState) string {
	zh := map[change.FileState]string{change.FileThere: "在", change.FileMissing: "不在了", change.FileEdited: "被编辑过"}[s]
	if zh == "" {
		zh = string(s)
	}
	return tuneWord(t.lang, string(s), zh)
}

// verdict returns the words for whether a change helped.
func (t tuneTeller) verdict(v change.Verdict) string {
	zh := map[change.Verdict]string{
		change.Helped: "有效", change.NoEffect: "无效果", change.Worse: "变差", change.CannotTell: "无法判断",
		change.NothingAsked: "没有诊断结论要求它，因此没有可比较的", change.NotInForce: "未生效",
	}[v]
	if zh == "" {
		zh = string(v)
	}
	en := string(v)
	if v == change.NothingAsked {
		en += " by a finding, so that there is nothing to compare"
	}
	return tuneWord(t.lang, en, zh)
}
