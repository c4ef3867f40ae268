// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func fw02() Rule {
	return Rule{
		Code: "FW02", Name: "fin-wait2-owned",
		Title: knowledge.Text{En: "A program waits without end for peers to close", Zh: "程序无限期等待对端关闭"},
		Facts: []string{"FIN_WAIT2", "inode", "cookie", "process", "window"},
		Formula: knowledge.Text{
			En: "by owner: FIN_WAIT2 with a descriptor that were there at both readings",
			Zh: "按所属程序统计：两次读取时都在且持有描述符的 FIN_WAIT2",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Notice when ten of a program lasted a second, or one lasted 60 s; warning at 100, a tenth of the 1,024 descriptors that a process has by default. After shutdown() no timer runs.",
				Zh: "同一程序有 10 个持续 1 秒，或 1 个持续 60 秒时提示；达到 100 个（进程默认 1,024 个描述符的十分之一）时警告。shutdown() 之后没有定时器。",
			},
			Source: "net/ipv4/tcp.c tcp_shutdown; include/uapi/linux/fs.h INR_OPEN_CUR; measured on Linux 6.18",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Half-closing is legal: a client that has sent its request and still reads the answer is in FIN_WAIT2 with reason. Fewer than ten for less than a minute are left alone.",
				Zh: "半关闭是合法的：客户端发完请求后继续读取应答，此时处于 FIN_WAIT2 是正常的。不足 10 个且不满一分钟的不计。",
			},
			Source: "RFC 9293 3.6.1",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Call close() some time after shutdown(), with a time limit on reading what the peer still sends (SO_RCVTIMEO or a deadline).",
				Zh: "shutdown() 之后应适时 close()，并对读取对端剩余数据设置时限（SO_RCVTIMEO 或截止时间）。",
			},
			Source: "RFC 9293 3.6.1; socket(7) SO_RCVTIMEO",
		}},
		Kernel: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "tcp_fin_timeout changes nothing here: it begins with close().",
				Zh: "tcp_fin_timeout 在此无效：它从 close() 起才计时。",
			},
			Source: "net/ipv4/tcp.c __tcp_close; measured on Linux 6.18",
		}},
		Check:   command.Of("list", "state fin-wait-2 and inode != 0", "-c", "+process"),
		Sources: []string{"net/ipv4/tcp.c tcp_shutdown", "RFC 9293 3.6.1", "measured on Linux 6.18"},
		See:     []string{"FIN_WAIT2", "tcp_fin_timeout", "FW01", "CW01"},
		Judge:   judgeFW02,
	}
}

func judgeFW02(c *Case) (all []Finding) {
	if c.Count(tcp.FinWait2) == 0 {
		return nil
	}
	now, before, ok := c.Kept(FinWait2Held)
	if !ok || now.Count == 0 {
		return nil
	}
	if before == nil || c.Window < settledIn {
		c.Lacks("window", noWindow())
		return nil
	}
	shut, _ := unmoved(now, before, func(l, was Life) (bool, bool) { return l.receives(was, c.Window) })
	for _, g := range byOwner(without(shut, Life.streamsIn)) {
		n := len(g.rows)
		if n < leakSome && c.Window < longIn {
			continue
		}
		f := Finding{
			Basis: Lasting, Severity: Notice, Owner: g.owner, ofOwner: true, rows: g.rows,
			Summary: say("%s keeps %s connection[s]%s open that it has shut down, and whose peer[s] [has|have] not closed for %s s",
				"%s 仍持有 %s 个已 shutdown() 的连接%s，对端已有 %s 秒未关闭", g.who(), n, placeText(g.rows), seconds(c.Window)),
			Evidence: []Evidence{
				above("FIN_WAIT2 at both readings", float64(n), "", leakSome),
				{Name: "window", Value: c.Window.Seconds(), Unit: "s"},
			},
			Detail: slices.Concat(peerBeside(g.rows), g.sharersDetail()),
			Check:  g.filter("state fin-wait-2 and inode != 0", now.Rows, heardNothing()),
		}
		if n >= leakMany {
			f.Severity = Warning
		}
		f.facing(c, g.rows)
		all = append(all, f)
	}
	return all
}
