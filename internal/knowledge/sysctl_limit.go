// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// protocolSysctls limit the answers to packets that do not fit.
func protocolSysctls() []Sysctl { return []Sysctl{challengeAckLimit(), invalidRatelimit()} }

func challengeAckLimit() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_challenge_ack_limit",
		Summary: Text{"challenge ACKs a second; the default is no limit", "每秒 challenge ACK 的上限；默认不限"},
		Unit:    Text{"packets a second", "每秒包数"}, Default: always("2147483647"),
		History: []Statement{say("Without a limit since Linux 6.0: a limit that all connections share can be used to spy on them.", "从 Linux 6.0 起默认不限：所有连接共享的上限可被用来侧信道探测。", "commit 79e3602caa6f")},
		Kernel:  anyInt(), Safe: only(math.MaxInt32), Direction: MoveNever, Effect: AtOnce, States: tcp.SynchronizedSet,
		Risk:   Text{"A shared limit lets a stranger find out which connections exist (CVE-2016-5696).", "共享的上限会让外人探测出有哪些连接（CVE-2016-5696）。"},
		Need:   Text{"None on current kernels.", "在当前内核上没有理由修改。"},
		Helped: Text{"Nothing to see: leave the default.", "没有可看的指标：保持默认即可。"},
		Verdicts: []SysctlVerdict{
			{
				Kind: Harmful, Values: ints(1, 1000),
				Text: Text{"brings back a limit that all connections share, by which a stranger can find out which exist", "重新启用了所有连接共享的上限，外人可借此探测出有哪些连接"},
				Do:   Text{"Delete the line: there is no limit since Linux 6.0.", "删掉这一行：Linux 6.0 起默认不限。"}, Source: "commit 79e3602caa6f",
			},
		},
		Source: "net/ipv4/tcp_input.c tcp_send_challenge_ack; " + measured,
		See:    []string{"CW03", "TCPChallengeACK"},
	}
}

func invalidRatelimit() Sysctl {
	return Sysctl{
		Key:     "net.ipv4.tcp_invalid_ratelimit",
		Summary: Text{"the least pause between two ACKs that answer packets out of place", "对同一连接的异常报文，两次应答 ACK 之间的最短间隔"},
		Unit:    Text{"milliseconds; 0 is no limit", "毫秒；0 表示不限"}, Default: always("500"),
		Kernel: anyCount(), Safe: only(500), Direction: MoveNever, Effect: AtOnce, States: tcp.Connected,
		Risk:   Text{"0 lets two ends that disagree answer each other for ever.", "设为 0 时，状态不一致的两端会无休止地互相应答。"},
		Need:   Text{"None.", "没有理由修改。"},
		Helped: Text{"TCPACKSkippedTimeWait and its relatives count what was not answered.", "TCPACKSkippedTimeWait 等计数器记录被抑制的应答。"},
		Verdicts: []SysctlVerdict{{
			Kind: Harmful, Values: only(0),
			Text: Text{"lets two ends that disagree answer each other without a pause", "状态不一致的两端会不停地互相应答"},
			Do:   Text{"Delete the line: the default is 500.", "删掉这一行：默认是 500。"}, Source: "Documentation/networking/ip-sysctl.rst",
		}},
		Source: "net/ipv4/tcp_input.c tcp_oow_rate_limited; " + measured,
		See:    []string{"CW03", "TCPACKSkippedTimeWait"},
	}
}
