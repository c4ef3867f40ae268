// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// metricsTopic returns the page of all metrics, for users without the documentation.
func metricsTopic() knowledge.Topic {
	const source = "docs/tcpvitalsd.md"
	t := knowledge.Topic{
		Kind: knowledge.KindQuestion, Name: "metrics", Aliases: []string{"tcpvitalsd", "prometheus", "exporter", "指标", "监控指标"},
		Title: knowledge.Text{En: "Which metrics does tcpvitalsd answer with?", Zh: "tcpvitalsd 提供哪些指标？"},
		See:   []string{"fields", "TIME_WAIT"},
	}
	usage := knowledge.Text{
		En: "tcpvitals serve starts tcpvitalsd, which answers at http://127.0.0.1:9779/metrics with what it saw last. tcpvitals metrics prints the same once. A number that is not known has no series.",
		Zh: "tcpvitals serve 启动 tcpvitalsd，它在 http://127.0.0.1:9779/metrics 提供最近一次看到的结果；tcpvitals metrics 输出一次同样的内容。未知的数没有序列。",
	}
	var all []knowledge.Text
	for _, m := range metrics.All() {
		labels := ""
		if len(m.Labels) > 0 {
			labels = "{" + strings.Join(m.Labels, ",") + "}"
		}
		all = append(all, knowledge.Text{
			En: m.Name + labels + " (" + string(m.Kind) + ", " + m.Unit.En + "): " + m.Help.En,
			Zh: m.Name + labels + "（" + string(m.Kind) + "，" + m.Unit.Zh + "）：" + m.Help.Zh,
		})
	}
	t.Sections = listPage(source, usage, knowledge.Text{En: "Metrics", Zh: "指标"}, all)
	return t
}
