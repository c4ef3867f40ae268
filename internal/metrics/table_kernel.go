// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"os"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// counters returns the kernel's counters that are exported; the documentation and
// tcpvitals explain describe them.
func counters() []string {
	return []string{
		"Tcp.ActiveOpens", "Tcp.PassiveOpens", "Tcp.AttemptFails", "Tcp.EstabResets", "Tcp.OutRsts", "Tcp.InErrs",
		"Tcp.InSegs", "Tcp.OutSegs", "Tcp.RetransSegs",
		"TcpExt.ListenDrops", "TcpExt.ListenOverflows", "TcpExt.TCPReqQFullDrop", "TcpExt.TCPReqQFullDoCookies",
		"TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv", "TcpExt.SyncookiesFailed",
		"TcpExt.TCPTimeouts", "TcpExt.TCPSynRetrans", "TcpExt.TCPTimeWaitOverflow", "TcpExt.TWRecycled",
		"TcpExt.TCPAbortOnMemory", "TcpExt.TCPAbortOnTimeout", "TcpExt.TCPAbortOnData", "TcpExt.TCPAbortOnClose",
		"TcpExt.TCPMemoryPressures",
	}
}

func kernelMetrics() []Metric {
	return []Metric{
		{
			Name: "tcpvitals_kernel_events_total", Kind: Counter, Unit: count(), Labels: []string{"counter"}, Cost: Files, Most: fixed(len(counters())),
			Help: knowledge.Text{
				En: "The kernel's own counters of TCP, of the network namespace of the agent, by the names of netstat -s; tcpvitals explain says what each counts.",
				Zh: "内核自己的 TCP 计数器（agent 所在的网络命名空间），名称与 netstat -s 的来源相同；含义见 tcpvitals explain。",
			},
			read: func(s *Sample, put put) {
				if s.Count == nil {
					return
				}
				for _, name := range counters() {
					if n, ok := s.Count.Facts.Counters.Of(name); ok {
						put(float64(n), name)
					}
				}
			},
		},
		{
			Name: "tcpvitals_kernel_use", Kind: Gauge, Unit: count(), Labels: []string{"resource"}, Cost: Files, Most: fixed(len(resources())),
			Help: knowledge.Text{
				En: "How much is in use of what the kernel limits: orphans and time_wait, open files of the host, connections that conntrack follows.",
				Zh: "内核所限制的资源的用量：孤儿连接（orphans）、time_wait、整机打开的文件、conntrack 跟踪的连接。",
			},
			read: func(s *Sample, put put) { eachResource(s, resource.use, put) },
		},
		{
			Name: "tcpvitals_kernel_limit", Kind: Gauge, Unit: count(), Labels: []string{"resource"}, Cost: Files, Most: fixed(len(resources())),
			Help: knowledge.Text{
				En: "The kernel's limit for each resource of tcpvitals_kernel_use: tcp_max_orphans, tcp_max_tw_buckets, fs.file-max, nf_conntrack_max.",
				Zh: "tcpvitals_kernel_use 中各资源的内核上限：tcp_max_orphans、tcp_max_tw_buckets、fs.file-max、nf_conntrack_max。",
			},
			read: func(s *Sample, put put) { eachResource(s, resource.limit, put) },
		},
		{
			Name: "tcpvitals_memory_bytes", Kind: Gauge, Unit: bytes(), Cost: Files, Most: fixed(1),
			Help: knowledge.Text{
				En: "Memory that TCP buffers of the whole host hold.",
				Zh: "整机 TCP 缓冲区占用的内存。",
			},
			read: func(s *Sample, put put) {
				if s.Count == nil {
					return
				}
				if pages, ok := s.Count.Facts.Gauges.Of("TCP.mem"); ok {
					put(float64(pages) * float64(os.Getpagesize()))
				}
			},
		},
		{
			Name: "tcpvitals_memory_limit_bytes", Kind: Gauge, Unit: bytes(), Labels: []string{"level"}, Cost: Files, Most: fixed(len(memoryLevels)),
			Help: knowledge.Text{
				En: "The levels of net.ipv4.tcp_mem: above pressure buffers stop growing, above high the kernel drops.",
				Zh: "net.ipv4.tcp_mem 的各级：超过 pressure 时缓冲区停止增长，超过 high 时内核丢弃。",
			},
			read: func(s *Sample, put put) {
				if s.Count == nil {
					return
				}
				for i, pages := range numbersIn(s.Count.Facts.Sysctls["net.ipv4.tcp_mem"]) {
					if i < len(memoryLevels) {
						put(pages*float64(os.Getpagesize()), memoryLevels[i])
					}
				}
			},
		},
	}
}

// memoryLevels are the numbers of net.ipv4.tcp_mem.
var memoryLevels = [3]string{"low", "pressure", "high"}

// A resource is something that the kernel limits, with the sources of its use and its
// limit.
type resource struct{ name, gauge, sysctl string }

func resources() []resource {
	return []resource{
		{"orphans", "TCP.orphan", "net.ipv4.tcp_max_orphans"},
		{"time_wait", "TCP.tw", "net.ipv4.tcp_max_tw_buckets"},
		{"files", "file-nr.allocated", "fs.file-max"},
		{"conntrack", "nf_conntrack.entries", "net.netfilter.nf_conntrack_max"},
	}
}

func (r resource) use(f *diagnose.Facts) (float64, bool) {
	n, ok := f.Gauges.Of(r.gauge)
	if r.name == "conntrack" {
		if now := numbersIn(f.Sysctls["net.netfilter.nf_conntrack_count"]); len(now) == 1 {
			return now[0], true
		}
	}
	return float64(n), ok
}

func (r resource) limit(f *diagnose.Facts) (float64, bool) {
	n := numbersIn(f.Sysctls[r.sysctl])
	if len(n) != 1 {
		return 0, false
	}
	return n[0], true
}

func eachResource(s *Sample, value func(resource, *diagnose.Facts) (float64, bool), put put) {
	if s.Count == nil {
		return
	}
	for _, r := range resources() {
		if v, ok := value(r, &s.Count.Facts); ok {
			put(v, r.name)
		}
	}
}

// numbersIn parses the numbers of a kernel parameter; none if it has other text.
func numbersIn(text string) (all []float64) {
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return nil
		}
		all = append(all, float64(n))
	}
	return all
}
