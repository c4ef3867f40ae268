// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bufio"
	"fmt"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// tellSeries prints, for each metric, how many series this host has now, and how many
// it can have at most.
func tellSeries(w io.Writer, s *metrics.Sample, top int, lang knowledge.Lang) error {
	each := map[string]int{}
	for series := range metrics.Of(s) {
		each[series.Name]++
	}
	out := bufio.NewWriter(w)
	head := knowledge.Text{En: "  now  most  metric", Zh: " 现在  最多  指标"}
	fmt.Fprintln(out, head.In(lang))
	now, most := 0, 0
	for _, m := range metrics.All() {
		fmt.Fprintf(out, "%5d %5d  %s\n", each[m.Name], m.Most(top), m.Name)
		now, most = now+each[m.Name], most+m.Most(top)
	}
	sum := knowledge.Text{En: "series in all", Zh: "序列合计"}
	fmt.Fprintf(out, "%5d %5d  %s (--top %d)\n", now, most, sum.In(lang), top)
	return out.Flush()
}
