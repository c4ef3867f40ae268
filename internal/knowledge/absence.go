// SPDX-License-Identifier: Apache-2.0

package knowledge

// An Absence is why a fact is missing: a code, and the system's own words where they are the
// reason.
type Absence struct {
	Code   AbsenceCode
	Detail Text
}

// AbsenceCode is a reason for which a fact is not there.
type AbsenceCode string

// The reasons.
const (
	AbsentUnknown   AbsenceCode = ""             // nobody knows
	AbsentFailed    AbsenceCode = "failed"       // reading it failed, or what was read could not be understood: Detail
	AbsentDenied    AbsenceCode = "denied"       // it may not be read: Detail
	AbsentHere      AbsenceCode = "not here"     // this kernel does not have it
	AbsentParameter AbsenceCode = "no parameter" // this kernel does not have the parameter
	AbsentCounter   AbsenceCode = "not counted"  // this kernel does not count it
	AbsentConntrack AbsenceCode = "no conntrack" // the module is not loaded
	AbsentInitial   AbsenceCode = "initial only" // only the first network namespace shows it
	AbsentSaved     AbsenceCode = "not saved"    // the snapshot does not have it
	AbsentLive      AbsenceCode = "live only"    // only the live host shows it
	AbsentListing   AbsenceCode = "listing"      // a listing has no facts
	AbsentCostly    AbsenceCode = "too many"     // too many connections to look at each unasked
	AbsentFiles     AbsenceCode = "open files"   // older kernels do not tell how many files a process has open
	AbsentRows      AbsenceCode = "not of rows"  // the source does not show it of single sockets
)

// Text says it in a few words.
func (a Absence) Text() Text {
	switch a.Code {
	case AbsentFailed:
		return Text{En: a.Detail.En, Zh: "读取失败：" + a.Detail.Zh}
	case AbsentDenied:
		return Text{En: "it may not be read here: " + a.Detail.En, Zh: "此处无权读取：" + a.Detail.Zh}
	case AbsentHere:
		return Text{En: "this kernel does not have it", Zh: "此内核没有该项"}
	case AbsentParameter:
		return Text{En: "this kernel does not have the parameter", Zh: "此内核没有该参数"}
	case AbsentCounter:
		return Text{En: "this kernel does not count it", Zh: "此内核不统计该项"}
	case AbsentConntrack:
		return Text{En: "conntrack is not loaded here", Zh: "此处未加载 conntrack"}
	case AbsentInitial:
		return Text{En: "only the host's own network namespace shows it", Zh: "只有主机自己的网络命名空间才能看到"}
	case AbsentSaved:
		return Text{En: "the snapshot does not have it", Zh: "快照中没有该项"}
	case AbsentLive:
		return Text{En: "only the live host shows it", Zh: "只有在运行中的主机上才能看到"}
	case AbsentListing:
		return Text{En: "a listing has no counters and no kernel parameters", Zh: "列表中没有计数器和内核参数"}
	case AbsentCostly:
		return Text{En: "more than 100,000 connections: --deep looks at each", Zh: "连接超过 100,000 个：--deep 会逐个查看"}
	case AbsentFiles:
		return Text{En: "this kernel does not tell how many files a process has open (Linux 6.2 does)", Zh: "此内核不显示进程打开了多少文件（Linux 6.2 起显示）"}
	case AbsentRows:
		return Text{En: "this source does not show it of single sockets", Zh: "该数据来源不显示单个套接字的这项信息"}
	default:
		return Text{En: "not known here", Zh: "此处未知"}
	}
}
