// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"regexp"
	"strings"
)

// Term writes a name that is not of the kernel in a language: of a number that a
// finding rests on, of a fact that was missing, of what a gap is in. Those names are
// English, as JSON has them; what is no such name is returned as it is.
func Term(name string, lang Lang) string {
	if lang != Chinese {
		return name
	}
	if zh, ok := terms()[name]; ok {
		return zh
	}
	number := regexp.MustCompile(`\d+`)
	digits := number.FindString(name)
	if zh, ok := terms()[number.ReplaceAllString(name, "N")]; ok && digits != "" {
		return strings.Replace(zh, "N", digits, 1)
	}
	return name
}

// terms are the Chinese of each; N is a number.
func terms() map[string]string {
	return map[string]string{
		// What findings rest on.
		"CLOSE_WAIT at both readings":                     "两次读取时都在的 CLOSE_WAIT",
		"CLOSE_WAIT without an inode":                     "没有 inode 的 CLOSE_WAIT",
		"CLOSING with a zero window":                      "零窗口的 CLOSING",
		"ESTABLISHED of which no byte was read":           "一个字节都没有被读取的 ESTABLISHED",
		"ESTABLISHED without a process at both readings":  "两次读取时都没有进程的 ESTABLISHED",
		"ESTABLISHED, idle without a timer":               "空闲且没有定时器的 ESTABLISHED",
		"ESTABLISHED, sent again N times":                 "已重传 N 次的 ESTABLISHED",
		"FIN_WAIT1 with a zero window":                    "零窗口的 FIN_WAIT1",
		"FIN_WAIT2 at both readings":                      "两次读取时都在的 FIN_WAIT2",
		"FIN_WAIT2 that are closed here":                  "本端已关闭的 FIN_WAIT2",
		"LAST_ACK at the third retransmission":            "已第三次重传的 LAST_ACK",
		"LAST_ACK with a zero window":                     "零窗口的 LAST_ACK",
		"ListenDrops that no queue explains":              "没有队列能解释的 ListenDrops",
		"SYN_RECV at both readings":                       "两次读取时都在的 SYN_RECV",
		"SYN_RECV of the listener":                        "该监听套接字的 SYN_RECV",
		"SYN_SENT sent again":                             "SYN 已重发的 SYN_SENT",
		"SYNs dropped at a full SYN queue":                "因半连接队列满而丢弃的 SYN",
		"SYNs that never complete, if all are dead":       "若全是死连接，永不完成的 SYN",
		"Send-Q of closed connections":                    "已关闭连接的 Send-Q",
		"TCP sockets in no table":                         "不在任何表中的 TCP 套接字",
		"TIME_WAIT of port N":                             "端口 N 的 TIME_WAIT",
		"bound":                                           "已绑定",
		"closed first":                                    "先关闭的",
		"closed first by this side":                       "由本端先关闭的",
		"closes":                                          "关闭",
		"closes with unread data":                         "留有未读数据的关闭",
		"closes, at least":                                "关闭（至少）",
		"connect() that failed at once":                   "立即失败的 connect()",
		"connect() that failed at once, a second":         "每秒立即失败的 connect()",
		"connections":                                     "连接",
		"counts by state":                                 "按状态的计数",
		"listing":                                         "列表",
		"netstat (BSD, macOS)":                            "BSD、macOS 的 netstat",
		"netstat (Windows)":                               "Windows 的 netstat",
		"table":                                           "表格",
		"connections opened":                              "新建的连接",
		"connections, at least":                           "连接（至少）",
		"sent again":                                      "重发的报文段",
		"descriptors open":                                "已打开的描述符",
		"destinations":                                    "目标",
		"entries of closed connections":                   "已关闭连接的表项",
		"failed":                                          "失败",
		"free ports":                                      "空闲端口",
		"full segment":                                    "完整报文段",
		"growth":                                          "增长",
		"inferred to be bound":                            "推断为已绑定",
		"kernel parameters that are not at their default": "不是默认值的内核参数",
		"kernel parameters that differ from their file":   "与文件不同的内核参数",
		"left for bind()":                                 "bind() 还能用的",
		"limit of the accept queue":                       "全连接队列的上限",
		"line":                                            "行",
		"listeners in the range":                          "范围内的监听套接字",
		"their sockets":                                   "它们的套接字",
		"mean time in FIN_WAIT1":                          "FIN_WAIT1 的平均停留时间",
		"mean time in FIN_WAIT1, at most":                 "FIN_WAIT1 的平均停留时间（至多）",
		"memory":                                          "内存",
		"most retransmissions of a SYN":                   "单个 SYN 最多的重传次数",
		"network namespaces not read":                     "未读取的网络命名空间",
		"never sent":                                      "从未发出",
		"numbered beyond the limit":                       "编号超过上限的",
		"of one network":                                  "来自同一网络",
		"overflows of the listener, at most":              "该监听套接字的溢出（至多）",
		"ports taken":                                     "已占用的端口",
		"ports that are bound":                            "已绑定的端口",
		"ports that connections have":                     "被连接占用的端口",
		"read meanwhile, with data waiting":               "其间读取过的有数据等待的连接",
		"resets by this program":                          "该程序发出的重置",
		"resets for no connection":                        "不属于任何连接的重置",
		"retransmitting at both readings":                 "两次读取时都在重传",
		"runs out in":                                     "耗尽于",
		"share of CLOSING":                                "CLOSING 的占比",
		"share of TIME_WAIT with a listener":              "属于监听端口的 TIME_WAIT 占比",
		"share of connect()":                              "connect() 的占比",
		"share of connections":                            "连接的占比",
		"share of segments":                               "报文段的占比",
		"connections that wait for an answer":             "等待应答的连接数",
		"segments with a wrong signature":                 "签名错误的报文段数",
		"share of cookies that came back":                 "cookie 返回的占比",
		"share of ends":                                   "连接结束的占比",
		"share of local ports at this rate":               "按此速率占用的本地端口比例",
		"share of ports":                                  "端口的占比",
		"share of ports that are bound":                   "已绑定端口的占比",
		"share of segments sent again":                    "重传报文段的占比",
		"share of what came in":                           "占收到的报文段",
		"share of tcp_max_tw_buckets at this rate":        "按此速率占用的 tcp_max_tw_buckets 比例",
		"share of the descriptors that it may have":       "占其描述符上限的比例",
		"share of those whose life was seen":              "占看到全程的连接的比例",
		"short-lived connections":                         "短连接",
		"subflows":                                        "子流",
		"that have waited for over N s":                   "已等待超过 N 秒的",
		"their peers' CLOSE_WAIT are here":                "对端的 CLOSE_WAIT 就在本机",
		"unacknowledged":                                  "未确认",
		"unread":                                          "未读",
		"waiting for accept()":                            "等待 accept()",
		"waiting to send, window open":                    "窗口未关、等待发送",
		"window":                                          "观察窗口",
		"with a zero window":                              "零窗口",

		// What was missing.
		"/proc/PID/fd of TCP":               "/proc/PID/fd 中的 TCP",
		"CLOSE_WAIT that wait for accept()": "等待 accept() 的 CLOSE_WAIT",
		"backlog":                           "全连接队列上限",
		"half-open connections":             "半连接",
		"kernel parameters":                 "内核参数",
		"configuration files":               "配置文件",
		"kind":                              "内核对象种类",
		"last data of ESTABLISHED":          "ESTABLISHED 最近一次收发的时间",
		"listeners":                         "监听套接字",
		"network namespaces":                "网络命名空间",
		"owners of CLOSE_WAIT":              "CLOSE_WAIT 的所有者",
		"owners of CLOSE_WAIT of MPTCP":     "MPTCP 的 CLOSE_WAIT 的所有者",
		"owners of ESTABLISHED":             "ESTABLISHED 的所有者",
		"owners of FIN_WAIT2":               "FIN_WAIT2 的所有者",
		"ports":                             "端口",
		"retransmissions of ESTABLISHED":    "ESTABLISHED 的重传",
		"retransmissions of FIN_WAIT1":      "FIN_WAIT1 的重传",
		"retransmissions of LAST_ACK":       "LAST_ACK 的重传",
		"retransmissions of SYN_SENT":       "SYN_SENT 的重传",
		"timers":                            "定时器",
		"FIN_WAIT2 that are closed":         "已关闭的 FIN_WAIT2",
		"timers of closed connections":      "已关闭连接的定时器",
		"timers of open connections":        "打开的连接的定时器",
		"trace":                             "跟踪",
		"unread data of ESTABLISHED":        "ESTABLISHED 未读的数据",

		// What gaps are in, where the system said the rest.
		"cgroups":                               "cgroup",
		"network namespace N":                   "网络命名空间 N",
		"other files that set the same":         "设置同一参数的其他文件",
		"processes":                             "进程",
		"users":                                 "用户名",
		"retransmissions of single connections": "单个连接的重传",
		"subflows of MPTCP":                     "MPTCP 的子流",
	}
}
