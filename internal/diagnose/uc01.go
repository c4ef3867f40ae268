// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Unlisted is how many TCP sockets of a process are in no table of the kernel.
type Unlisted struct {
	Owner   *socket.Owner
	Sockets uint64
	Limit   uint64 // limit of file descriptors of the process
}

// UnlistedLeast is the number of such sockets from which on a process is kept.
const UnlistedLeast = 100

// FactUnlisted is the name of the fact, by the place where such sockets are found.
const FactUnlisted = "/proc/PID/fd of TCP"

const (
	unlistedMany  = 1000
	unlistedShare = 0.25
)

func uc01() Rule {
	return Rule{
		Code: "UC01", Name: "unconnected-sockets",
		Title: text("Sockets that are neither connected nor listening", "既未连接也未监听的套接字"),
		Facts: []string{"/proc/PID/fd", "/proc/net/protocols", "/proc/net/sockstat"},
		Formula: text("descriptors of a process that are TCP sockets, less those that a dump of the socket table has",
			"进程的描述符中属于 TCP 套接字、却不在套接字表转储中的个数"),
		Threshold: []knowledge.Statement{
			claim("Info from 100 of one process. Notice from 1,000, or from a quarter of the descriptors that it may have: what never ends in a close() ends in EMFILE. The numbers are proposals.",
				"单个进程达到 100 个为信息。达到 1,000 个、或占其描述符上限的四分之一时提示：从不 close() 终将导致 EMFILE。数值为建议值。", "socket(2); accept(2)"),
		},
		Excluded: []knowledge.Statement{
			claim("It is not looked for where the kernel's own numbers (sockets: used, less the sockets column of /proc/net/protocols) leave no room for so many.",
				"若内核自己的计数（sockets: used 减去 /proc/net/protocols 的 sockets 列）容不下这么多，就不再查找。", "proc(5); measured on Linux 6.18"),
			claim("A socket that several processes have open counts for the first of them.", "多个进程同时打开的套接字只计入其中第一个。", "fork(2)"),
		},
		App: []knowledge.Statement{
			claim("Close the socket where connect() or bind() fails, and where read() or write() tells of an error: the connection is gone then, its descriptor is not.",
				"connect() 或 bind() 失败时要关闭套接字；read() 或 write() 报错时也要：此时连接已不存在，描述符却还在。", "connect(2); close(2)"),
		},
		Kernel: []knowledge.Statement{
			claim("Nothing to tune: no table has them, and no timer ends them.", "无参数可调：它们不在任何表中，也没有定时器会结束它们。", "socket(7); measured on Linux 6.18"),
		},
		Check:   command.Of("doctor"),
		Sources: []string{"socket(2)", "proc(5)", "measured on Linux 6.18"},
		See:     []string{"FD01", "CLOSE_WAIT", "TCP.alloc"},
		Judge:   judgeUC01,
	}
}

func judgeUC01(c *Case) (all []Finding) {
	if c.Now.Unlisted == nil {
		c.Lacks(FactUnlisted, c.Now.why(FactUnlisted))
		return nil
	}
	for _, u := range c.Now.Unlisted {
		f := Finding{
			Severity: Info, Basis: Lasting, Owner: u.Owner, ofOwner: true,
			Summary: say("%s has %s TCP sockets open that are neither connected nor listening", "%s 打开着 %s 个既未连接也未监听的 TCP 套接字", ownerText(u.Owner), u.Sockets),
			Detail: []knowledge.Text{text("they were never connected, or their connection has ended; the program has not closed them, and no list of connections shows them",
				"它们从未连接，或连接已经结束；程序没有关闭它们，任何连接列表都不会显示它们")},
			Evidence: []Evidence{above("TCP sockets in no table", float64(u.Sockets), "", unlistedMany)},
		}
		if u.Limit > 0 {
			share := float64(u.Sockets) / float64(u.Limit)
			f.Evidence = append(f.Evidence, above("share of the descriptors that it may have", share, "", unlistedShare))
			f.Detail = append(f.Detail, say("they are %s %% of the %s descriptors that it may have", "占其 %[2]s 个描述符上限的 %[1]s %%", percent(share), u.Limit))
			if share >= unlistedShare {
				f.Severity = Notice
			}
		}
		if u.Sockets >= unlistedMany {
			f.Severity = Notice
		}
		if u.Owner != nil && u.Owner.Process != nil {
			f.Detail = append(f.Detail, say("ls -l /proc/%s/fd lists them", "ls -l /proc/%s/fd 会列出它们", strconv.FormatUint(uint64(u.Owner.Process.PID), 10)))
		}
		all = append(all, f)
	}
	return all
}

// fillsDescriptors reports whether the cause has at least half of the descriptors that
// the process of the consequence has open.
func fillsDescriptors(cause, consequence *Finding) bool {
	return sameProcess(cause, consequence) && 2*cause.Evidence[0].Value >= consequence.Evidence[0].Value
}
