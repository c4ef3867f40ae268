// SPDX-License-Identifier: Apache-2.0

package render

import (
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// doctorWords are the words around findings.
type doctorWords struct {
	check, change, explains, owner, wouldTell             string
	what, evidence, formula, threshold, excluded          string
	inApp, inKernel, sources, compared                    string
	notJudged, judged, oneReading, window, nothing, where string
	hostWide, kernel, sockets, passed, facts, derivation  string
	because, table, states, count                         string
}

func wordsOfDoctor(lang knowledge.Lang) doctorWords {
	if lang == knowledge.Chinese {
		return doctorWords{
			check: "验证：", change: "调整：", explains: "由此引起：", owner: "所有者：", wouldTell: "能进一步判断：",
			what: "规则：", evidence: "证据：", formula: "公式：", threshold: "阈值：", excluded: "已排除：",
			inApp: "应用侧：", inKernel: "内核侧：", sources: "依据：", compared: "阈值 ",
			notJudged: "未判断：", judged: "%d 条规则：%d 条有发现，%d 条无问题，%d 条未判断", oneReading: "只读取了一次", window: "观察 %.1f 秒",
			nothing: "未发现问题", where: "%s：", hostWide: "整台主机", kernel: "内核", sockets: "%s 个套接字%.0s", passed: "无问题的规则：", facts: "所需数据：",
			derivation: "推导", because: "：%s", table: "各状态的套接字", states: "状态", count: "数量",
		}
	}
	return doctorWords{
		check: "check: ", change: "change: ", explains: "explains ", owner: "owner: ", wouldTell: "would tell more: ",
		what: "rule: ", evidence: "evidence: ", formula: "formula: ", threshold: "threshold: ", excluded: "excluded: ",
		inApp: "in the application: ", inKernel: "in the kernel: ", sources: "sources: ", compared: "threshold ",
		notJudged: "not judged: ", judged: "%d rules: %d found something, %d found nothing, %d not judged", oneReading: "one reading", window: "watched for %.1f s",
		nothing: "nothing found", where: "%s: ", hostWide: "whole host", kernel: "kernel", sockets: "%s socket%s", passed: "rules that found nothing: ", facts: "facts: ",
		derivation: "derivation", because: ": %s", table: "sockets by state", states: "state", count: "count",
	}
}

// severityWord is a severity in one short word for the start of a line.
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
		return knowledge.Text{En: "NOTICE", Zh: "留意"}
	case diagnose.Info:
		return knowledge.Text{En: "INFO", Zh: "信息"}
	case diagnose.OK:
		return knowledge.Text{En: "OK", Zh: "正常"}
	default:
		return knowledge.Text{En: UnknownText, Zh: UnknownText}
	}
}

// separator stands between the parts of a list.
func separator(lang knowledge.Lang) string {
	if lang == knowledge.Chinese {
		return "；"
	}
	return "; "
}
