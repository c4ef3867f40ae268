// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// A Recording is a series that a store of many hosts computes once, so that a question
// about all of them reads a few series of each host and not all.
type Recording struct {
	// Name is level:metric:operations, as Prometheus has it: the labels that are left,
	// what was measured, and what was done to it.
	Name string
	Expr string
	Help knowledge.Text
}

// Recordings returns the table: first of each host, then of all of them.
func Recordings() []Recording {
	return []Recording{
		{"instance_state:tcpvitals_connections:sum", `sum by (instance, state) (tcpvitals_connections)`, knowledge.Text{
			En: "Connections of each host by state, of both families.", Zh: "各主机按状态的连接数，两个地址族合计。",
		}},
		{"instance_severity:tcpvitals_findings:sum", `sum by (instance, severity) (tcpvitals_findings)`, knowledge.Text{
			En: "Findings of each host by severity.", Zh: "各主机按严重程度的诊断发现数。",
		}},
		{"instance:tcpvitals_ports_used:max_ratio", `max by (instance) (tcpvitals_ports_used_ratio)`, knowledge.Text{
			En: "How full the local ports of each host are, to its fullest destination.", Zh: "各主机到最满目标的本地端口占用比例。",
		}},
		{"instance:tcpvitals_accept_queue:max_ratio", `max by (instance) (tcpvitals_accept_queue_fullest_ratio)`, knowledge.Text{
			En: "How full the fullest accept queue of each host is.", Zh: "各主机最满的全连接队列的占用比例。",
		}},
		{"instance_resource:tcpvitals_kernel_use:ratio", `max by (instance, resource) (tcpvitals_kernel_use / tcpvitals_kernel_limit)`, knowledge.Text{
			En: "What the kernel of each host limits, as a share of its limit.", Zh: "各主机受内核限制的资源占其上限的比例。",
		}},
		{"instance:tcpvitals_memory:ratio", `max by (instance) (tcpvitals_memory_bytes / ignoring (level) tcpvitals_memory_limit_bytes{level="high"})`, knowledge.Text{
			En: "Memory of TCP buffers of each host, as a share of the last value of tcp_mem.", Zh: "各主机 TCP 缓冲区内存占 tcp_mem 最后一个值的比例。",
		}},
		{"instance_counter:tcpvitals_kernel_events:rate5m", `sum by (instance, counter) (rate(tcpvitals_kernel_events_total[5m]))`, knowledge.Text{
			En: "Events that the kernel of each host counts, a second.", Zh: "各主机内核计数的事件，每秒次数。",
		}},
		{"instance_reason:tcpvitals_connection_ends:rate5m", `sum by (instance, reason) (rate(tcpvitals_connection_ends_total[5m]))`, knowledge.Text{
			En: "How connections of each host end, a second; only where the agent traces.", Zh: "各主机连接以何种方式结束，每秒次数；仅在 agent 能跟踪时可用。",
		}},
		{"state:tcpvitals_connections:sum", `sum by (state) (instance_state:tcpvitals_connections:sum)`, knowledge.Text{
			En: "Connections of all hosts by state.", Zh: "所有主机按状态的连接数。",
		}},
		{"severity:tcpvitals_hosts:count", `count by (severity) (instance_severity:tcpvitals_findings:sum > 0)`, knowledge.Text{
			En: "How many hosts have a finding, by severity.", Zh: "有诊断发现的主机数，按严重程度。",
		}},
		{"rule_severity:tcpvitals_hosts:count", `count by (rule, severity) (count by (instance, rule, severity) (tcpvitals_finding > 0))`, knowledge.Text{
			En: "How many hosts have a finding of a rule: one host is a host's trouble, many at once are not.", Zh: "有某条规则的诊断发现的主机数：一台是该主机的问题，多台同时出现则不是。",
		}},
		{"tcpvitals_hosts:count", `count(count by (instance) (tcpvitals_build_info))`, knowledge.Text{
			En: "How many hosts there are.", Zh: "主机数。",
		}},
	}
}

// RecordingFile returns the table as a rules file of Prometheus. Rules in it read what
// those before them have written.
func RecordingFile() string {
	var b strings.Builder
	b.WriteString("# Generated from internal/alert by go test ./internal/alert -update. Do not edit.\n" +
		"# For a Prometheus of many hosts; what each means: docs/alerts.md.\n" +
		"groups:\n  - name: tcpvitals-hosts\n    rules:\n")
	for _, r := range Recordings() {
		fmt.Fprintf(&b, "      - record: %s\n        expr: %s\n", r.Name, scalar(r.Expr))
	}
	return b.String()
}

// recordingsPage is their part of docs/alerts.md.
func recordingsPage(lang knowledge.Lang) string {
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(lang) }
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", say("Recording rules for many hosts", "供多台主机使用的记录规则"), say(
		"`packaging/prometheus/recording.yml`, installed beside the alerts, is for the Prometheus that has all hosts: a question about a\n"+
			"hundred of them then reads some series of each and not 150. An agent alone does not need it.",
		"`packaging/prometheus/recording.yml` 与告警文件安装在一起，供汇集所有主机的 Prometheus 使用：对上百台主机的查询便只读每台的若干序列，\n而不是 150 个。单独的 agent 不需要它。"))
	fmt.Fprintf(&b, "| %s | %s |\n|---|---|\n", say("series", "序列"), say("meaning", "含义"))
	for _, r := range Recordings() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", r.Name, r.Help.In(lang))
	}
	return b.String()
}
