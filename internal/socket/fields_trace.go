// SPDX-License-Identifier: Apache-2.0

package socket

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// traceFields returns the fields that only a trace fills: they describe a change, not
// a socket.
func traceFields() []Field {
	return []Field{
		{
			ID: FieldAt, Name: "at", Type: TypeTime,
			Doc:     Doc{"When it happened.", "发生的时刻。"},
			Sources: FromTrace, States: tcp.AllStates,
			get: change(func(c *Change) Value { return Num(uint64(c.At.UnixNano())) }),
		},
		{
			ID: FieldFromState, Name: "from", Type: TypeEnum, Words: stateWords(),
			Doc:     Doc{"The state before; state is the one after.", "之前的状态；state 是之后的状态。"},
			Sources: FromTrace, States: tcp.AllStates,
			get: func(s *Socket) (Value, bool) {
				if s.Change == nil || s.Change.From == 0 {
					return Value{}, false
				}
				return Num(uint64(s.Change.From.Reported())), true
			},
		},
		{
			ID: FieldReason, Name: "reason", Type: TypeEnum, Words: reasonWords(),
			Doc: Doc{
				"How the connection ended, as this end saw it: closed-first and closed-after are orderly; unread-data, linger-zero and disconnected are resets by the program; none for a change that ends nothing.",
				"从本端看连接如何结束：closed-first 与 closed-after 为正常关闭；unread-data、linger-zero、disconnected 为程序发出的重置；不结束连接的变化为 none。",
			},
			Sources: FromTrace, States: tcp.AllStates,
			get: change(func(c *Change) Value {
				if c.Reason == 0 {
					return Value{}
				}
				return Num(uint64(c.Reason))
			}),
		},
		{
			ID: FieldLasted, Name: "lasted", Type: TypeDuration,
			Doc:     Doc{"How long the connection was established until then; unknown when that began before the trace.", "到此刻为止连接保持已建立的时长；若在跟踪开始之前建立则未知。"},
			Sources: FromTrace, States: tcp.AllStates,
			get: func(s *Socket) (Value, bool) {
				c := s.Change
				switch {
				case c == nil:
					return Value{}, false
				case c.From == tcp.SynSent || c.From == tcp.Close || c.From == tcp.Listen:
					return Value{}, true // the connection was never established
				default:
					return Span(c.Lasted), c.Born
				}
			},
		},
		{
			ID: FieldCloser, Name: "closer", Type: TypeString,
			Doc: Doc{
				"Name of the process that did it; none where the network or a timer did.",
				"执行该操作的进程名；由网络或定时器引起时为 none。",
			},
			Sources: FromTrace, States: tcp.AllStates,
			get: func(s *Socket) (Value, bool) {
				if s.Change == nil || !s.Change.Watched {
					return Value{}, false
				}
				return Text(s.Change.Closer), true
			},
		},
		{
			ID: FieldReset, Name: "reset", Type: TypeString,
			Doc: Doc{
				"Why this host sent an RST then, in the kernel's words, such as tcp-abort-on-close, tcp-abort-on-data, no-socket; not-specified before Linux 6.10; none where it sent none.",
				"本机此时为何发送 RST，用内核的说法，如 tcp-abort-on-close、tcp-abort-on-data、no-socket；Linux 6.10 之前为 not-specified；没有发送则为 none。",
			},
			Sources: FromTrace, States: tcp.AllStates,
			get: change(func(c *Change) Value {
				if c.Reset == "" {
					return Value{}
				}
				return Text(c.Reset)
			}),
		},
	}
}

// stateWords returns the names of states by number.
func stateWords() []string {
	words := make([]string, tcp.Bound+1)
	for s := range tcp.AllStates.All() {
		words[s] = s.String()
	}
	return words
}

// change makes an accessor for a field of a change.
func change(get func(*Change) Value) func(*Socket) (Value, bool) {
	return func(s *Socket) (Value, bool) {
		if s.Change == nil {
			return Value{}, false
		}
		return get(s.Change), true
	}
}
