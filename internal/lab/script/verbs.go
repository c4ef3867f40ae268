// SPDX-License-Identifier: Apache-2.0

package script

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Verb is the first word of a step, and the syntax of the rest. F: stands for the name
// of a connection; what is in brackets may be omitted.
type Verb struct{ Name, Form, Doc string }

// Verbs returns every verb, the most basic first.
func Verbs() []Verb {
	return []Verb{
		{"kernel", "kernel [F:] CALL ... [fails ERRNO]", "the program under test calls the kernel: listen, accept, connect, opens, write, read, shutdown, close, set, error, bind, chown"},
		{"other", "other [F:] CALL ...", "the program at the far end of a relayed or looped connection does; other state STATE checks its state"},
		{"peer", "peer [F:] FLAGS|opens|state ...", "the scripted TCP sends a segment with seq, ack, isn, ts as +N, -N, =N or @N; win=N, \"data\", data=N (at most 1400), timestamps, scale=N, again, lost, held LABEL, copy LABEL"},
		{"expect", "expect [F:] FLAGS ... [within D|D..D]", "the kernel's next segment is this one; lost, held LABEL and copy LABEL say what becomes of it; from kernel or from other; expect nothing [for D]"},
		{"state", "state [F:] STATE [within D|D..D]", "the kernel's end is in this state; CLOSE is no connection"},
		{"timer", "timer [F:] KIND [~D|D..D]", "this timer runs on the kernel's end, and fires in about D or from D to D"},
		{"owner", "owner [F:] none|uid N inode|uid N no-inode|no-inode", "whose the kernel's socket is; none is the machine's uid 0 without an inode"},
		{"queues", "queues [F:] [listener NAME] [recv N] [send N]", "Recv-Q and Send-Q"},
		{"rows", "rows STATE N [within D]", "so many sockets of the namespace are in the state"},
		{"counter", "counter NAME +N [within D]", "a TCP counter has grown by N since the mark"},
		{"sockstat", "sockstat KEY N", "a number of the TCP line of /proc/net/sockstat"},
		{"seen", "seen FLAGS N", "the kernel has sent so many such segments since the mark"},
		{"mark", "mark", "counters and seen count from here; so they do from the beginning"},
		{"sysctl", "sysctl NAME VALUE|is VALUE|absent", "set or check a parameter of the namespace"},
		{"wait", "wait D", "let time pass"},
		{"deliver", "deliver LABEL", "let a held segment, or the copy of one, arrive now"},
		{"bulk", "bulk [F:] N [within D]", "the kernel sends N bytes and the peer acknowledges them as fast as both can; a machine that needs longer than D cannot make the experiment"},
		{"place", "place [F:] [host N] [from PORT] [to PORT]", "choose the peer's address and port and the kernel's port"},
		{"relay", "relay [F:]", "the connection is between two sockets of the kernel, over the wire"},
		{"destroy", "destroy [F:] [fails ERRNO]", "close the kernel's end as ss -K does"},
		{"note", "note \"English\" [\"中文\"]", "a sentence for the reader of the trace"},
		{"repeat", "repeat N ... end", "the lines between, N times; $n is the turn"},
	}
}

// parseStep parses a line into its operations.
func parseStep(c *cursor) []any {
	switch verb := c.word(knowledge.Text{En: "a verb", Zh: "一个动词"}); verb {
	case "kernel":
		return parseHost(c, record.Kernel)
	case "other":
		return parseHost(c, record.Peer)
	case "peer":
		return parsePeer(c)
	case "expect":
		return one(parseExpect(c))
	case "note":
		return one(parseNote(c))
	case "state":
		return one(stateOp{c.flow(), record.Kernel, parseState(c), c.within()})
	case "timer":
		return one(parseTimer(c))
	case "owner":
		return one(parseOwner(c))
	case "queues":
		return one(parseQueues(c))
	case "end":
		c.failAt(0, len(c.src), knowledge.Text{En: "this end belongs to no loop", Zh: "这个 end 不属于任何循环"}, knowledge.Text{})
		return nil
	default:
		return parseTestbed(c, verb)
	}
}

// parseNote consumes a sentence and, if it follows, the same in Chinese.
func parseNote(c *cursor) any {
	note := knowledge.Text{En: c.text(knowledge.Text{En: "a sentence", Zh: "一个句子"})}
	note.Zh = note.En
	if !c.done() {
		note.Zh = c.text(knowledge.Text{En: "the same in Chinese", Zh: "同一句话的中文"})
	}
	return noteOp{note}
}

func one(op any) []any { return []any{op} }

// parseTestbed parses the verbs that concern the testbed and not one of the ends.
func parseTestbed(c *cursor, verb string) []any {
	switch verb {
	case "rows":
		return one(rowsOp{parseState(c), c.number(knowledge.Text{En: "how many", Zh: "个数"}, 0, 1_000_000), c.within()})
	case "counter":
		return one(counterOp{c.word(knowledge.Text{En: "a counter", Zh: "一个计数器"}), parseGrowth(c), c.within()})
	case "sockstat":
		return one(sockstatOp{c.word(knowledge.Text{En: "a key such as tw", Zh: "一个键，例如 tw"}), c.number(knowledge.Text{En: "a number", Zh: "一个数"}, 0, 1<<30)})
	case "seen":
		return one(seenOp{parseFlags(c), c.number(knowledge.Text{En: "how many", Zh: "个数"}, 0, 1_000_000)})
	case "mark":
		return one(markOp{})
	case "sysctl":
		return one(parseSysctl(c))
	case "wait":
		return one(waitOp{c.duration()})
	case "deliver":
		return one(deliverOp{c.word(knowledge.Text{En: "the label of a held segment", Zh: "被扣住的段的标签"})})
	case "bulk":
		return one(parseBulk(c))
	case "place":
		return one(parsePlace(c))
	case "relay":
		return one(relayOp{c.flow()})
	case "destroy":
		return one(destroyOp{c.flow(), parseFails(c)})
	}
	if c.err == nil {
		unknownVerb(c, verb)
	}
	return nil
}

func unknownVerb(c *cursor, verb string) {
	names := make([]string, 0, len(Verbs()))
	for _, v := range Verbs() {
		names = append(names, v.Name)
	}
	start := strings.Index(c.src, verb)
	c.failAt(start, start+len(verb),
		knowledge.Text{En: "unknown verb \"" + verb + "\"", Zh: "没有动词 \"" + verb + "\""},
		knowledge.Text{En: "the verbs are " + strings.Join(names, ", "), Zh: "动词有 " + strings.Join(names, "、")})
}

func parseState(c *cursor) tcp.State {
	state, ok := tcp.ParseBytes([]byte(c.peek()))
	if !ok {
		c.fail(knowledge.Text{En: "states are written as netstat does, such as TIME_WAIT; CLOSE is no connection", Zh: "状态按 netstat 的写法，例如 TIME_WAIT；CLOSE 不是连接"}, knowledge.Text{En: "expected a TCP state", Zh: "此处应为 TCP 状态"})
		return 0
	}
	c.tokens = c.tokens[1:]
	return state
}

func parseFlags(c *cursor) segment.Flags {
	flags, err := segment.ParseFlags(c.peek())
	if err != nil {
		c.fail(knowledge.Text{En: "flags look like SYN,ACK", Zh: "标志的写法如 SYN,ACK"}, knowledge.Text{En: "expected the flags of a segment", Zh: "此处应为段的标志"})
		return 0
	}
	c.tokens = c.tokens[1:]
	return flags
}

func parseGrowth(c *cursor) int64 {
	if !strings.HasPrefix(c.peek(), "+") {
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected by how much it has grown, such as +1", Zh: "此处应为增加了多少，例如 +1"})
		return 0
	}
	return int64(c.number(knowledge.Text{En: "a growth", Zh: "增量"}, 0, 1<<30))
}

func parseSysctl(c *cursor) any {
	op := sysctlOp{name: c.word(knowledge.Text{En: "the name of a sysctl", Zh: "内核参数的名称"})}
	switch {
	case c.accept("absent"):
		op.absent = true
	case c.accept("is"):
		op.check, op.value = true, parseValue(c)
	default:
		op.value = parseValue(c)
	}
	return op
}

// parseValue consumes a word, or a quoted text for a value of several words.
func parseValue(c *cursor) string {
	if c.peek() != "" {
		return c.word(knowledge.Text{En: "a value", Zh: "一个值"})
	}
	return c.text(knowledge.Text{En: "a value", Zh: "一个值"})
}

func parsePlace(c *cursor) any {
	op := placeOp{flow: c.flow()}
	for !c.done() {
		switch {
		case c.accept("host"):
			op.host = c.number(knowledge.Text{En: "the last byte of a peer's address", Zh: "对端地址的最后一个字节"}, 2, 254)
		case c.accept("from"):
			op.peerPort = c.port()
		case c.accept("to"):
			op.kernelPort = c.port()
		default:
			c.end()
		}
	}
	return op
}

// errnos are the errors that a script can expect.
func errnos() []string {
	return []string{
		"EADDRINUSE", "EADDRNOTAVAIL", "EAGAIN", "EALREADY", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH",
		"EINPROGRESS", "EINVAL", "EISCONN", "ENETUNREACH", "ENOENT", "ENOPROTOOPT", "ENOTCONN", "EPERM", "EPIPE", "ETIMEDOUT",
	}
}

// parseFails consumes fails ERRNO, if that is next.
func parseFails(c *cursor) string {
	if !c.accept("fails") {
		return ""
	}
	if !slices.Contains(errnos(), c.peek()) {
		c.fail(knowledge.Text{En: "one of " + strings.Join(errnos(), ", "), Zh: "可用的有 " + strings.Join(errnos(), "、")},
			knowledge.Text{En: "expected the name of an error", Zh: "此处应为错误的名称"})
		return ""
	}
	return c.word(knowledge.Text{En: "an error", Zh: "一个错误"})
}

// parseBind consumes the options of bind, if there are any.
func parseBind(c *cursor) (o testbed.BindOptions, any bool) {
	for ; ; any = true {
		switch {
		case c.accept("on"):
			if o.Loopback = c.accept("loopback"); !o.Loopback {
				c.fail(knowledge.Text{}, knowledge.Text{En: "expected loopback", Zh: "此处应为 loopback"})
			}
		case c.accept("port"), c.accept("from"):
			o.Port = c.port()
		case c.accept("reuseaddr"):
			o.ReuseAddr = true
		case c.accept("reuseport"):
			o.ReusePort = true
		case c.accept("noport"):
			o.NoPort = true
		case c.accept("bound"): // bound to the address, with a port that the kernel chooses
		default:
			return o, any
		}
	}
}
