// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func ns01() Rule {
	return Rule{
		Code: "NS01", Name: "netns-blind", HostWide: true,
		Title:   text("Network namespaces that were not looked at", "没有查看的网络命名空间"),
		Facts:   []string{"network namespaces"},
		Formula: text("namespaces that a process is in, less those that were read", "有进程的网络命名空间数，减去已读取的"),
		Threshold: []knowledge.Statement{
			claim("Info from one: sockets, counters and kernel parameters of another namespace, such as a container's, are apart, and parameters there start from the kernel's defaults, not from the host's values.",
				"有一个即为信息：其他命名空间（例如容器）的套接字、计数器和内核参数都是独立的，而且参数从内核默认值开始，不继承主机的设置。",
				"net/ipv4/tcp_ipv4.c tcp_sk_init; net/core/net_namespace.c setup_net; measured on Linux 6.18"),
		},
		App: []knowledge.Statement{
			claim("Ask again with --netns all, or --netns and the container's name.", "加上 --netns all，或 --netns 加容器名，再问一次。", "network_namespaces(7)"),
		},
		Check:   command.Of("doctor", "--netns", "all"),
		Sources: []string{"net/ipv4/tcp_ipv4.c tcp_sk_init", "net/core/net_namespace.c setup_net"},
		See:     []string{"sysctls-in-containers", "sockstat-in-container"},
		Judge:   judgeNS01,
	}
}

func judgeNS01(c *Case) []Finding {
	if c.Machine.Others == nil {
		c.Lacks("network namespaces", text("this source does not show whether there are others", "该数据来源不显示是否还有其他网络命名空间"))
		return nil
	}
	n := *c.Machine.Others
	if n == 0 {
		return nil
	}
	return []Finding{{
		Severity: Info,
		Summary: say("%s network namespace[s] [was|were] not looked at: [its|their] sockets, counters and kernel parameters are apart from these",
			"有 %s 个网络命名空间没有查看：它们的套接字、计数器和内核参数与这里无关", n),
		Detail: []knowledge.Text{text("nearly all kernel parameters there start from the kernel's defaults, whatever is set on the host",
			"那里的内核参数几乎都从内核默认值开始，与主机上的设置无关")},
		Asks:     true,
		Evidence: []Evidence{above("network namespaces not read", float64(n), "", 0)},
	}}
}
