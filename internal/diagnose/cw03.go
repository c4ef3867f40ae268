// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func cw03() Rule {
	return Rule{
		Code: "CW03", Name: "close-wait-port-clash",
		Title: knowledge.Text{En: "Old CLOSE_WAIT are in the way of new connections", Zh: "旧的 CLOSE_WAIT 挡住了新连接"},
		Facts: []string{"CLOSE_WAIT", "cookie", "TcpExt.TCPSYNChallenge", "window"},
		Formula: knowledge.Text{
			En: "CLOSE_WAIT that were there at both readings, while TCPSYNChallenge grew",
			Zh: "两次读取时都在的 CLOSE_WAIT，同时 TCPSYNChallenge 增长",
		},
		Threshold: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Notice from one of each: the peer's FIN_WAIT2 ends after its tcp_fin_timeout, its port is used again, and the SYN of the new connection meets our old socket, which answers with a challenge ACK.",
				Zh: "二者各有一个即提示：对端的 FIN_WAIT2 在其 tcp_fin_timeout 后结束，端口被重新使用，新连接的 SYN 碰到本机的旧套接字，只得到 challenge ACK。",
			},
			Source: "net/ipv4/tcp_input.c tcp_validate_incoming; RFC 5961 4.2",
		}},
		Excluded: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Scanners cause challenge ACKs too: without CLOSE_WAIT that stay nothing is said, and with them never more than a notice.",
				Zh: "扫描器也会引起 challenge ACK：没有滞留的 CLOSE_WAIT 时不报告，有时也至多是提示。",
			},
			Source: "net/ipv4/tcp_input.c tcp_send_challenge_ack; RFC 5961 4.2",
		}, {
			Text: knowledge.Text{
				En: "SYN-ACKs that a server with a full accept queue sends again are counted too, by the clients of this host: nothing is said unless a segment came to a CLOSE_WAIT that stays (segs_in), or one of them was reset or closed meanwhile.",
				Zh: "全连接队列已满的服务端会重发 SYN-ACK，本机作为客户端时也会计入该计数器：只有滞留的 CLOSE_WAIT 收到了报文段（segs_in），或其间有 CLOSE_WAIT 被重置或关闭，才会报告。",
			},
			Source: "net/ipv4/tcp_input.c tcp_validate_incoming; include/net/tcp.h tcp_segs_in; measured on Linux 6.18",
		}},
		App: []knowledge.Statement{{
			Text: knowledge.Text{
				En: "Close what the peer has closed. Until then its connect() hangs in SYN_SENT on some ports, or takes a second longer.",
				Zh: "关闭对端已关闭的连接。否则对端在某些端口上的 connect() 会停在 SYN_SENT，或多花一秒。",
			},
			Source: "RFC 9293 3.5.2; RFC 5961 4.2",
		}},
		Check:   command.Of("list", "state close-wait", "-c", "+process"),
		Sources: []string{"net/ipv4/tcp_input.c tcp_validate_incoming", "RFC 5961 4.2"},
		See:     []string{"CLOSE_WAIT", "FIN_WAIT2", "SYN_SENT", "TCPSYNChallenge", "CW01"},
		Judge:   judgeCW03,
	}
}

func judgeCW03(c *Case) []Finding {
	if c.Count(tcp.CloseWait) == 0 {
		return nil
	}
	challenges, counted := c.Delta("TcpExt.TCPSYNChallenge")
	now, before, ok := c.Kept(CloseWaitHeld)
	if !ok || !counted || challenges == 0 || c.Window < settledIn {
		return nil
	}
	lasted := len(Persisted(now, before))
	if lasted == 0 || !met(now, before) {
		return nil
	}
	return []Finding{{
		Severity: Notice, Basis: Lasting,
		Summary: say("%s SYN[s] met a connection that still exists here, and %s CLOSE_WAIT stay: peers use ports again that were never closed here",
			"%s 个 SYN 碰到本机仍存在的连接，同时有 %s 个 CLOSE_WAIT 滞留：对端重新使用了本机从未关闭的端口", challenges, lasted),
		Evidence: []Evidence{
			above("TcpExt.TCPSYNChallenge", float64(challenges), "", 0),
			above("CLOSE_WAIT at both readings", float64(lasted), "", 0),
		},
	}}
}

// met reports whether a segment may have come to a CLOSE_WAIT between two readings:
// one that is still there has received more, or one is gone, as after the RST that
// answers a challenge ACK.
func met(now, before *Watch) bool {
	if len(vanished(before, now)) > 0 {
		return true
	}
	there, earlier := common(now, before)
	past := byCookie(earlier)
	for i := range there {
		k, was := &there[i], past[there[i].Cookie]
		if was != nil && (!k.Life.Queued || !was.Life.Queued || k.Life.In != was.Life.In) {
			return true
		}
	}
	return false
}
