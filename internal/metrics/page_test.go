// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/testfile"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// TestMetricPages keeps the reference pages what the table says.
func TestMetricPages(t *testing.T) {
	for path, lang := range map[string]knowledge.Lang{"../../docs/metrics.md": knowledge.English, "../../docs/metrics.zh.md": knowledge.Chinese} {
		want := metricPage(lang)
		testfile.Fresh(t, *update, path, want)
	}
}

// defaultTop is that of --top.
const defaultTop = 20

func metricPage(lang knowledge.Lang) string {
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(lang) }
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/metrics by go test ./internal/metrics -update. Do not edit. -->\n\n")
	fmt.Fprintf(&b, "# %s\n\n%s\n\n%s\n\n", say("Metrics", "指标"), say(
		"Everything that `tcpvitalsd` answers at `/metrics`. A number that could not be read has no series: it is not zero. No series has a\n"+
			"remote address, a process id or an ephemeral port. `tcpvitalsd --dry-run` prints how many series a host has.",
		"`tcpvitalsd` 在 `/metrics` 提供的全部指标。未能读取的数没有序列：它不是零。任何序列都不含对端地址、进程号或临时端口。\n"+
			"`tcpvitalsd --dry-run` 输出本机的序列数。",
	), say(
		"Cost: *free* is known anyway; *files* a few files of /proc each second; *walk* a walk over the socket tables each second; *examine* a pass\n"+
			"over all sockets with their owners, every 10 s; *trace* a program in the kernel that counts as it happens. Series: the most there can be, with `--top 20`.",
		"代价：*free* 本来就知道；*files* 每秒读取几个 /proc 文件；*walk* 每秒遍历一次套接字表；*examine* 每 10 秒查看一次所有套接字及其归属；*trace* 由内核中的程序即时计数。\n"+
			"序列数：`--top 20` 时的最大值。",
	))
	b.WriteString(say("| metric | type | unit | labels | cost | series | meaning |\n", "| 指标 | 类型 | 单位 | 标签 | 代价 | 序列数 | 含义 |\n") + "|---|---|---|---|---|---|---|\n")
	for _, m := range metrics.All() {
		var labels []string
		for _, l := range m.Labels {
			labels = append(labels, "`"+l+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %d | %s |\n", m.Name, m.Kind, m.Unit.In(lang), strings.Join(labels, " "), m.Cost, m.Most(defaultTop), m.Help.In(lang))
	}
	return b.String()
}
