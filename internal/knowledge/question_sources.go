// SPDX-License-Identifier: Apache-2.0

package knowledge

// whySourcesDisagree tells why sock_diag, sockstat, snmp and netstat name
// different numbers for the same host.
func whySourcesDisagree() Topic {
	return question{
		name:    "why-sources-disagree",
		aliases: []string{"reconciliation", "sockstat netstat differ", "ss -s differs", "对账", "数字不一致", "数据对不上"},
		ask:     Text{"Why do ss, netstat, sockstat and snmp show different numbers?", "为什么 ss、netstat、sockstat、snmp 的数字对不上？"},
		short: []Statement{
			say("They count different things, some of them for the whole host, and not at the same moment. tcpvitals census -v sets them side by side and says what each difference consists of.",
				"它们数的不是同一种东西，有的还是整机合计，读取的时刻也不同。tcpvitals census -v 把它们并排列出，并说明每一处差异由什么构成。",
				"net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp.c tcp_set_state; lab: time-wait-sockstat"),
		},
		more: differenceSections(),
		see:  []string{"CurrEstab", "sockstat.TCP.inuse", "sockstat.TCP.tw", "sockstat.TCP.orphan", "sockstat.TCP.alloc", "PassiveOpens", "ss-s-exact", "sockstat-in-container"},
		prove: []string{
			"time-wait-sockstat",
		},
	}.topic()
}

// The comparisons between the socket table and the numbers that the kernel
// keeps beside it; internal/diagnose makes them.
const (
	CompareEstablished = "established" // ESTABLISHED and Tcp.CurrEstab
	CompareTimeWait    = "time-wait"   // TIME_WAIT and sockstat tw
	CompareInUse       = "in-use"      // all sockets and sockstat inuse
	CompareOrphans     = "orphans"     // full sockets without an owner and sockstat orphan
	CompareAllocated   = "allocated"   // full sockets and sockstat alloc
	CompareHalfOpen    = "half-open"   // SYN_RECV and nothing
)

// Difference says why a comparison of [CompareEstablished] and the others finds
// a difference; ok is false for one that is not known.
func Difference(name string) (why Text, ok bool) {
	s, ok := difference(name)
	return s.Text, ok
}

// WithoutCloseWait says why CurrEstab is the number of ESTABLISHED alone, where
// it is.
func WithoutCloseWait() Text {
	return Text{
		"This kernel leaves CLOSE_WAIT out of CurrEstab, as all did before a fix of 2024.",
		"这个内核的 CurrEstab 不含 CLOSE_WAIT：2024 年的修复之前都是如此。",
	}
}

func difference(name string) (Statement, bool) {
	switch name {
	case CompareEstablished:
		return say("CurrEstab counts CLOSE_WAIT too: from ESTABLISHED until a connection leaves both. Kernels without a fix of 2024 leave CLOSE_WAIT out.",
			"CurrEstab 把 CLOSE_WAIT 也算在内：从 ESTABLISHED 起，直到离开这两个状态。没有 2024 年那个修复的内核不算 CLOSE_WAIT。",
			"net/ipv4/tcp.c tcp_set_state"), true
	case CompareTimeWait:
		return say("tw counts minisockets: TIME_WAIT, and FIN_WAIT2 whose socket was closed.",
			"tw 数的是 minisocket：TIME_WAIT 加上已 close 的 FIN_WAIT2。",
			"net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp_minisocks.c tcp_time_wait; lab: time-wait-sockstat"), true
	case CompareInUse:
		return say("inuse counts complete sockets that listen or have a connection: not TIME_WAIT, not SYN_RECV, not FIN_WAIT2 after close(), not what is only bound. IPv4 and IPv6 stand in two files.",
			"inuse 只数正在监听或有连接的完整套接字：不含 TIME_WAIT、SYN_RECV、close() 之后的 FIN_WAIT2，也不含只 bind 的。IPv4、IPv6 分在两个文件里。",
			"net/ipv4/inet_hashtables.c inet_hash, inet_ehash_nolisten, inet_unhash; net/ipv6/proc.c sockstat6_seq_show"), true
	case CompareOrphans:
		return say("orphan is of the whole host, all namespaces, also when it is read in a container.",
			"orphan 是整机所有命名空间的合计，在容器里读也一样。",
			"net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp.c tcp_orphan_count_sum; "+measured), true
	case CompareAllocated:
		return say("alloc is of the whole host, and counts sockets without a connection too: never connected, or their connection is gone.",
			"alloc 是整机合计，而且包括没有连接的套接字：从未连接，或连接已断但还没 close。",
			"net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp.c tcp_init_sock"), true
	case CompareHalfOpen:
		return say("SYN_RECV is counted nowhere else: neither inuse nor alloc has it, and PassiveOpens counts a handshake when it is complete.",
			"SYN_RECV 在别处都没有数：inuse、alloc 都不含它，PassiveOpens 要等握手完成才计。",
			"net/ipv4/tcp_minisocks.c tcp_create_openreq_child; net/ipv4/inet_connection_sock.c inet_csk_reqsk_queue_hash_add; "+measured), true
	default:
		return Statement{}, false
	}
}

// Differences lists the comparisons in reading order.
func Differences() []string {
	return []string{CompareEstablished, CompareTimeWait, CompareInUse, CompareHalfOpen, CompareOrphans, CompareAllocated}
}

func differenceSections() []Section {
	headings := map[string]Text{
		CompareEstablished: {"ESTABLISHED and CurrEstab", "ESTABLISHED 与 CurrEstab"},
		CompareTimeWait:    {"TIME_WAIT and tw in sockstat", "TIME_WAIT 与 sockstat 的 tw"},
		CompareInUse:       {"All sockets and inuse in sockstat", "全部套接字与 sockstat 的 inuse"},
		CompareHalfOpen:    {"SYN_RECV", "SYN_RECV（半连接）"},
		CompareOrphans:     {"Orphans", "孤儿连接（orphan）"},
		CompareAllocated:   {"alloc in sockstat", "sockstat 的 alloc（已分配）"},
	}
	var sections []Section
	for _, name := range Differences() {
		s, _ := difference(name)
		sections = append(sections, Section{headings[name], []Statement{s}})
	}
	return append(sections, section("Different moments", "读取时刻不同",
		say("No two of these numbers are read at the same instant, and a table of many sockets takes a while to read. What opened and closed in between is no contradiction: tcpvitals reads the counters before and after, and blames a difference only beyond what moved.",
			"这些数字没有两个是同一瞬间读的，套接字表大时读一遍还要一会儿。期间的新建和关闭不算矛盾：tcpvitals 在前后各读一次计数器，只有超出这段变化的差异才算对不上。",
			"net/ipv4/proc.c sockstat_seq_show; net/ipv4/tcp_diag.c tcp_diag_dump")))
}
