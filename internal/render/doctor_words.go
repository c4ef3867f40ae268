// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// doctorWords are the fixed words in a diagnosis.
type doctorWords struct {
	check, change, explains, wouldTell                                                  string
	what, evidence, formula, threshold, excluded                                        string
	inApp, inKernel, sources, compared                                                  string
	notJudged, judged, judgedOne, oneReading, window, nothing, where                    string
	hostWide, kernel, sockets, passed, facts, derivation                                string
	because, table, states, count                                                       string
	whose, local, from, remote, sharers, also, among, now, later, cost, more, emergency string
	healthy, unsure, comma, colon, listed                                               string
	plan                                                                                string
	ignored, ignoredCount, expired, until, notJudgedMany, asAbove, folded               string
}

func wordsOfDoctor(lang knowledge.Lang) doctorWords {
	if lang == knowledge.Chinese {
		return doctorWords{
			check: "验证：", change: "调整：", explains: "由此引起：", wouldTell: "能进一步判断：",
			what: "规则：", evidence: "证据：", formula: "公式：", threshold: "阈值：", excluded: "已排除：",
			inApp: "应用侧：", inKernel: "内核侧：", sources: "依据：", compared: "阈值 ",
			notJudged: "未判断：", judged: "%d 条规则：%d 条有发现，%d 条无问题，%d 条未判断", judgedOne: "%d 条规则：%d 条有发现，%d 条无问题，%d 条未判断", oneReading: "只读取了一次", window: "观察 %.1f 秒",
			nothing: "未发现问题", where: "%s：", hostWide: "整台主机", kernel: "内核", sockets: "%s 个套接字%.0s", passed: "无问题的规则：", facts: "所需数据：",
			whose: "归属：", local: "本端 %s", from: "源地址 %s", remote: "对端 %s", sharers: "%d 个进程都打开着", also: "%s 也打开着它，但不 accept", among: "%s 都打开着它；看不出由谁 accept", now: "现在：", later: "以后：", cost: "代价：", more: "更多：", emergency: "应急：",
			healthy: "没有问题", unsure: "可读部分未发现问题", comma: "，", colon: "：", listed: "、",
			plan:    "以上参数调整可生成计划，供查看和应用：",
			ignored: "已忽略：", ignoredCount: "%d 个已忽略", expired: "忽略已到期，重新计入：", until: "至 %s", notJudgedMany: "%d 条，其中 %d 条是因为%s（逐条见 -v）", asAbove: "同上面的 %s", folded: "还有 %[2]d 条 %[1]s（逐条见 -v）",
			derivation: "推导", because: "：%s", table: "各状态的套接字", states: "状态", count: "数量",
		}
	}
	return doctorWords{
		check: "check: ", change: "change: ", explains: "explains ", wouldTell: "would tell more: ",
		what: "rule: ", evidence: "evidence: ", formula: "formula: ", threshold: "threshold: ", excluded: "excluded: ",
		inApp: "in the application: ", inKernel: "in the kernel: ", sources: "sources: ", compared: "threshold ",
		notJudged: "not judged: ", judged: "%d rules: %d found something, %d found nothing, %d not judged", judgedOne: "%d rule: %d found something, %d found nothing, %d not judged", oneReading: "one reading", window: "watched for %.1f s",
		nothing: "nothing found", where: "%s: ", hostWide: "whole host", kernel: "kernel", sockets: "%s socket%s", passed: "rules that found nothing: ", facts: "facts: ",
		whose: "whose: ", local: "at %s", from: "from %s", remote: "to %s", sharers: "open in %d processes", also: "not accepting: %s", among: "open in %s; who of them accepts cannot be told", now: "now: ", later: "later: ", cost: "cost: ", more: "more: ", emergency: "in an emergency: ",
		healthy: "nothing wrong", unsure: "nothing found in what could be read", comma: ", ", colon: ": ", listed: ", ",
		plan:    "the changes above as a plan to read and apply: ",
		ignored: "ignored: ", ignoredCount: "%d ignored", expired: "no longer ignored, its day is over: ", until: "until %s", notJudgedMany: "%d rules, %d of them because: %s (-v names each)", asAbove: "as said of %s above", folded: "%s: %d more (-v shows each)",
		derivation: "derivation", because: ": %s", table: "sockets by state", states: "state", count: "count",
	}
}

// severityWord returns one short word for a severity, for the start of a line.
func severityWord(s diagnose.Severity, lang knowledge.Lang) string {
	if lang == knowledge.Chinese {
		return doctorSeverity(s).Zh
	}
	return doctorSeverity(s).En
}

func doctorSeverity(s diagnose.Severity) knowledge.Text {
	switch s {
	case diagnose.Critical:
		return knowledge.Text{En: "CRIT", Zh: "严重"}
	case diagnose.Warning:
		return knowledge.Text{En: "WARN", Zh: "警告"}
	case diagnose.Notice:
		return knowledge.Text{En: "NOTICE", Zh: "提示"}
	case diagnose.Info:
		return knowledge.Text{En: "INFO", Zh: "信息"}
	case diagnose.OK:
		return knowledge.Text{En: "OK", Zh: "正常"}
	default:
		return knowledge.Text{En: UnknownText, Zh: UnknownText}
	}
}

// bracketed returns a remark in brackets.
func bracketed(text string, lang knowledge.Lang) string {
	if lang == knowledge.Chinese {
		return "（" + text + "）"
	}
	return " (" + text + ")"
}

// separator returns what separates the parts of a list.
func separator(lang knowledge.Lang) string {
	if lang == knowledge.Chinese {
		return "；"
	}
	return "; "
}
