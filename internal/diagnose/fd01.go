// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Descriptors is how many files a process has open, and how many it may have open.
type Descriptors struct {
	Owner       *socket.Owner
	Open, Limit uint64
	// Beyond is how many of Open have a number above the limit: they were opened
	// before the limit was lowered.
	Beyond uint64
}

// NearDescriptorLimit is the share of its limit from which on a process is kept.
const NearDescriptorLimit = 0.9

const factDescriptors = "/proc/PID/limits"

func fd01() Rule {
	return Rule{
		Code: "FD01", Name: "descriptor-limit",
		Title:   text("A process near its limit of descriptors", "进程接近其描述符上限"),
		Facts:   []string{"/proc/PID/fd", factDescriptors},
		Formula: text("descriptors that a process has open below its soft RLIMIT_NOFILE / that limit", "进程打开的编号低于 RLIMIT_NOFILE 软上限的描述符数 / 该上限"),
		Threshold: []knowledge.Statement{
			claim("Notice from 0.9. Warning when none is left: accept(), socket() and open() then fail with EMFILE, and connections wait in the accept queue.",
				"达到 0.9 提示。一个不剩时警告：此后 accept()、socket()、open() 都返回 EMFILE，连接在全连接队列中等待。", "accept(2); fs/file.c alloc_fd"),
		},
		Excluded: []knowledge.Statement{
			claim("Processes that have less than 16 open are not looked at. What is open and not a socket counts too: the limit is one for all.", "打开数不足 16 个的进程不看。打开的不是套接字的也算在内：上限是共用的。", "getrlimit(2)"),
			claim("What has a number beyond the limit was opened before it was lowered, and takes no place below it.", "编号超出上限的是在调低上限之前打开的，不占用上限之内的位置。", "fs/file.c alloc_fd; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Look for what is not closed: CLOSE_WAIT of the process, files, pipes. If all are in use, raise its limit (LimitNOFILE= of its unit, ulimit -n) and restart it.",
				"查找没有关闭的：该进程的 CLOSE_WAIT、文件、管道。若确实都在使用，调大其上限（单元的 LimitNOFILE=，ulimit -n）并重启。", "getrlimit(2); systemd.exec(5) LimitNOFILE="),
		},
		Kernel: []knowledge.Statement{
			claim("No parameter of TCP has to do with it; fs.nr_open bounds how far the limit can be raised.", "与 TCP 参数无关；fs.nr_open 限制上限最多能调到多少。", "Documentation/admin-guide/sysctl/fs.rst nr_open"),
		},
		Check:   command.Of("census", "--by", "process,state"),
		Sources: []string{"fs/file.c alloc_fd", "getrlimit(2)"},
		See:     []string{"CLOSE_WAIT", "LISTEN", "AQ01", "CW01"},
		Judge:   judgeFD01,
	}
}

func judgeFD01(c *Case) (all []Finding) {
	if c.Now.Descriptors == nil {
		c.Lacks(factDescriptors, c.Now.why(factDescriptors))
		return nil
	}
	for _, d := range c.Now.Descriptors {
		used := d.Open - min(d.Beyond, d.Open)
		f := Finding{
			Severity: Notice, Basis: Limit, Owner: d.Owner, ofOwner: true,
			Summary:  say("%s has %s of %s descriptor[s] open", "%[1]s 打开了 %[3]s 个描述符中的 %[2]s 个", ownerText(d.Owner), used, d.Limit),
			Evidence: []Evidence{above("descriptors open", float64(used), "", NearDescriptorLimit*float64(d.Limit))},
		}
		if of := whose(d.Owner); of != "" {
			f.Check = command.Of("census", of, "--by", "state")
		}
		if d.Beyond > 0 {
			f.Detail = append(f.Detail, say("%s more [1:has a number|have numbers] beyond the limit: opened before it was lowered", "另有 %s 个编号超出上限：在调低上限之前打开", d.Beyond))
			f.Evidence = append(f.Evidence, Evidence{Name: "numbered beyond the limit", Value: float64(d.Beyond)})
		}
		if used >= d.Limit {
			f.Severity = Warning
			f.Detail = append(f.Detail, text("none is left: accept(), socket() and open() fail with EMFILE (too many open files)", "一个不剩：accept()、socket()、open() 返回 EMFILE（打开的文件过多）"))
		}
		all = append(all, f)
	}
	return all
}

// starves reports whether the cause is that the consequence's process has no
// descriptor left.
func starves(cause, consequence *Finding) bool {
	return cause.Severity >= Warning && sameProcess(cause, consequence)
}

// sameProcess reports whether both findings are about the same process.
func sameProcess(cause, consequence *Finding) bool {
	a, b := cause.Owner, consequence.Owner
	return a != nil && b != nil && a.Process != nil && b.Process != nil && a.Process.PID != 0 && a.Process.PID == b.Process.PID
}
