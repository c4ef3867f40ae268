// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// neighbours is the network by which sources of half-open connections are grouped:
// those of a flood or a scan come from few networks, or from addresses that do not
// exist.
func neighbours(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits) // the address has that many bits; for an invalid address there is no network
	return p
}

// sourcesText names the networks from which most of the rows come, and in how many
// rows the SYN-ACK was sent again.
func (c *Case) sourcesText(rows []Kept) (out []knowledge.Text) {
	if len(rows) == 0 {
		return nil
	}
	from := map[netip.Prefix]uint64{}
	var again uint64
	for i := range rows {
		from[neighbours(rows[i].Remote.Addr())]++
		if rows[i].Retrans >= 2 {
			again++
		}
	}
	out = []knowledge.Text{
		say("most come from %[2]s; networks in all: %[1]s", "最多的来自 %[2]s；网段共 %[1]s 个", len(from), topOf(from, netip.Prefix.String)),
	}
	if len(from) == 1 {
		out[0] = say("all come from %s", "全部来自 %s", topOf(from, netip.Prefix.String))
	}
	if again > 0 {
		out = append(out, say("%s had their SYN-ACK sent again at least twice: %s", "%s的 SYN-ACK 至少重发了两次：%s", howMany(int(again), len(rows)), c.whyAgain()))
	}
	return out
}

// whyAgain says why a SYN-ACK is sent again. A full accept queue, which drops final
// ACKs, is a reason only if one was seen or counted; where nothing tells, it is an if.
func (c *Case) whyAgain() knowledge.Text {
	defer c.optional()()
	full := c.Moved("TcpExt.ListenOverflows") > 0
	if all, ok := c.listeners(); ok {
		full = full || slices.ContainsFunc(all.queues, func(q Queue) bool { return q.has(SignFull) })
	}
	ever, counted := c.Total("TcpExt.ListenOverflows")
	_, watched := c.Delta("TcpExt.ListenOverflows")
	switch {
	case full:
		return text("the final ACK did not come, or was dropped at a full accept queue", "最后一个 ACK 没有到，或因全连接队列已满被丢弃")
	case watched || counted && ever == 0:
		return text("the final ACK did not come", "最后一个 ACK 没有到")
	default:
		return text("the final ACK did not come, or was dropped if an accept queue was full", "最后一个 ACK 没有到；若曾有全连接队列已满，也可能是被丢弃")
	}
}

// halfOpenAt returns the rows of half-open connections by the address of their
// listener.
func (c *Case) halfOpenAt(all *listeners) map[netip.AddrPort][]Kept {
	at := map[netip.AddrPort][]Kept{}
	for _, k := range c.watch(HalfOpen).rowsOf() {
		if q := all.of(c.Now.inode(), k.Local); q != nil {
			at[q.Socket.Local] = append(at[q.Socket.Local], k)
		}
	}
	return at
}

// deferText mentions TCP_DEFER_ACCEPT, with which a connection stays half open until
// the client sends data.
func (c *Case) deferText() []knowledge.Text {
	n := c.Moved("TcpExt.TCPDeferAcceptDrop")
	if n == 0 {
		return nil
	}
	return []knowledge.Text{say("TCPDeferAcceptDrop grew by %s: a listener uses TCP_DEFER_ACCEPT, which keeps connections half open until the client sends data; some of these are that",
		"TCPDeferAcceptDrop 增长了 %s：有监听套接字启用了 TCP_DEFER_ACCEPT，客户端发数据之前连接一直是半连接；其中一部分就是这种", n)}
}

// synAckLife is how long a half-open connection lasts if it is never completed: the
// SYN-ACK is sent again after 1 s, 2 s and so on, tcp_synack_retries times
// (net/ipv4/inet_connection_sock.c reqsk_timer_handler); 64 s by default.
func (c *Case) synAckLife() time.Duration {
	defer c.optional()()
	retries, ok := c.Sysctl("net.ipv4.tcp_synack_retries")
	if !ok || retries < 0 || retries > 10 {
		retries = 5
	}
	return time.Second << (retries + 1)
}

// waitingForData reports whether half-open connections are [deferred] ones.
func (c *Case) waitingForData(rows []Kept) bool {
	defer c.optional()()
	passed, _ := c.Total("TcpExt.TCPDeferAcceptDrop")
	again := 0
	for i := range rows {
		if rows[i].Retrans > 0 {
			again++
		}
	}
	return deferred(uint64(again), uint64(len(rows)), passed)
}
