// SPDX-License-Identifier: Apache-2.0

package socket

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// timerFields returns the timer of a socket.
func timerFields() []Field {
	return []Field{
		{
			ID: FieldTimer, Name: "timer", Type: TypeEnum,
			Words: []string{TimerOff: "off", TimerOn: "on", TimerKeepalive: "keepalive", TimerTimeWait: "timewait", TimerPersist: "persist"},
			Doc: Doc{
				"Timer that runs: on (retransmission), keepalive, timewait, persist (zero window), off.",
				"正在运行的定时器：on 重传，keepalive 保活，timewait 等 TIME_WAIT 结束，persist 零窗口探测，off 无。",
			},
			Sources: rowEngines, States: tcp.AllStates,
			get: known(FieldTimer, func(s *Socket) Value { return Num(uint64(s.Timer)) }),
		},
		{
			ID: FieldExpires, Name: "expires", Aliases: []string{"timeout"}, Type: TypeDuration,
			Doc:     Doc{"Time until the timer fires.", "定时器触发前的剩余时间。"},
			Sources: rowEngines, States: tcp.AllStates,
			get: known(FieldExpires, func(s *Socket) Value {
				if s.Timer == TimerOff {
					return Value{}
				}
				return Span(s.Expires)
			}),
		},
		{
			ID: FieldRetrans, Name: "retrans", Aliases: []string{"retransmits"}, Type: TypeCount,
			Doc: Doc{
				"Retransmissions in a row without an answer; probes in a row while the timer is keepalive or persist.",
				"连续未获应答的重传次数；定时器为 keepalive 或 persist 时为连续探测次数。",
			},
			Sources: rowEngines, States: tcp.AllStates,
			get: known(FieldRetrans, func(s *Socket) Value { return Num(uint64(s.Retrans)) }),
		},
	}
}
