// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Hint is a sign, visible in a count by state alone, of what [Judge] may find, and
// the command that tells more.
type Hint struct {
	Text knowledge.Text
	Ask  command.Line
}

// Hints returns the signs in a count of findings above notice. It uses the rules'
// thresholds, as far as a count has the numbers. No hint does not mean that all is
// well.
func Hints(c *query.Census) (all []Hint) {
	seen := &c.Passing
	if n := seen.FullQueues; n > 0 {
		all = append(all, Hint{
			say("%s listener[s] with a full accept queue, where new connections are dropped", "有 %s 个监听套接字的全连接队列已满，新连接会被丢弃", n),
			command.Of("doctor"),
		})
	}
	// From leakMany on the rule warns, if the same connections are there at two
	// readings.
	if w := c.Of(tcp.CloseWait); c.OwnersKnown && w.Total-min(w.Total, w.Unowned) >= leakMany {
		all = append(all, Hint{
			say("%s CLOSE_WAIT are open in programs here, a leak if they stay", "有 %s 个 CLOSE_WAIT 被本机程序持有，若一直不减少就是泄漏", w.Total-w.Unowned),
			command.Of("doctor", "--window", "10s"),
		})
	}
	if n := seen.Unanswered; n >= synAgainMany {
		all = append(all, Hint{say("%s SYN[s] that got no answer [1:was|were] sent again", "有 %s 个 SYN 没有得到应答，已重发", n), command.Of("doctor")})
	}
	if n := seen.ToOne; seen.Ports > 0 && float64(n) >= portsShort*float64(seen.Ports) {
		all = append(all, Hint{
			say("about %s of %s local port[s] are taken by connections to one destination", "到同一目标的连接约占用 %s 个本地端口（共 %s 个）", min(n, seen.Ports), seen.Ports),
			command.Of("ports"),
		})
	}
	return all
}
