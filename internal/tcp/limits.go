// SPDX-License-Identifier: Apache-2.0

package tcp

import "time"

// Holder tells what keeps a socket alive. The limits of a state depend on the holder.
type Holder uint8

// The holders.
const (
	ByProcess   Holder = iota + 1 // a process has it open
	ByOrphanage                   // close()d: the kernel keeps the full socket
	ByMini                        // close()d: the kernel keeps a 256-byte minisocket
	ByRequest                     // not yet a socket: a request on a listener
)

// String returns the holder in one word: process, orphan, mini or request.
func (h Holder) String() string {
	switch h {
	case ByProcess:
		return "process"
	case ByOrphanage:
		return "orphan"
	case ByMini:
		return "mini"
	case ByRequest:
		return "request"
	default:
		return ""
	}
}

// While is the circumstance in which a limit applies.
type While uint8

// The circumstances.
const (
	Always     While = iota + 1
	Idle             // nothing is sent and no acknowledgement is awaited
	Unacked          // sent data is not acknowledged
	ZeroWindow       // the peer acknowledges and offers no window
	Keepalive        // idle, and the application has set SO_KEEPALIVE
)

// String returns the circumstance in a few words.
func (w While) String() string {
	switch w {
	case Always:
		return "always"
	case Idle:
		return "idle"
	case Unacked:
		return "unacknowledged"
	case ZeroWindow:
		return "zero window"
	case Keepalive:
		return "SO_KEEPALIVE"
	default:
		return ""
	}
}

// Limit tells what ends a state if neither the peer nor the application does.
type Limit struct {
	State  State
	Holder Holder
	While  While
	// Name is the constant or sysctl that limits the time in the state, "" if nothing
	// does.
	Name string
	// Sysctl is true when Name can be changed by an administrator.
	Sysctl bool
	// Longest is how long the state lasts with the kernel's default settings,
	// computed as the kernel does (the timers run up to 5 % longer; net/ipv4/
	// tcp_timer.c tcp_model_timeout). 0 means without limit.
	Longest time.Duration
	Kernel  string // file and function, net/ipv4/ unless said otherwise
}

// Unbounded reports whether the state can last for ever.
func (l Limit) Unbounded() bool { return l.Name == "" }

// Limits returns the limits of the time in s: one entry for each holder and
// circumstance with its own limit.
func (s State) Limits() []Limit {
	var limits []Limit
	for _, l := range limitsOf(s.Reported()) {
		l.State = s.Reported()
		limits = append(limits, l)
	}
	return limits
}

// Lifetimes computed as the kernel does, with default settings.
const (
	timeWaitLen = 60 * time.Second // include/net/tcp.h TCP_TIMEWAIT_LEN

	// 4 linear SYN timeouts of 1 s, then 1+2+4+...+64 s (Linux 6.5; 127 s before).
	synRetriesTime = 131 * time.Second
	// 1+2+4+8+16+32 s.
	synackRetriesTime = 63 * time.Second
	// tcp_retries2 = 15: ((2<<9)-1) * 200 ms + (15-9) * 120 s.
	retries2Time = 924600 * time.Millisecond
	// tcp_orphan_retries = 0 means 8: ((2<<8)-1) * 200 ms.
	orphanRetriesTime = 102200 * time.Millisecond
	// tcp_keepalive_time + tcp_keepalive_probes * tcp_keepalive_intvl.
	keepaliveTime = 7200*time.Second + 9*75*time.Second
)

func limitsOf(s State) []Limit {
	retries2 := Limit{
		Holder: ByProcess, While: Unacked, Name: "net.ipv4.tcp_retries2", Sysctl: true,
		Longest: retries2Time, Kernel: "tcp_timer.c tcp_write_timeout",
	}
	orphan := Limit{
		Holder: ByOrphanage, While: Unacked, Name: "net.ipv4.tcp_orphan_retries", Sysctl: true,
		Longest: orphanRetriesTime, Kernel: "tcp_timer.c tcp_orphan_retries",
	}
	switch s {
	case Listen, Bound, Close:
		return []Limit{{Holder: ByProcess, While: Always}}
	case SynSent:
		return []Limit{{
			Holder: ByProcess, While: Unacked, Name: "net.ipv4.tcp_syn_retries", Sysctl: true,
			Longest: synRetriesTime, Kernel: "tcp_timer.c tcp_write_timeout",
		}}
	case SynRecv:
		return []Limit{{
			Holder: ByRequest, While: Unacked, Name: "net.ipv4.tcp_synack_retries", Sysctl: true,
			Longest: synackRetriesTime, Kernel: "inet_connection_sock.c reqsk_timer_handler",
		}}
	case Established, CloseWait:
		return append(idleLimits(), retries2)
	case FinWait1, Closing, LastAck:
		return []Limit{retries2, orphan}
	case FinWait2:
		return finWait2Limits()
	case TimeWait:
		return []Limit{{
			Holder: ByMini, While: Always, Name: "TCP_TIMEWAIT_LEN",
			Longest: timeWaitLen, Kernel: "include/net/tcp.h; tcp_minisocks.c tcp_time_wait",
		}}
	default:
		return nil
	}
}

// idleLimits returns the limits of a connection that a process has open and that does
// not wait for an acknowledgement.
func idleLimits() []Limit {
	return []Limit{
		{Holder: ByProcess, While: Idle},
		{Holder: ByProcess, While: ZeroWindow},
		{
			Holder: ByProcess, While: Keepalive, Name: "net.ipv4.tcp_keepalive_time", Sysctl: true,
			Longest: keepaliveTime, Kernel: "tcp_timer.c tcp_keepalive_timer",
		},
	}
}

// finWait2Limits: up to tcp_fin_timeout = 60 s a closed FIN_WAIT2 is a
// minisocket at once; above, it is a full socket for T-60 s and a minisocket
// for T-60 s after that, so that 61 s last 2 s (tcp.c __tcp_close, tcp_timer.c
// tcp_keepalive_timer).
func finWait2Limits() []Limit {
	return []Limit{
		{Holder: ByProcess, While: Always},
		{
			Holder: ByMini, While: Always, Name: "net.ipv4.tcp_fin_timeout", Sysctl: true,
			Longest: timeWaitLen, Kernel: "include/net/tcp.h tcp_fin_time; tcp.c __tcp_close",
		},
	}
}
