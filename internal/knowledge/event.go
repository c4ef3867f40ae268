// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// EventText returns an event in a few words, short enough for a drawing.
func EventText(e tcp.Event) Text {
	return Text{En: e.String(), Zh: eventZh(e)}
}

// eventZh leaves the names of system calls and sysctls as they are.
func eventZh(e tcp.Event) string {
	switch e {
	case tcp.ArriveSYN:
		return "收到 SYN"
	case tcp.ArriveSYNACK:
		return "收到 SYN,ACK"
	case tcp.ArriveACKofSYN:
		return "收到 SYN 的 ACK"
	case tcp.ArriveFIN:
		return "收到 FIN"
	case tcp.ArriveACKofFIN:
		return "收到 FIN 的 ACK"
	case tcp.ArriveFINandACK:
		return "收到 FIN 和 ACK"
	case tcp.ArriveRST:
		return "收到 RST"
	case tcp.ArriveLateData:
		return "收到数据"
	case tcp.TimeWaitTimeout:
		return "满 60 秒"
	case tcp.AbortCall:
		return "异常中止"
	case tcp.RetriesExhausted:
		return "一直无应答"
	case tcp.ResourceLimit:
		return "达到上限"
	case tcp.ListenerClosed:
		return "监听套接字已关闭"
	default:
		return e.String() // bind(), listen(), tcp_fin_timeout ...
	}
}

// SendsText returns "snd ACK" for a segment that is sent with a transition,
// and nothing for "".
func SendsText(segment string) Text {
	if segment == "" {
		return Text{}
	}
	return Text{En: "snd " + segment, Zh: "发出 " + segment}
}
