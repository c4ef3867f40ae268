// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"fmt"
	"math"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// StateCount is how many sockets are in a state, split as far as the engine
// could tell. What it could not tell is in Total only and is not guessed.
type StateCount struct {
	Total   uint64
	Full    uint64 // complete sockets
	Mini    uint64 // time-wait minisockets: TIME_WAIT, or FIN_WAIT2 after close()
	Request uint64 // request sockets: SYN_RECV before the third segment
	Idle    uint64 // bound, neither listening nor connected

	// Unowned is how many of the Full ones have inode 0: orphans, or
	// connections that nobody has accepted. It counts when OwnersKnown.
	Unowned     uint64
	OwnersKnown bool
}

// Meaning returns the line beside a state in the census: what the state means,
// and what the count says beyond the number. In English it is at most 75
// columns wide for counts up to 9,999,999. An invalid state has no text.
func Meaning(s tcp.State, c StateCount) Text {
	switch s.Reported() {
	case tcp.Established:
		return unaccepted(Text{"open", "连接正常打开"}, c)
	case tcp.SynSent:
		return Text{"we are connecting: no answer to our SYN yet", "本机正在连接：SYN 还没得到回应"}
	case tcp.SynRecv:
		return Text{"half-open: our SYN-ACK is not answered yet", "半连接：SYN-ACK 已发出，还没等到 ACK"}
	case tcp.FinWait1:
		return Text{"we closed, our FIN is not acknowledged yet", "本端已关闭，FIN 还没被确认"}
	case tcp.FinWait2:
		return finWait2Meaning(c)
	case tcp.TimeWait:
		return timeWaitMeaning(c)
	case tcp.CloseWait:
		return unaccepted(Text{"the peer closed, our application has not", "对端已关闭，本机应用还没 close()"}, c)
	default:
		return plainMeaning(s)
	}
}

// plainMeaning is for states about which the count says nothing more.
func plainMeaning(s tcp.State) Text {
	switch s {
	case tcp.Close:
		return Text{"no connection", "没有连接"}
	case tcp.LastAck:
		return Text{
			"the peer closed, then we did: our FIN is not acknowledged yet",
			"对端先关、本端后关，等对端确认 FIN",
		}
	case tcp.Listen:
		return Text{"waiting for connections", "监听中，等待连接"}
	case tcp.Closing:
		return Text{
			"both ends closed at once, our FIN is not acknowledged yet",
			"双方同时关闭，本端的 FIN 还没被确认",
		}
	case tcp.Bound:
		return Text{"holds a port, neither listening nor connected", "占着端口，既没监听也没连接"}
	default:
		return Text{}
	}
}

// unaccepted adds how many connections still wait in an accept queue: the full
// sockets without an inode.
func unaccepted(t Text, c StateCount) Text {
	if !c.OwnersKnown || c.Unowned == 0 {
		return t
	}
	if c.Unowned >= c.Total {
		return Text{t.En + "; all wait for accept()", t.Zh + "；全部还没被 accept()"}
	}
	n := Grouped(c.Unowned)
	return Text{t.En + "; " + n + " wait for accept()", t.Zh + "；" + n + " 个还没被 accept()"}
}

// finWait2Meaning tells the two things called FIN_WAIT2 apart: after close()
// tcp_fin_timeout ends it, while a process has it open nothing does.
func finWait2Meaning(c StateCount) Text {
	t := Text{"we closed, the peer has not", "本端已关闭，对端还没关"}
	if c.Full > 0 && !c.OwnersKnown || c.Full+c.Mini < c.Total || c.Total == 0 {
		return t
	}
	open := c.Full - min(c.Full, c.Unowned)
	orphans := c.Total - open
	switch {
	case open == 0:
		return Text{t.En + ": orphans, tcp_fin_timeout ends them", t.Zh + "：已 close()，到 tcp_fin_timeout 就消失"}
	case orphans == 0:
		return Text{t.En + ": still open here, no time limit", t.Zh + "：本机仍打开着，没有时限"}
	default:
		return Text{
			fmt.Sprintf("%s: %s orphaned, %s open (no limit)", t.En, Grouped(orphans), Grouped(open)),
			fmt.Sprintf("%s：%s 个已 close()，%s 个仍打开（无时限）", t.Zh, Grouped(orphans), Grouped(open)),
		}
	}
}

// timeWaitMeaning turns the count into a rate: every TIME_WAIT lasts 60 s
// (include/net/tcp.h TCP_TIMEWAIT_LEN), so n of them are n/60 closes a second
// over the last minute, and more where connect() has taken some over, as it does
// on loopback by default. Below two a second that is no news.
func timeWaitMeaning(c StateCount) Text {
	t := Text{"closed from this side, waiting out 60 s", "本端主动关闭，再等 60 秒消失"}
	rate := float64(c.Total) / 60
	if rate < 2 {
		return t
	}
	n := roundRate(rate)
	return Text{t.En + ": " + n + " closes a second or more", t.Zh + "：每秒至少关闭约 " + n + " 个"}
}

// roundRate writes a rate with as many digits as an estimate deserves: two
// below 100, three above.
func roundRate(rate float64) string {
	if rate < 9.95 {
		return strconv.FormatFloat(math.Round(rate*10)/10, 'f', -1, 64)
	}
	unit := 1.0
	for rate/unit >= 999.5 {
		unit *= 10
	}
	return Grouped(uint64(math.Round(rate/unit) * unit))
}

// Grouped writes n with a comma between thousands: 18,122.
func Grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
