// SPDX-License-Identifier: Apache-2.0

package explain

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// filtersTopic returns the page on the filter language, for users without the
// documentation.
func filtersTopic() knowledge.Topic {
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "filters", Aliases: []string{"filter", "filter language", "filter syntax", "过滤", "过滤条件", "过滤表达式", "过滤语法"},
		Title: knowledge.Text{En: "How is a filter written?", Zh: "过滤条件怎么写？"},
		See:   []string{"fields", "keys"},
	}
	t.Sections = []knowledge.Section{
		{Heading: knowledge.Text{En: "Words of ss", Zh: "ss 的写法"}, Statements: ofProgram(
			"state NAME, exclude NAME: sockets in a state or not in it, in any spelling, or of a group: all, connected, synchronized, bucket, big.", "state 名称、exclude 名称：处于或不处于某个状态（任何写法），或一组：all、connected、synchronized、bucket、big。",
			"src HOST, dst HOST: by address: 10.0.0.1, 10.0.0.0/8, [::1]:80, :80, 10.0.0.1:443.", "src 地址、dst 地址：按地址：10.0.0.1、10.0.0.0/8、[::1]:80、:80、10.0.0.1:443。",
			"sport = :80, dport >= 1024: by port, or by the name of a service, :https.", "sport = :80、dport >= 1024：按端口，或按服务名，如 :https。",
			"dev NAME, fwmark N/MASK, cgroup PATH, autobound: by device, mark, cgroup, or that the kernel chose the port.", "dev 名称、fwmark N/MASK、cgroup 路径、autobound：按网卡、标记、cgroup，或端口由内核选定。",
		)},
		{Heading: knowledge.Text{En: "Every field", Zh: "任何字段"}, Statements: ofProgram(
			"FIELD = VALUE, !=, <, <=, >, >=: process = nginx, rtt > 30ms, recvq >= 64KiB; another field of the same type may stand for the value: acceptq > backlog.", "字段 = 值，以及 !=、<、<=、>、>=：process = nginx、rtt > 30ms、recvq >= 64KiB；值也可以是同类型的另一个字段：acceptq > backlog。",
			"FIELD in (A, B), FIELD in PREFIX: dport in (80, 443), remote in 10.0.0.0/8.", "字段 in (A, B)、字段 in 网段：dport in (80, 443)、remote in 10.0.0.0/8。",
			"FIELD ~ REGEXP, !~: unit ~ worker; a regular expression that fits anywhere in the text.", "字段 ~ 正则表达式，以及 !~：unit ~ worker；在文本任意位置匹配即可。",
			"Durations take ns us ms s m h d; sizes k M G and KiB MiB GiB (1024) or kB MB GB (1000); counts k M G (1000).", "时间可用 ns us ms s m h d；大小可用 k M G 和 KiB MiB GiB（1024）或 kB MB GB（1000）；数量可用 k M G（1000）。",
			"A field that a socket does not have is none: rtt = none. One that could not be read is neither a match nor a miss; the answer says how many there were.", "套接字没有的字段为 none：rtt = none。无法读取的既不算符合也不算不符合；结果会说明有多少。",
		)},
		{Heading: knowledge.Text{En: "Together", Zh: "组合"}, Statements: ofProgram(
			"and, or, not, also &&, ||, !, and parentheses; words next to each other mean and. As in ss, and and or have the same rank and are read from left to right. Quote the filter in a shell.", "and、or、not（也可写 &&、||、!）和括号；并列即 and。与 ss 相同，and 和 or 优先级相同，从左到右读。在 shell 里要加引号。",
			"The same filter is taken by list, census, queues, trace, kill and watch, and by diff --filter.", "list、census、queues、trace、kill、watch 以及 diff --filter 用的是同一种过滤条件。",
		)},
	}
	return t
}

// keysTopic returns the page on the keys by which sockets are counted.
func keysTopic() knowledge.Topic {
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "keys", Aliases: []string{"key", "group by", "--by", "分组", "分组字段", "按什么分组"},
		Title: knowledge.Text{En: "What can sockets be counted by?", Zh: "套接字可以按什么分组统计？"},
		See:   []string{"fields", "filters"},
	}
	t.Sections = []knowledge.Section{
		{Heading: knowledge.Text{En: "Keys", Zh: "分组字段"}, Statements: ofProgram(
			"tcpvitals census --by KEYS counts by fields, separated by commas: --by process,state. Every field is a key; the page fields lists them.", "tcpvitals census --by 字段 按字段计数，以逗号分隔：--by process,state。任何字段都可以；字段一览见 fields 页。",
			"Addresses may be cut to a prefix: remote/24 is IPv4 by 24 bits and IPv6 by 64; remote/48 leaves IPv4 whole; remote/24/48 says both.", "地址可以按前缀截断：remote/24 即 IPv4 取 24 位、IPv6 取 64 位；remote/48 时 IPv4 不截断；remote/24/48 两者都指定。",
			"--sum recvq,sendq adds fields up in each group; --top 10 shows the largest groups and the rest as one.", "--sum recvq,sendq 另外在每组内加总；--top 10 只列最大的几组，其余合为一组。",
			"A value that is not known is unknown, not zero; one that a socket does not have is none.", "未知的值写作 unknown（未知），不是零；套接字没有的值写作 none。",
		)},
		{Heading: knowledge.Text{En: "Often used", Zh: "常用"}, Statements: ofProgram(
			"By whom: process,state; unit,state; container,state; netns,state.", "按谁的：process,state；unit,state；container,state；netns,state。",
			"Towards whom: remote/24,sport for a service, remote,dport for what this host connects to.", "按和谁的：服务用 remote/24,sport，本机外连用 remote,dport。",
			"diff --by takes the same keys; list --sort and -c take fields.", "diff --by 用的是同样的字段；list 的 --sort 和 -c 也用字段。",
		)},
	}
	return t
}

// ofProgram makes statements from pairs, English and Chinese; their source is the
// program itself.
func ofProgram(pairs ...string) (all []knowledge.Statement) {
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, knowledge.Statement{Text: knowledge.Text{En: pairs[i], Zh: pairs[i+1]}, Source: "tcpvitals(1)"})
	}
	return all
}
