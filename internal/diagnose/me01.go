// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func me01() Rule {
	return Rule{
		Code: "ME01", Name: "tcp-mem-pressure", HostWide: true,
		Title: text("Memory of all TCP sockets", "全部 TCP 套接字的内存"),
		Facts: []string{"TCP.mem", "net.ipv4.tcp_mem", "TcpExt.TCPMemoryPressures"},
		Formula: text("pages that TCP buffers hold (TCP.mem) against the three values of tcp_mem; growth of TCPMemoryPressures",
			"TCP 缓冲区占用的页数（TCP.mem）与 tcp_mem 的三个值相比；TCPMemoryPressures 的增量"),
		Threshold: []knowledge.Statement{
			claim("Notice from the first value, where leaving pressure ends; warning from the second, where the kernel begins to shrink buffers, or when it did so in the window; critical from nine tenths of the third, where it refuses memory and aborts connections that nobody owns.",
				"达到第一个值（低于它才会退出压力状态）提示；达到第二个值（内核开始收缩缓冲区）或窗口内发生过收缩则警告；达到第三个值的九成为严重：到第三个值内核就拒绝分配内存，并中止孤儿连接。",
				"net/core/sock.c __sk_mem_raise_allocated; net/ipv4/tcp_timer.c tcp_out_of_resources"),
		},
		Excluded: []knowledge.Statement{
			claim("Number and limit are of the whole host, also where they are read in a container; the memory limit of a cgroup acts apart from them, and earlier.",
				"这个数和上限属于整台主机，即使在容器里读到也是如此；cgroup 的内存限制另外生效，而且更早。",
				"net/ipv4/proc.c sockstat_seq_show; net/core/sock.c __sk_mem_raise_allocated"),
		},
		App: []knowledge.Statement{
			claim("Find who holds it: connections with large queues, read or written too slowly; fewer of them, or smaller SO_RCVBUF and SO_SNDBUF.",
				"找出谁占着内存：队列很长、读写太慢的连接；减少它们，或减小 SO_RCVBUF、SO_SNDBUF。", "socket(7)"),
		},
		Kernel: []knowledge.Statement{
			claim("Raise tcp_mem (in pages) only where the host has memory to spare: the kernel takes it from everything else.",
				"只有主机内存有富余时才调大 tcp_mem（单位是页）：这些内存取自其他一切用途。", "Documentation/networking/ip-sysctl.rst tcp_mem"),
		},
		Check:   command.Of("list", "recvq > 64KiB or sendq > 64KiB"),
		Sources: []string{"net/core/sock.c __sk_mem_raise_allocated", "net/ipv4/proc.c sockstat_seq_show", "Documentation/networking/ip-sysctl.rst tcp_mem"},
		See:     []string{"tcp_mem", "TCPMemoryPressures", "TCPAbortOnMemory", "OR01"},
		Judge:   judgeME01,
	}
}

const memNearMax = 0.9

func judgeME01(c *Case) []Finding {
	pages, ok := c.Gauge("TCP.mem")
	limits, okToo := c.Sysctls("net.ipv4.tcp_mem", 3)
	if !ok || !okToo {
		return nil
	}
	low, pressure, limit := float64(limits[0]), float64(limits[1]), float64(limits[2])
	n, times := float64(pages), c.MovedAnywhere("TcpExt.TCPMemoryPressures")
	f := Finding{
		Basis: Limit,
		Summary: say("TCP buffers of the host hold %s pages; tcp_mem is %s %s %s", "本机 TCP 缓冲区占用 %s 页；tcp_mem 为 %s %s %s",
			pages, plain(limits[0]), plain(limits[1]), plain(limits[2])),
		Evidence: []Evidence{above("TCP.mem", n, "pages", low)},
	}
	switch {
	case n >= memNearMax*limit:
		f.Severity, f.Evidence[0] = Critical, above("TCP.mem", n, "pages", memNearMax*limit)
		f.Detail = append(f.Detail, text("at the third value the kernel refuses memory: sends stall, and connections that nobody owns are aborted",
			"到第三个值内核就拒绝分配内存：发送停顿，无主的连接被中止"))
	case n >= pressure || times > 0:
		f.Severity, f.Evidence[0] = Warning, above("TCP.mem", n, "pages", pressure)
		f.Detail = append(f.Detail, text("beyond the second value the kernel shrinks buffers: connections become slow, nothing is lost", "超过第二个值后内核会收缩缓冲区：连接变慢，但不丢数据"))
	case n >= low:
		f.Severity = Notice
		return []Finding{f}
	default:
		return nil
	}
	if times > 0 {
		f.Basis = Loss
		f.Evidence = append(f.Evidence, above("TcpExt.TCPMemoryPressures", float64(times), "", 0))
	}
	f.Changes = []Change{{
		Key: "net.ipv4.tcp_mem",
		Why: text("raise it only where there is memory to spare; in pages, for the whole host", "仅在内存有富余时调大；单位是页，对整台主机生效"),
	}}
	return []Finding{f}
}
