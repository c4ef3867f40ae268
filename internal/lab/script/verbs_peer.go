// SPDX-License-Identifier: Apache-2.0

package script

import (
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"

	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// parsePeer parses a segment that the scripted TCP sends.
func parsePeer(c *cursor) []any {
	flow := c.flow()
	switch {
	case c.accept("opens"):
		return parsePeerOpens(c, flow)
	case c.accept("state"):
		return one(peerStateOp{flow, parseState(c)})
	default:
		return one(sendOp{flow, parseSend(c)})
	}
}

// maxPayload is how many bytes of payload fit into a packet of the wire.
const maxPayload = 1400

func parseSend(c *cursor) testbed.Send {
	s := testbed.Send{Flags: parseFlags(c)}
	for !c.done() {
		var length int
		switch {
		case c.peek() == "":
			s.Data = []byte(c.text(knowledge.Text{En: "data", Zh: "数据"}))
		case c.accept("again"):
			s.Again = true
		case c.accept("timestamps"):
			s.Timestamps = true
		case takeNumber(c, "scale", &s.Scale):
		case takeNumber(c, "data", &length):
			s.Data = filler(min(length, maxPayload))
		case takeSequence(c, "seq", &s.Seq), takeSequence(c, "ack", &s.Ack), takeSequence(c, "isn", &s.ISN),
			takeSequence(c, "ts", &s.TS), takeSequence(c, "win", &s.Win):
		default:
			h := parseHandling(c)
			s.Fate, s.Label, s.Copy = h.Fate, h.Label, h.Copy
		}
	}
	return s
}

// parseHandling consumes what the network does with a segment, and reports an error
// for anything else.
func parseHandling(c *cursor) (h testbed.Handling) {
	switch {
	case c.accept("lost"):
		h.Fate = record.Lost
	case c.accept("held"):
		h.Fate, h.Label = record.Held, c.word(knowledge.Text{En: "a label for it", Zh: "它的标签"})
	case c.accept("copy"):
		h.Copy, h.Label = true, c.word(knowledge.Text{En: "a label for the copy", Zh: "副本的标签"})
	default:
		c.end()
	}
	return h
}

// takeNumber consumes name=N.
func takeNumber(c *cursor, name string, to *int) bool {
	value, found := strings.CutPrefix(c.peek(), name+"=")
	if !found {
		return false
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 1<<20 {
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected a number after " + name + "=", Zh: name + "= 之后应为一个数"})
		return true
	}
	*to = n
	c.tokens = c.tokens[1:]
	return true
}

// takeSequence consumes name+N, name-N, name=N or name@N.
func takeSequence(c *cursor, name string, to *testbed.Number) bool {
	rest, found := strings.CutPrefix(c.peek(), name)
	if !found || rest == "" || !strings.Contains("+-=@", rest[:1]) {
		return false
	}
	bases := map[byte]testbed.Base{'+': testbed.Shift, '-': testbed.Shift, '=': testbed.FromISN, '@': testbed.Raw}
	digits := rest
	if rest[0] == '=' || rest[0] == '@' {
		digits = rest[1:]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > 1<<32 || n < -1<<32 {
		c.fail(knowledge.Text{
			En: "+N and -N count from what is right, =N from the initial sequence number, @N is the number on the wire",
			Zh: "+N 和 -N 从正确的值算起，=N 从初始序列号算起，@N 是线上的数值",
		}, knowledge.Text{En: "expected " + name + " as +N, -N, =N or @N", Zh: name + " 应写作 +N、-N、=N 或 @N"})
		return true
	}
	*to = testbed.Number{Base: bases[rest[0]], N: n}
	c.tokens = c.tokens[1:]
	return true
}

func parseExpect(c *cursor) any {
	flow := c.flow()
	if c.accept("nothing") {
		op := nothingOp{flow: flow}
		if c.accept("for") {
			op.wait = c.duration()
		}
		return op
	}
	x := testbed.Expect{Flags: parseFlags(c)}
	for !c.done() {
		expectation(c, &x)
	}
	return expectOp{flow, x}
}

// expectation consumes one property of an expected segment.
func expectation(c *cursor, x *testbed.Expect) {
	var length int
	switch {
	case c.peek() == "":
		data := c.text(knowledge.Text{En: "data", Zh: "数据"})
		x.Data = &data
	case c.accept("again"):
		x.Again = true
	case c.accept("timestamps"), c.peek() == "no-timestamps":
		with := !c.accept("no-timestamps")
		x.Timestamps = &with
	case takeNumber(c, "len", &length):
		x.Len = &length
	case takeNumber(c, "win", &length):
		x.Window = &length
	case c.accept("from"):
		x.From = parseEnd(c)
	case c.peek() == "within":
		x.Within = c.within()
	case takeExpected(c, "seq", &x.Seq), takeExpected(c, "ack", &x.Ack), takeExpected(c, "isn", &x.ISN):
	default:
		x.Handling = parseHandling(c)
	}
}

func takeExpected(c *cursor, name string, to **testbed.Number) bool {
	var n testbed.Number
	if !takeSequence(c, name, &n) {
		return false
	}
	*to = &n
	return true
}

func parseEnd(c *cursor) *record.End {
	end := record.Kernel
	switch {
	case c.accept("kernel"):
	case c.accept("other"):
		end = record.Peer
	default:
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected kernel or other", Zh: "此处应为 kernel 或 other"})
	}
	return &end
}

func parseTimer(c *cursor) any {
	op := timerOp{flow: c.flow()}
	word := c.word(knowledge.Text{En: "a timer: off, on, keepalive, timewait or persist", Zh: "一个定时器：off、on、keepalive、timewait 或 persist"})
	known := false
	for t := socket.TimerOff; t <= socket.TimerPersist; t++ {
		if t.String() == word {
			op.timer, known = t, true
		}
	}
	if c.err == nil && !known {
		c.failAt(0, len(c.src), knowledge.Text{En: "unknown timer \"" + word + "\"", Zh: "没有定时器 \"" + word + "\""},
			knowledge.Text{En: "the timers are off, on, keepalive, timewait and persist", Zh: "定时器有 off、on、keepalive、timewait 和 persist"})
	}
	switch about, found := strings.CutPrefix(c.peek(), "~"); {
	case found:
		d, ok := parseDuration(about)
		if !ok {
			c.fail(knowledge.Text{}, knowledge.Text{En: "expected a duration after ~", Zh: "~ 之后应为时长"})
			return nil
		}
		op.about = d
		c.tokens = c.tokens[1:]
	case !c.done():
		op.exact = c.interval()
	}
	return op
}

func parseOwner(c *cursor) any {
	op := ownerOp{flow: c.flow()}
	if c.accept("none") {
		op.none = true
		return op
	}
	if c.accept("no-inode") {
		op.anyone = true
		return op
	}
	if !c.accept("uid") {
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected none, uid or no-inode", Zh: "此处应为 none、uid 或 no-inode"})
		return nil
	}
	op.uid = c.number(knowledge.Text{En: "a user id", Zh: "用户 ID"}, 0, 1<<30)
	op.inode = c.accept("inode")
	if !op.inode && !c.accept("no-inode") {
		c.fail(knowledge.Text{}, knowledge.Text{En: "expected inode or no-inode", Zh: "此处应为 inode 或 no-inode"})
	}
	return op
}

func parseBulk(c *cursor) any {
	op := bulkOp{flow: c.flow(), size: c.number(knowledge.Text{En: "a number of bytes", Zh: "字节数"}, 1, 100<<20)}
	if c.accept("within") {
		op.within = c.duration()
	}
	return op
}

func parseQueues(c *cursor) any {
	op := queuesOp{flow: c.flow(), recv: -1, send: -1}
	op.listener = parseListener(c, "listener", "")
	for more := true; more; {
		switch {
		case c.accept("recv"):
			op.recv = c.number(knowledge.Text{En: "Recv-Q", Zh: " Recv-Q"}, 0, 1<<30)
		case c.accept("send"):
			op.send = c.number(knowledge.Text{En: "Send-Q", Zh: " Send-Q"}, 0, 1<<30)
		default:
			more = false
		}
	}
	return op
}
