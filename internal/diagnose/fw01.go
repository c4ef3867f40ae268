// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// endsHere is the name of evidence that both ends of connections are in this
// namespace. By it CW01 is found to be their cause.
const endsHere = "their peers' CLOSE_WAIT are here"

func fw01() Rule {
	return Rule{
		Code: "FW01", Name: "fin-wait2-orphans",
		Title: knowledge.Text{En: "Closed connections whose peers do not close", Zh: "本端已关闭而对端迟迟不关闭的连接"},
		Facts: []string{"FIN_WAIT2", "kind", "TcpExt.TW", "TCP.tw", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_fin_timeout"},
		Formula: knowledge.Text{
			En: "FIN_WAIT2 that are closed here and have waited for over 10 s (tcp_fin_timeout less what is left of it); and all that are closed here, against closes in 10 s",
			Zh: "本端已关闭且已等待超过 10 秒（tcp_fin_timeout 减去剩余时间）的 FIN_WAIT2；以及本端已关闭的总数与 10 秒内的关闭数之比",
		},
		Threshold: []knowledge.Statement{
			{
				Text: knowledge.Text{
					En: "Notice when at each reading more than 100 have waited for over 10 s and there are more than ten seconds' worth of closes: a peer that reads to the end closes within a round trip; 10 s is generous. Where no timer tells how long they have waited, their number alone.",
					Zh: "每次读取都有 100 个以上已等待超过 10 秒，且总数超过 10 秒内的关闭数时提示：读到末尾的对端会在一个往返内关闭，10 秒已很宽裕。若没有定时器显示已等待多久，则只看数量。",
				},
				Source: "RFC 9293 3.6; include/net/tcp.h tcp_fin_time",
			},
			{
				Text: knowledge.Text{
					En: "Warning when tcp_max_tw_buckets is used to 0.8 and would not be without them: they are under the same limit as TIME_WAIT.",
					Zh: "tcp_max_tw_buckets 已用到 0.8 且没有它们就不会时警告：它们与 TIME_WAIT 共用上限。",
				},
				Source: "net/ipv4/tcp_minisocks.c tcp_time_wait; net/ipv4/inet_timewait_sock.c inet_twsk_alloc",
			},
		},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "FIN_WAIT2 that a process has open are FW02: tcp_fin_timeout does not end those.",
				Zh: "仍被进程持有的 FIN_WAIT2 属于 FW02：tcp_fin_timeout 不会结束它们。",
			},
			Source: "net/ipv4/tcp.c __tcp_close; measured on Linux 6.18",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "The peers have to close: they hold as many CLOSE_WAIT. Look at their program, or at firewalls that lose their FIN.",
				Zh: "需要对端关闭：它们持有同样多的 CLOSE_WAIT。检查对端程序，或丢弃其 FIN 的防火墙。",
			},
			Source: "RFC 9293 3.6",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "They end by themselves after tcp_fin_timeout and hold no descriptor. tcp_fin_timeout of 10 to 30 ends them sooner, which is worth something only where they fill tcp_max_tw_buckets: TIME_WAIT stays 60 s.",
				Zh: "它们在 tcp_fin_timeout 之后自行结束，也不占描述符。把 tcp_fin_timeout 设为 10～30 可让它们更早结束，但只有它们快占满 tcp_max_tw_buckets 时才有意义：TIME_WAIT 仍为 60 秒。",
			},
			Source: "include/net/tcp.h tcp_fin_time, TCP_TIMEWAIT_LEN; measured on Linux 6.18",
		}},
		Check:   command.Of("list", "state fin-wait-2 and inode = 0"),
		Sources: []string{"net/ipv4/tcp.c __tcp_close", "net/ipv4/tcp_minisocks.c tcp_time_wait", "include/net/tcp.h tcp_fin_time"},
		See:     []string{"FIN_WAIT2", "CLOSE_WAIT", "tcp_fin_timeout", "tcp_max_tw_buckets", "FW02", "FW03", "TW02"},
		Judge:   judgeFW01,
	}
}

const (
	peerCloses = 10.0 // seconds that a peer may need to close
	peersMany  = 100
)

func judgeFW01(c *Case) []Finding {
	count := c.Now.Sockets.Tally.Of(tcp.FinWait2)
	if count.Total == 0 {
		return nil
	}
	if c.Machine.Listing {
		return finWait2Listed(c, count.Total)
	}
	if count.Kinds[socket.KindUnknown] > peersMany {
		c.Lacks("kind", knowledge.Text{En: "this source does not tell which FIN_WAIT2 are closed", Zh: "该数据来源不区分哪些 FIN_WAIT2 已被程序关闭"})
	}
	closed := c.steady(finWait2Closed)
	rate := c.ClosesAtLeast()
	if closed <= peersMany || float64(closed) <= peerCloses*rate {
		return nil
	}
	now, before, kept := c.Kept(FinWait2Closed)
	waits, timed := c.finWaits(now)
	if past, ok := c.finWaits(before); timed && (waits.long() <= peersMany || ok && past.long() <= peersMany) {
		return nil
	}
	f := Finding{
		Severity: Notice,
		Evidence: []Evidence{
			above("FIN_WAIT2 that are closed here", float64(closed), "", max(peersMany, peerCloses*rate)),
			{Name: "closes", Value: rate, Unit: "1/s"},
		},
	}
	if timed {
		f.Evidence = append(f.Evidence, above("that have waited for over 10 s", float64(waits.long()), "", peersMany))
	}
	f.fillsBuckets(c, count.Kinds[socket.Mini])
	var where knowledge.Text
	if kept {
		where = placeText(now.Rows)
		f.Detail = append(f.Detail, peerBeside(now.Rows)...)
		f.served(c, now.Rows)
		f.facing(c, now.Rows)
		f.rows = now.Rows
	}
	f.Summary = finWait2Summary(closed, where, waits, timed)
	return []Finding{f}
}

// A finWaits is how long connections that are closed here have waited in FIN_WAIT2, in
// ascending order.
type finWaits struct {
	all   []time.Duration
	count uint64 // the number of such connections; the times may be those of a sample
}

// finWaits returns how long they have waited, from the timer that started when their
// FIN was acknowledged. ok is false if most do not show that timer: because the source
// lacks it, or because tcp_fin_timeout is above 60 s; then a socket spends the first
// part without that timer (net/ipv4/tcp_input.c tcp_rcv_state_process).
func (c *Case) finWaits(w *Watch) (waits finWaits, ok bool) {
	defer c.optional()()
	limit, known := c.Sysctl("net.ipv4.tcp_fin_timeout")
	life := time.Duration(limit) * time.Second
	if w == nil || !known || life <= 0 || life > timeWait {
		return waits, false
	}
	for i := range w.Rows {
		k := &w.Rows[i]
		left := time.Duration(k.left) * time.Millisecond
		if k.Timer == socket.TimerTimeWait && left > 0 && left <= life { // otherwise TCP_LINGER2 set another time
			waits.all = append(waits.all, life-left)
		}
	}
	slices.Sort(waits.all)
	waits.count = w.Count
	return waits, len(waits.all) > 0 && 2*len(waits.all) >= len(w.Rows)
}

// long is how many have waited for longer than a peer may need.
func (w finWaits) long() uint64 {
	at, _ := slices.BinarySearch(w.all, time.Duration(peerCloses*float64(time.Second)))
	return uint64(float64(len(w.all)-at) / float64(len(w.all)) * float64(w.count))
}

// Serves reports whether most of the closed sockets of a reading were accepted on the
// listener's port. Nobody has those sockets open any more, so the owner of the
// listener is looked up.
func (r *Reading) Serves(listener *socket.Socket) bool {
	w := r.Watch(FinWait2Closed)
	if w == nil || w.Count <= peersMany {
		return false
	}
	port, n := commonPort(w.Rows)
	return n > 0 && port == listener.Local.Port()
}

// served adds who the connections belonged to: the owner of the listener on the port
// of most of them, or the destination of most of them.
func (f *Finding) served(c *Case, rows []Kept) {
	if port, n := commonPort(rows); n > 0 {
		f.About.Local = netip.AddrPortFrom(netip.Addr{}, port)
		f.Owner = c.listenerOn(port)
		return
	}
	to, n := largest(remotes(rows), func(a, b netip.AddrPort) bool { return a.Compare(b) < 0 })
	if 2*n <= len(rows) {
		return
	}
	f.About.Remote = to
	uses, _ := c.PortUses()
	for i := range uses {
		if samePlace(uses[i].Remote, to) {
			f.Owner = only(uses[i].Callers)
		}
	}
}

// listenerOn returns the owner of the listener on a port, nil if it is not known.
func (c *Case) listenerOn(port uint16) (o *socket.Owner) {
	defer c.optional()()
	all, ok := c.listeners()
	if !ok {
		return nil
	}
	for i := range all.queues {
		if s := all.queues[i].Socket; s.Local.Port() == port && s.Owner != nil {
			return s.Owner
		}
	}
	return nil
}

// finWait2Closed returns how many sockets in FIN_WAIT2 no program has open any more.
func finWait2Closed(r *Reading) uint64 {
	count := r.Tally.Of(tcp.FinWait2)
	return count.Kinds[socket.Mini] + min(count.Unowned, count.Kinds[socket.Full])
}

// finWait2Summary says how many wait, where, and for how long half of them have
// waited. The connections that have left FIN_WAIT2 are not visible, so nothing tells
// how long peers usually take to close.
func finWait2Summary(closed uint64, where knowledge.Text, waits finWaits, timed bool) knowledge.Text {
	s := say("%s closed connection[s]%s [1:waits|wait] for [1:its peer|their peers] to close", "%s 个已关闭的连接%s在等对端关闭", closed, where)
	if !timed {
		return s
	}
	half := waits.all[len(waits.all)/2]
	return say("%s, half of them for %s s or more", "%s，其中一半已等 %s 秒以上", s, seconds(half.Truncate(time.Second)))
}

// facing adds as evidence how many rows have their other end on this host. If most do,
// the program that does not close them is here too, and no parameter is the remedy.
func (f *Finding) facing(c *Case, rows []Kept) {
	n, of := facing(rows, c.watch(CloseWaitHeld).rowsOf())
	if n == 0 {
		return
	}
	f.Evidence = append(f.Evidence, Evidence{Name: endsHere, Value: float64(n)})
	if 2*n >= of {
		f.Changes = nil
		f.Now = text("A program on this machine does not close: close the socket when read() returns 0.", "是本机的程序没有关闭：read() 返回 0 时应关闭套接字。")
		f.Later = text("Their other ends are on this machine, in CLOSE_WAIT: a program here does not close them, and a shorter tcp_fin_timeout would not change that.",
			"它们的对端就在本机，处于 CLOSE_WAIT：是本机程序没有关闭，调小 tcp_fin_timeout 改变不了这一点。")
		f.Detail = append(f.Detail, f.Later)
	}
}

// finWait2Listed answers the question that makes people paste a listing: whether
// tcp_fin_timeout matters.
func finWait2Listed(c *Case, n uint64) []Finding {
	return []Finding{{
		Severity: Info,
		Summary: say("%s FIN_WAIT2: these are all that tcp_fin_timeout could touch, of %s socket[s]",
			"%s 个 FIN_WAIT2：全部 %s 个套接字中，tcp_fin_timeout 至多影响这些", n, c.Now.Sockets.Tally.Total()),
		Detail: []knowledge.Text{{
			En: "Only those whose program has closed them; a listing does not tell which. TIME_WAIT is not among them.",
			Zh: "且仅限程序已关闭的部分；列表中无法区分。TIME_WAIT 不在其中。",
		}},
		Evidence: []Evidence{{Name: "FIN_WAIT2", Value: float64(n)}},
	}}
}

// fillsBuckets raises the finding to a warning if the minisockets are what brings
// TIME_WAIT near its limit.
func (f *Finding) fillsBuckets(c *Case, minis uint64) {
	tw, known := c.Gauge("TCP.tw")
	limit, ok := c.Sysctl("net.ipv4.tcp_max_tw_buckets")
	if !known || !ok || limit <= 0 || tw < minis {
		return
	}
	near := twLimitShare * float64(limit)
	if float64(tw) < near || float64(tw-minis) >= near {
		return
	}
	f.Severity, f.Basis, f.Changes = Warning, Limit, finTimeoutChange(c)
	f.Evidence = append(f.Evidence, above("TCP.tw", float64(tw), "", near))
	f.Detail = append(f.Detail, say("They bring tcp_max_tw_buckets near: %s of %s places are used, %s of them by FIN_WAIT2.",
		"它们使 tcp_max_tw_buckets 接近上限：%[2]s 个位置已用 %[1]s 个，其中 FIN_WAIT2 占 %[3]s 个。", tw, limit, minis))
}

// finTimeoutChange proposes a shorter tcp_fin_timeout, unless it is short already.
func finTimeoutChange(c *Case) []Change {
	t, ok := c.Sysctl("net.ipv4.tcp_fin_timeout")
	if !ok || t > 0 && t <= 30 {
		return nil
	}
	return []Change{{
		Key: "net.ipv4.tcp_fin_timeout", Value: "30",
		Why: knowledge.Text{En: "ends FIN_WAIT2 that are closed here sooner; TIME_WAIT stays 60 s", Zh: "让本端已关闭的 FIN_WAIT2 更早结束；TIME_WAIT 仍为 60 秒"},
	}}
}
