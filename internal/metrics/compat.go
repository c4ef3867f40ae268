// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"os"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Queued is the sum of the queues of all connections in this process's network
// namespace, in bytes. It leaves out listeners, whose queues are numbers of
// connections.
type Queued struct{ Received, Sent uint64 }

// NodeExporter returns the metrics of node_exporter about TCP, with its names, types
// and help (collector/tcpstat_linux.go, netstat_linux.go, sockstat_linux.go). As
// there, they cover this process's own network namespace. States without sockets are
// 0 and not left out.
func NodeExporter() []*Metric { return nodeTable() }

var nodeTable = sync.OnceValue(func() (all []*Metric) {
	all = append(all, nodeStates())
	for _, name := range nodeNetstat() {
		all = append(all, nodeNumber(name))
	}
	for _, name := range nodeSockstat() {
		all = append(all, nodeSockets(name))
	}
	return append(all, nodeMemory(), nodeMaxConn())
})

// nodeNetstat returns the numbers of /proc/net/snmp and netstat about TCP that
// node_exporter 1.5 and later exports by default (--collector.netstat.fields).
func nodeNetstat() []string {
	return []string{
		"Tcp.ActiveOpens", "Tcp.CurrEstab", "Tcp.InErrs", "Tcp.InSegs", "Tcp.OutRsts", "Tcp.OutSegs", "Tcp.PassiveOpens", "Tcp.RetransSegs",
		"TcpExt.ListenDrops", "TcpExt.ListenOverflows", "TcpExt.SyncookiesFailed", "TcpExt.SyncookiesRecv", "TcpExt.SyncookiesSent",
		"TcpExt.TCPOFOQueue", "TcpExt.TCPRcvQDrop", "TcpExt.TCPSynRetrans", "TcpExt.TCPTimeouts",
	}
}

// nodeSockstat returns the same for /proc/net/sockstat and sockstat6.
func nodeSockstat() []string {
	return []string{"TCP.alloc", "TCP.inuse", "TCP.mem", "TCP.orphan", "TCP.tw", "TCP6.inuse", "sockets.used"}
}

// said returns a help text that exists in English only: it is copied from
// node_exporter, and users compare it.
func said(help string) knowledge.Text { return knowledge.Text{En: help, Zh: help} }

func nodeStates() *Metric {
	return &Metric{
		Name: "node_tcp_connection_states", Kind: Gauge, Unit: count(), Labels: []string{"state"}, Cost: Walk, Most: fixed(told + 2), Help: said("Number of connection states."),
		read: func(s *Sample, put put) {
			if s.Count == nil || s.Count.Own == nil {
				return
			}
			for _, state := range ToldStates() {
				put(float64(s.Count.Own[state]), state.Metric())
			}
			if s.Examined != nil && s.Examined.Queued != nil {
				put(float64(s.Examined.Queued.Received), "rx_queued_bytes")
				put(float64(s.Examined.Queued.Sent), "tx_queued_bytes")
			}
		},
	}
}

// nodeNumber returns the metric for a number of the kernel, by its name here, such as
// Tcp.InSegs.
func nodeNumber(name string) *Metric {
	return nodeMetric("node_netstat_"+strings.Replace(name, ".", "_", 1), Untyped, "Statistic "+strings.Replace(name, ".", "", 1)+".", name)
}

func nodeSockets(name string) *Metric {
	group, what, _ := strings.Cut(name, ".")
	help := "Number of " + group + " sockets in state " + what + "."
	if group == "sockets" {
		help = "Number of IPv4 sockets in use."
	}
	return nodeMetric("node_sockstat_"+group+"_"+what, Gauge, help, name)
}

func nodeMetric(name string, kind Kind, help, number string) *Metric {
	return &Metric{
		Name: name, Kind: kind, Unit: count(), Cost: Files, Most: fixed(1), Help: said(help),
		read: func(s *Sample, put put) {
			if s.Count == nil {
				return
			}
			n, ok := s.Count.Facts.Counters.Of(number)
			if !ok {
				n, ok = s.Count.Facts.Gauges.Of(number)
			}
			if ok {
				put(float64(n))
			}
		},
	}
}

func nodeMemory() *Metric {
	return &Metric{
		Name: "node_sockstat_TCP_mem_bytes", Kind: Gauge, Unit: count(), Cost: Files, Most: fixed(1), Help: said("Number of TCP sockets in state mem_bytes."),
		read: func(s *Sample, put put) {
			if s.Count == nil {
				return
			}
			if pages, ok := s.Count.Facts.Gauges.Of("TCP.mem"); ok {
				put(float64(pages) * float64(os.Getpagesize()))
			}
		},
	}
}

// nodeMaxConn returns the metric for MaxConn, which is -1 on every Linux: there is no
// limit (net/ipv4/proc.c snmp_seq_show).
func nodeMaxConn() *Metric {
	return &Metric{
		Name: "node_netstat_Tcp_MaxConn", Kind: Untyped, Unit: count(), Cost: Files, Most: fixed(1), Help: said("Statistic TcpMaxConn."),
		read: func(s *Sample, put put) {
			if s.Count == nil {
				return
			}
			if _, ok := s.Count.Facts.Counters.Of("Tcp.ActiveOpens"); ok {
				put(-1)
			}
		},
	}
}
