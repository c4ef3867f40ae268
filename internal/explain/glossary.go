// SPDX-License-Identifier: Apache-2.0

package explain

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// glossaryTopic returns the page of words that this program uses with a fixed
// meaning.
func glossaryTopic() knowledge.Topic {
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "glossary", Aliases: []string{"terms", "vocabulary", "术语", "术语表", "词汇表"},
		Title: knowledge.Text{En: "Which word is used for what, in English and Chinese?", Zh: "各术语用什么词，英文和中文？"},
		See:   []string{"what-states-mean", "fields"},
	}
	words := knowledge.Section{Heading: knowledge.Text{En: "Words", Zh: "术语"}}
	for _, w := range glossary() {
		words.Statements = append(words.Statements, knowledge.Statement{
			Text:   knowledge.Text{En: w.en + " (" + w.zh + "): " + w.meaning.En + ".", Zh: w.zh + "（" + w.en + "）：" + w.meaning.Zh + "。"},
			Source: "tcpvitals(1)",
		})
	}
	t.Sections = []knowledge.Section{words}
	return t
}

// glossary returns these words.
func glossary() []struct {
	en, zh  string
	meaning knowledge.Text
} {
	return []struct {
		en, zh  string
		meaning knowledge.Text
	}{
		{"listener", "监听套接字", knowledge.Text{En: "a socket in LISTEN, which accepts connections", Zh: "处于 LISTEN、接受连接的套接字"}},
		{"accept queue", "全连接队列", knowledge.Text{En: "connections whose handshake is done and that wait for accept()", Zh: "握手已完成、等待 accept() 的连接"}},
		{"SYN queue", "半连接队列", knowledge.Text{En: "connections in SYN_RECV, whose handshake is not done", Zh: "握手未完成、处于 SYN_RECV 的连接"}},
		{"backlog", "backlog", knowledge.Text{En: "what a program asks for in listen(): the limit of its accept queue, at most somaxconn", Zh: "程序在 listen() 里要的值：全连接队列的上限，最多 somaxconn"}},
		{"orphan", "孤儿连接", knowledge.Text{En: "a connection whose program has closed it and that still has something to send", Zh: "程序已关闭、仍有数据要发的连接"}},
		{"minisocket", "minisocket", knowledge.Text{En: "the small object that TIME_WAIT and FIN_WAIT2 after close() are kept as", Zh: "保存 TIME_WAIT 和 close() 之后 FIN_WAIT2 的小对象"}},
		{"local port", "本地端口", knowledge.Text{En: "the port of this host's end; of outgoing connections one of ip_local_port_range", Zh: "本机一端的端口；外连取自 ip_local_port_range"}},
		{"peer", "对端", knowledge.Text{En: "the other end of a connection", Zh: "连接的另一端"}},
		{"destination", "目标", knowledge.Text{En: "the address and port that a connection leads to, as this host sees them", Zh: "连接通往的地址和端口，以本机所见为准"}},
		{"filter", "过滤条件", knowledge.Text{En: "what chooses sockets, as ss writes it: state close-wait and sport = :8080", Zh: "选出套接字的条件，写法同 ss：state close-wait and sport = :8080"}},
		{"this end", "本端", knowledge.Text{En: "the end of a connection that is on this host", Zh: "连接在本机的一端"}},
		{"reset", "重置", knowledge.Text{En: "to end a connection by a RST, with what was not delivered lost", Zh: "用 RST 结束连接，未送达的数据丢失"}},
		{"network namespace", "网络命名空间", knowledge.Text{En: "a network of its own within the kernel, as each container or pod has", Zh: "内核里独立的一套网络，每个容器或 Pod 一个"}},
		{"owner", "所有者", knowledge.Text{En: "the process that has a socket open; none where the kernel alone still has it", Zh: "打开套接字的进程；只由内核保留的没有所有者"}},
		{"retransmission", "重传", knowledge.Text{En: "a segment sent again because it was not acknowledged in time", Zh: "因未按时得到确认而再次发送的报文段，也说“重发”"}},
		{"kernel parameter", "内核参数", knowledge.Text{En: "a value below /proc/sys; in short, a parameter", Zh: "/proc/sys 下的一个值，简称参数"}},
		{"flag", "选项", knowledge.Text{En: "what begins with - or -- on a command line; other words there are arguments (参数)", Zh: "命令行里以 - 或 -- 开头的部分；其余的词叫参数"}},
		{"finding", "发现", knowledge.Text{En: "what a rule of the doctor says about this host", Zh: "诊断规则对本机得出的结论"}},
		{"gap", "看不到的内容", knowledge.Text{En: "what could not be read, named in the answer; unknown is not zero", Zh: "无法读取的内容，结果中会说明；未知不等于零"}},
	}
}
