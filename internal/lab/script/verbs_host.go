// SPDX-License-Identifier: Apache-2.0

package script

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
)

// defaultListener is the name of a listener if the script gives none.
const defaultListener = "listener"

// parseHost parses a system call of a program, or a check of the state of the other
// end.
func parseHost(c *cursor, end record.End) []any {
	flow := c.flow()
	switch what := c.word(knowledge.Text{En: "a call such as connect or close", Zh: "一个调用，例如 connect 或 close"}); {
	case what == "opens" && end == record.Kernel:
		return parseKernelOpens(c, flow)
	case what == "state" && end == record.Peer:
		return one(stateOp{flow, end, parseState(c), c.within()})
	default:
		made := parseCall(c, what)
		return one(callOp{end, flow, made, parseFails(c)})
	}
}

func parseCall(c *cursor, what string) call {
	switch what {
	case "listen":
		return parseListen(c)
	case "bind":
		o, _ := parseBind(c)
		return bindCall{o}
	case "connect":
		return connectCall{parseConnect(c)}
	case "accept":
		return acceptCall{parseListener(c, "from", defaultListener)}
	case "write":
		if c.accept("blocks") {
			return writeCall{blocks: c.interval()}
		}
		return parseWrite(c)
	case "read":
		return parseRead(c)
	case "shutdown":
		return parseShutdown(c)
	case "close":
		return parseClose(c)
	case "set":
		return parseOption(c)
	case "error":
		return errorCall{c.within()}
	case "chown":
		return chownCall{c.number(knowledge.Text{En: "a user id", Zh: "用户 ID"}, 0, 1<<30)}
	}
	if c.err == nil {
		const calls = "listen, bind, connect, opens, accept, write, read, shutdown, close, set, error, chown"
		c.failAt(0, len(c.src), knowledge.Text{En: "unknown call \"" + what + "\"", Zh: "没有调用 \"" + what + "\""},
			knowledge.Text{En: "the calls are " + calls, Zh: "调用有 " + strings.ReplaceAll(calls, ", ", "、")})
	}
	return nil
}

// parseListener consumes a certain word and the name of a listener, if that is next.
func parseListener(c *cursor, after, otherwise string) string {
	if !c.accept(after) {
		return otherwise
	}
	return c.word(knowledge.Text{En: "the name of a listener", Zh: "监听套接字的名称"})
}

func parseListen(c *cursor) call {
	l := listenCall{name: defaultListener, backlog: 8}
	for more := true; more; {
		bind, any := parseBind(c)
		if any {
			l.bind = merge(l.bind, bind)
		}
		switch {
		case c.accept("backlog"):
			l.backlog = c.number(knowledge.Text{En: "a backlog", Zh: " backlog"}, 0, 1<<20)
		case c.accept("as"):
			l.name = c.word(knowledge.Text{En: "a name", Zh: "一个名称"})
		default:
			more = false
		}
	}
	return l
}

// merge adds the options of b to a.
func merge(a, b testbed.BindOptions) testbed.BindOptions {
	a.Loopback = a.Loopback || b.Loopback
	a.ReuseAddr = a.ReuseAddr || b.ReuseAddr
	a.ReusePort = a.ReusePort || b.ReusePort
	a.NoPort = a.NoPort || b.NoPort
	a.Port = max(a.Port, b.Port)
	return a
}

func parseConnect(c *cursor) (o testbed.ConnectOptions) {
	for more := true; more; {
		switch {
		case c.accept("to"):
			o.Port = c.port()
		case c.accept("host"):
			o.Host = c.number(knowledge.Text{En: "the last byte of a peer's address", Zh: "对端地址的最后一个字节"}, 2, 254)
		case c.accept("loopback"):
			o.Loopback = true
		default:
			bind, any := parseBind(c)
			if more = any; any {
				bind.Loopback = bind.Loopback || o.Loopback
				o.From = &bind
			}
		}
	}
	return o
}

// parseWrite consumes a text, or N bytes.
func parseWrite(c *cursor) call {
	if c.peek() == "" {
		return writeCall{data: []byte(c.text(knowledge.Text{En: "data", Zh: "数据"}))}
	}
	op := writeCall{size: c.number(knowledge.Text{En: "a number of bytes", Zh: "字节数"}, 1, 1<<20)}
	if !c.accept("bytes") {
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected bytes", Zh: "此处应为 bytes"})
	}
	return op
}

// filler is a payload whose length matters and whose content does not.
func filler(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = 'x'
	}
	return data
}

func parseRead(c *cursor) call {
	switch {
	case c.accept("blocks"):
		return readCall{blocks: c.interval()}
	case c.accept("eof"):
		return readCall{eof: true}
	case c.peek() == "fails":
		return readCall{}
	default:
		return readCall{want: c.text(knowledge.Text{En: "data", Zh: "数据"})}
	}
}

func parseShutdown(c *cursor) call {
	switch {
	case c.accept("wr"):
		return shutdownCall{write: true}
	case c.accept("rd"):
		return shutdownCall{}
	default:
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected rd or wr", Zh: "此处应为 rd 或 wr"})
		return nil
	}
}

func parseClose(c *cursor) call {
	op := closeCall{listener: parseListener(c, "listener", "")}
	if c.accept("blocks") {
		op.blocks = c.interval()
		op.serve = c.accept("served")
	}
	return op
}

func parseOption(c *cursor) call {
	op := optionCall{listener: parseListener(c, "listener", ""), name: c.peek()}
	if !testbed.KnownOption(op.name) {
		c.fail(knowledge.Text{En: "such as SO_LINGER, SO_KEEPALIVE or TCP_USER_TIMEOUT", Zh: "例如 SO_LINGER、SO_KEEPALIVE 或 TCP_USER_TIMEOUT"}, knowledge.Text{En: "expected a socket option that the lab knows", Zh: "此处应为实验室支持的套接字选项"})
		return nil
	}
	c.word(knowledge.Text{En: "an option", Zh: "一个选项"})
	op.value = c.number(knowledge.Text{En: "its value", Zh: "它的值"}, -1, 1<<30)
	return op
}

// parseKernelOpens returns the operations of a handshake that the kernel begins.
func parseKernelOpens(c *cursor, flow string) []any {
	answer := testbed.Send{Flags: segment.SYN | segment.ACK}
	connect := testbed.ConnectOptions{}
	for more := true; more; {
		o := parseConnect(c)
		if o != (testbed.ConnectOptions{}) {
			connect = o
		}
		switch {
		case c.accept("timestamps"):
			answer.Timestamps = true
		case takeNumber(c, "scale", &answer.Scale):
		default:
			more = false
		}
	}
	return []any{
		callOp{end: record.Kernel, flow: flow, call: connectCall{connect}},
		expectOp{flow, testbed.Expect{Flags: segment.SYN}},
		sendOp{flow, answer},
		expectOp{flow, testbed.Expect{Flags: segment.ACK}},
	}
}

// parsePeerOpens returns the operations of a handshake that the peer begins, and of
// accept().
func parsePeerOpens(c *cursor, flow string) []any {
	syn := testbed.Send{Flags: segment.SYN}
	listener := defaultListener
	for more := true; more; {
		switch {
		case c.accept("timestamps"):
			syn.Timestamps = true
		case takeNumber(c, "scale", &syn.Scale):
		case c.accept("from"):
			listener = c.word(knowledge.Text{En: "the name of a listener", Zh: "监听套接字的名称"})
		default:
			more = false
		}
	}
	return []any{
		sendOp{flow, syn},
		expectOp{flow, testbed.Expect{Flags: segment.SYN | segment.ACK}},
		sendOp{flow, testbed.Send{Flags: segment.ACK}},
		callOp{end: record.Kernel, flow: flow, call: acceptCall{listener}},
	}
}
