// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Meaning returns what it means to close sockets in a state.
//
// net/ipv4/tcp.c tcp_need_reset decides who is told with a RST; for requests and
// minisockets no segment is sent (tcp_abort).
func Meaning(s tcp.State) knowledge.Text {
	switch s {
	case tcp.Established, tcp.CloseWait, tcp.FinWait1:
		return knowledge.Text{
			En: "the peer gets a RST; what was not yet read or sent is lost",
			Zh: "对端收到 RST；尚未读取或发送的数据丢失",
		}
	case tcp.FinWait2:
		return knowledge.Text{
			En: "the peer gets a RST while a process has the socket open; without one it just ends here, and the peer's next segment is answered with a RST",
			Zh: "有进程打开该套接字时对端收到 RST；没有时只是在本机结束，对端的下一个报文段会得到 RST",
		}
	case tcp.SynSent:
		return knowledge.Text{
			En: "connect() fails with ECONNABORTED; nothing is sent",
			Zh: "connect() 以 ECONNABORTED 失败；不发送任何报文",
		}
	case tcp.SynRecv, tcp.NewSynRecv:
		return knowledge.Text{
			En: "the handshake is forgotten; the peer may try again, and its late ACK is answered with a RST",
			Zh: "握手被遗忘；对端可能重试，其迟到的 ACK 会得到 RST",
		}
	case tcp.TimeWait:
		return knowledge.Text{
			En: "the wait ends early and the port is free at once: a segment of the old connection that comes late can be taken for one of a new connection with the same addresses",
			Zh: "等待提前结束，端口立即可用：旧连接迟到的报文段可能被当成同一地址对上新连接的数据",
		}
	case tcp.LastAck, tcp.Closing:
		return knowledge.Text{
			En: "the close is not finished: nothing is sent, and the peer learns of it only when it sends again",
			Zh: "关闭过程中断：不发送任何报文，对端再次发送时才会知道",
		}
	case tcp.Listen:
		return knowledge.Text{
			En: "no new connection is accepted any more, and those that wait for accept() are reset; only the program or its restart opens it again",
			Zh: "不再接受新连接，等待 accept() 的连接被重置；只有程序自身或重启才能重新打开",
		}
	default:
		return knowledge.Text{En: "the kernel cannot close it", Zh: "内核无法关闭"}
	}
}

// Keeps returns what closing does not do for sockets that a process has open.
func Keeps() knowledge.Text {
	return knowledge.Text{
		En: "The descriptors stay with the process until it closes them or restarts: it learns of the end by an error. Whatever made them pile up is still there; this buys time.",
		Zh: "文件描述符仍归进程所有，直到它自己关闭或重启：进程通过一个错误得知连接已终止。堆积的原因依然存在，这只是争取时间。",
	}
}

// Outlived returns what closing does not do for parts of MPTCP connections.
func Outlived(n uint64) knowledge.Text {
	some := knowledge.Grouped(n)
	en := some + " of them are subflows of MPTCP connections"
	if n == 1 {
		en = "One of them is a subflow of an MPTCP connection"
	}
	return knowledge.Text{
		En: en + ": the connection above stays, its process gets no error, and what it sends waits for another subflow.",
		Zh: "其中 " + some + " 个是 MPTCP 连接的子流：上层连接仍然存在，进程不会收到错误，其发送的数据等待另一条子流。",
	}
}

// Explain returns a reason as a sentence.
func (r Reason) Explain() knowledge.Text {
	switch r {
	case Listener:
		return knowledge.Text{En: "listens: to close it too, say state listen", Zh: "正在监听：如要一并关闭，请写明 state listen"}
	case OwnSession:
		return knowledge.Text{En: "this command may depend on it: to close it too, name its process, as in pid = 4711", Zh: "本命令依赖它：如要一并关闭，请写明其进程，例如 pid = 4711"}
	case Idle:
		return knowledge.Text{En: "is bound but idle: the kernel can close only connections and listeners", Zh: "仅绑定：内核只能关闭连接和监听套接字"}
	case Nameless:
		return knowledge.Text{En: "its cookie is not known: only sock_diag tells it", Zh: "cookie 未知：只有 sock_diag 提供"}
	case NotShown:
		return knowledge.Text{En: "had not been shown", Zh: "未曾展示"}
	case Changed:
		return knowledge.Text{En: "does not match the filter any more", Zh: "已不再符合过滤条件"}
	case NoRight:
		return knowledge.Text{En: "not allowed: it needs CAP_NET_ADMIN in the user namespace of its network namespace", Zh: "没有权限：需要在其网络命名空间所属的用户命名空间中拥有 CAP_NET_ADMIN"}
	case NoSupport:
		return knowledge.Text{En: "this kernel cannot close it (CONFIG_INET_DIAG_DESTROY)", Zh: "该内核无法关闭（CONFIG_INET_DIAG_DESTROY）"}
	case Hidden:
		return knowledge.Text{En: "the kernel finds another socket at its addresses, as among listeners that share a port", Zh: "内核在其地址上找到的是另一个套接字，例如共享端口的多个监听套接字"}
	case Stayed:
		return knowledge.Text{En: "is still there although the kernel said that it is closed", Zh: "内核称已关闭，但它仍然存在"}
	case Refused:
		return knowledge.Text{En: "the kernel refused", Zh: "内核拒绝"}
	case Unreachable:
		return knowledge.Text{En: "its network namespace could not be entered again", Zh: "无法再次进入其网络命名空间"}
	case Interrupted:
		return knowledge.Text{En: "the command was ended before its turn", Zh: "轮到它之前命令就已结束"}
	default:
		return knowledge.Text{}
	}
}
