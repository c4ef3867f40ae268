// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func mp01() Rule {
	return Rule{
		Code: "MP01", Name: "mptcp",
		Title:   text("MPTCP connections, of which TCP sees the subflows only", "MPTCP 连接：TCP 只能看到其子流"),
		Facts:   []string{GaugeMultipath, "mptcp"},
		Formula: text("MPTCP connections that are established (MPCurrEstab, Linux 6.9), and the sockets that are subflows of one (tcp_ulp mptcp)", "已建立的 MPTCP 连接数（MPCurrEstab，Linux 6.9 起），以及属于其子流的套接字（tcp_ulp mptcp）"),
		Threshold: []knowledge.Statement{
			claim("Info from one on: it is a limit of what can be told, no trouble.", "有一个即为信息：这是可见范围的限制，不是故障。", "Documentation/networking/mptcp.rst"),
		},
		Excluded: []knowledge.Statement{
			claim("MPTCP that fell back to TCP is a plain connection, and is seen as one.", "回退到 TCP 的 MPTCP 就是普通连接，照常可见。", "RFC 8684 3.7"),
		},
		App: []knowledge.Statement{
			claim("What the program has not read, and whether its peer has closed, is of the MPTCP connection: ss -M shows it. Its subflows stay ESTABLISHED with an empty Recv-Q, so that a reader that hangs is not seen here; what was not closed MP02 tells.",
				"程序未读的数据、对端是否已关闭，都属于 MPTCP 连接：用 ss -M 查看。其子流保持 ESTABLISHED、Recv-Q 为空，因此卡住的读取者在这里看不到；未关闭的连接见 MP02。",
				"RFC 8684 3.3.3; measured on Linux 6.18"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune.", "无参数可调。", "Documentation/networking/mptcp.rst"),
		},
		Check:   command.Of("census", "--by", "process,state"),
		Sources: []string{"Documentation/networking/mptcp.rst", "RFC 8684", "net/mptcp/subflow.c subflow_ulp_ops", "measured on Linux 6.18"},
		See:     []string{"ESTABLISHED", "MP02", "ES04"},
		Judge:   judgeMP01,
	}
}

// GaugeMultipath is the name of the number of open MPTCP connections.
const GaugeMultipath = "MPTcpExt.MPCurrEstab"

func judgeMP01(c *Case) []Finding {
	n, counted := c.multipaths()
	parts, plain := splitSubflows(c.watch(Subflows))
	n -= min(n, plain)
	f := Finding{
		Severity: Info,
		Detail:   []knowledge.Text{c.multipathUnjudged()},
	}
	switch {
	case counted && n > 0:
		f.Summary = say("%s MPTCP connection[s]: only [its|their] subflows are seen here, which stay ESTABLISHED with an empty Recv-Q whatever the program does",
			"%s 个 MPTCP 连接：这里只能看到其子流，无论程序如何，子流都保持 ESTABLISHED 且 Recv-Q 为空", n)
		f.Evidence = append(f.Evidence, Evidence{Name: GaugeMultipath, Value: float64(n)})
	case parts != nil && parts.Count > 0: // Linux before 6.9, or the subflows have no MPTCP connection any more
		f.Summary = say("%s subflow[s] of MPTCP connections, which [stays|stay] ESTABLISHED with an empty Recv-Q whatever the program does",
			"%s 个 MPTCP 连接的子流，无论程序如何，子流都保持 ESTABLISHED 且 Recv-Q 为空", parts.Count)
	default:
		return nil
	}
	if parts != nil && parts.Count > 0 {
		f.Evidence = append(f.Evidence, Evidence{Name: "subflows", Value: float64(parts.Count)})
		f.rows, f.Check = parts.Rows, command.Of("list", "state established and mptcp = yes", "-c", "+process,mptcp")
		f.ownersOf(parts.Rows)
	}
	return []Finding{f}
}

// splitSubflows leaves out subflows in CLOSE_WAIT and returns how many there are: a FIN
// of TCP ends the stream only of a connection that fell back to TCP, which is seen as a
// plain connection. (RFC 8684 3.3.3 and 3.7)
func splitSubflows(all *Watch) (parts *Watch, plain uint64) {
	if all == nil {
		return nil, 0
	}
	rows := slices.DeleteFunc(slices.Clone(all.Rows), func(k Kept) bool { return k.State == tcp.CloseWait })
	if n := uint64(len(all.Rows)); n > 0 {
		plain = all.Count * (n - uint64(len(rows))) / n // a sample: scale up to the whole
	}
	return &Watch{Count: all.Count - plain, Rows: rows}, plain
}

// multipaths returns how many MPTCP connections are open. On a kernel without MPTCP,
// or an older one that does not count them, no important fact is missing.
func (c *Case) multipaths() (n uint64, counted bool) {
	defer c.optional()()
	return c.Gauge(GaugeMultipath)
}

// multipathUnjudged says which parts of MPTCP connections no rule judges: unread data,
// and sockets that were not closed if the kernel was not asked for the MPTCP
// connections.
func (c *Case) multipathUnjudged() knowledge.Text {
	if c.Now.Sockets.Watch(MultipathHeld) != nil {
		return text("unread data of MPTCP connections is not judged; ss -M shows it", "MPTCP 连接的未读数据未作判断；可用 ss -M 查看")
	}
	return text("leaks (CLOSE_WAIT) and unread data of MPTCP connections are not judged; ss -M shows them", "MPTCP 连接的泄漏（CLOSE_WAIT）和未读数据未作判断；可用 ss -M 查看")
}
