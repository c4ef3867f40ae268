// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

// TestTraceStays: times in a state have two digits, a percentile of too few
// connections is unknown, and resets have the kernel's reasons.
func TestTraceStays(t *testing.T) {
	answer := &report.Trace{Summary: &trace.Summary{
		Took: 10 * time.Second,
		Stays: []trace.Stay{
			{State: tcp.Established, Count: 1234, Median: 4123456, P99: 31*time.Second + 234567891},
			{State: tcp.CloseWait, Count: 20, Median: 1536},
		},
		Resets: []trace.Reset{{Reason: "no-socket", End: trace.End{From: tcp.Close, Count: 20, By: []trace.Doer{{Port: 81, Accepted: true, Count: 20}}}}},
	}}
	for lang, want := range map[knowledge.Lang]string{
		knowledge.English: ` how connections ended (10.0 s)

 no connection ended

 resets (RST) that this host sent:
 why, in the kernel's words  count  per s  by
 no-socket (CLOSE)              20    2.0  :81 20

 how long in a state (of 1 socket in 16):
 state        count  median  99 %
 ESTABLISHED  1,234   4.1ms   31s
 CLOSE_WAIT      20   1.5µs     ?
`,
		knowledge.Chinese: ` 连接如何结束（10.0 秒）

 没有连接结束

 本机发送的重置（RST）：
 内核所说的原因     数量  每秒  由谁
 no-socket (CLOSE)    20   2.0  :81 20

 在各状态停留多久（抽样，每 16 个套接字取 1 个）：
 状态          数量  中位数  99%
 ESTABLISHED  1,234   4.1ms  31s
 CLOSE_WAIT      20   1.5µs    ?
`,
	} {
		got := TraceTable{Trace: answer, Lang: lang, Width: 120}.String()
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}
