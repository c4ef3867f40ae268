// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestMeaning(t *testing.T) {
	for _, test := range []struct {
		name  string
		state tcp.State
		count StateCount
		want  Text
	}{
		{
			"the sample of the blog post", tcp.TimeWait,
			StateCount{Total: 18122, Mini: 18122},
			Text{"closed from this side, waiting out 60 s: 302 closes a second or more", "本端主动关闭，再等 60 秒消失：每秒至少关闭约 302 个"},
		},
		{
			"the kind is not needed for the rate", tcp.TimeWait,
			StateCount{Total: 1_000_000},
			Text{"closed from this side, waiting out 60 s: 16,700 closes a second or more", "本端主动关闭，再等 60 秒消失：每秒至少关闭约 16,700 个"},
		},
		{
			"too few for a rate", tcp.TimeWait,
			StateCount{Total: 119, Mini: 119},
			Text{"closed from this side, waiting out 60 s", "本端主动关闭，再等 60 秒消失"},
		},
		{
			"just enough", tcp.TimeWait,
			StateCount{Total: 120, Mini: 120},
			Text{"closed from this side, waiting out 60 s: 2 closes a second or more", "本端主动关闭，再等 60 秒消失：每秒至少关闭约 2 个"},
		},
		{
			"both kinds", tcp.FinWait2,
			StateCount{Total: 30, Full: 5, Mini: 25, OwnersKnown: true},
			Text{"we closed, the peer has not: 25 orphaned, 5 open (no limit)", "本端已关闭，对端还没关：25 个已 close()，5 个仍打开（无时限）"},
		},
		{
			"a full orphan (tcp_fin_timeout above 60)", tcp.FinWait2,
			StateCount{Total: 3, Full: 3, Unowned: 2, OwnersKnown: true},
			Text{"we closed, the peer has not: 2 orphaned, 1 open (no limit)", "本端已关闭，对端还没关：2 个已 close()，1 个仍打开（无时限）"},
		},
		{
			"orphans only", tcp.FinWait2,
			StateCount{Total: 30, Mini: 30},
			Text{"we closed, the peer has not: orphans, tcp_fin_timeout ends them", "本端已关闭，对端还没关：已 close()，到 tcp_fin_timeout 就消失"},
		},
		{
			"open only", tcp.FinWait2,
			StateCount{Total: 5, Full: 5, OwnersKnown: true},
			Text{"we closed, the peer has not: still open here, no time limit", "本端已关闭，对端还没关：本机仍打开着，没有时限"},
		},
		{
			"kinds unknown: nothing is guessed", tcp.FinWait2,
			StateCount{Total: 30},
			Text{"we closed, the peer has not", "本端已关闭，对端还没关"},
		},
		{
			"some kinds unknown", tcp.FinWait2,
			StateCount{Total: 30, Mini: 10, OwnersKnown: true},
			Text{"we closed, the peer has not", "本端已关闭，对端还没关"},
		},
		{
			"owners unknown", tcp.FinWait2,
			StateCount{Total: 30, Mini: 10, Full: 20},
			Text{"we closed, the peer has not", "本端已关闭，对端还没关"},
		},
		{
			"no sockets", tcp.FinWait2,
			StateCount{OwnersKnown: true},
			Text{"we closed, the peer has not", "本端已关闭，对端还没关"},
		},
		{
			"half-open", tcp.NewSynRecv,
			StateCount{Total: 348, Request: 348},
			Text{"half-open: our SYN-ACK is not answered yet", "半连接：SYN-ACK 已发出，还没等到 ACK"},
		},
		{
			"FIN_WAIT1", tcp.FinWait1,
			StateCount{Total: 229},
			Text{"we closed, our FIN is not acknowledged yet", "本端已关闭，FIN 还没被确认"},
		},
		{"open", tcp.Established, StateCount{Total: 70, Full: 70, OwnersKnown: true}, Text{"open", "连接正常打开"}},
		{"owners unknown", tcp.Established, StateCount{Total: 70, Full: 70, Unowned: 7}, Text{"open", "连接正常打开"}},
		{
			"not accepted", tcp.Established,
			StateCount{Total: 70, Full: 70, Unowned: 7, OwnersKnown: true},
			Text{"open; 7 wait for accept()", "连接正常打开；7 个还没被 accept()"},
		},
		{
			"none accepted", tcp.CloseWait,
			StateCount{Total: 3, Full: 3, Unowned: 3, OwnersKnown: true},
			Text{"the peer closed, our application has not; all wait for accept()", "对端已关闭，本机应用还没 close()；全部还没被 accept()"},
		},
		{
			"bound", tcp.Bound,
			StateCount{Total: 2, Idle: 2},
			Text{"holds a port, neither listening nor connected", "占着端口，既没监听也没连接"},
		},
		{"no state", 99, StateCount{Total: 2}, Text{}},
	} {
		if got := Meaning(test.state, test.count); got != test.want {
			t.Errorf("%s (%s):\nwant %+v\n got %+v", test.name, test.state, test.want, got)
		}
	}
}

// TestMeaningOfEveryState: complete, and no wider than the census table has room.
func TestMeaningOfEveryState(t *testing.T) {
	const many = 9_999_999
	for s := range tcp.AllStates.All() {
		for _, c := range []StateCount{
			{},
			{Total: 1},
			{Total: many},
			{Total: many, Full: many, OwnersKnown: true},
			{Total: many, Full: many, Unowned: many, OwnersKnown: true},
			{Total: many, Full: 1, Mini: many - 1, OwnersKnown: true},
			{Total: many, Full: many / 2, Mini: many - many/2, Unowned: many / 4, OwnersKnown: true},
		} {
			text := Meaning(s, c)
			checkText(t, s.String(), text)
			if n := len(text.En); n > 75 {
				t.Errorf("%s: %d columns: %s", s, n, text.En)
			}
		}
	}
}

func TestRoundRate(t *testing.T) {
	for _, test := range []struct {
		rate float64
		want string
	}{
		{2, "2"},
		{2.04, "2"},
		{4.66, "4.7"},
		{9.94, "9.9"},
		{9.96, "10"},
		{47.4, "47"},
		{99.6, "100"},
		{302.03, "302"},
		{999.4, "999"},
		{999.6, "1,000"},
		{16666.7, "16,700"},
		{1e6, "1,000,000"},
	} {
		if got := roundRate(test.rate); got != test.want {
			t.Errorf("roundRate(%v): want %s, got %s", test.rate, test.want, got)
		}
	}
}

func TestGrouped(t *testing.T) {
	for _, test := range []struct {
		n    uint64
		want string
	}{
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{18122, "18,122"},
		{1234567, "1,234,567"},
		{math.MaxUint64, "18,446,744,073,709,551,615"},
	} {
		if got := Grouped(test.n); got != test.want {
			t.Errorf("Grouped(%d): want %s, got %s", test.n, test.want, got)
		}
	}
}
