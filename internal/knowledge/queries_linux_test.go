// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// longestQuery is how long a query may be, in bytes.
const longestQuery = 2048

// TestQueriesAreQuick: no query takes a processor for long, also none that is as long
// as a query may be and of the words that cost most: see costly.
func TestQueriesAreQuick(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x := everything()
	x.Ask("warm up")
	all := queries(t)
	for _, words := range costly() {
		all = append(all, query{words: words[:longestQuery]})
	}
	slowest := time.Duration(0)
	for _, q := range all {
		took := quickest(t, x, q.words)
		slowest = max(slowest, took)
		if took > 20*time.Millisecond {
			t.Errorf("%.100s: %v", q.words, took)
		}
	}
	t.Logf("the slowest takes %v", slowest)
}

// TestQueriesCostNoMoreThanTheirLength: a query that is four times as long takes at most
// about four times as long, whatever it is of.
func TestQueriesCostNoMoreThanTheirLength(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x := everything()
	x.Ask("warm up")
	const times, most = 4, 7 // the limits are four times and seven times; above four, other programs may have used the processor
	for _, words := range costly() {
		short := quickest(t, x, words[:longestQuery/times])
		long := quickest(t, x, words[:longestQuery])
		t.Logf("%.30s: %v, and %d times as long %v", words, short, times, long)
		if long > most*max(short, 200*time.Microsecond) {
			t.Errorf("%.60s: %v, and %d times as long %v", words, short, times, long)
		}
	}
}

// costly are texts of more than longestQuery bytes, each of a kind that costs much to
// search for: words with slips, names of several words, slips in these, and Chinese that
// is written nowhere.
func costly() []string {
	var slips, names, strange strings.Builder
	for i := range 300 {
		a, b := rune('a'+i%26), rune('a'+i/8%26)
		fmt.Fprintf(&slips, "timeou%c%c ", a, b)
		fmt.Fprintf(&names, "tcp_max%c%c_syn ", a, b)
		fmt.Fprintf(&strange, "%c连%c断 ", rune(0x4e00+i*7), rune(0x5e00+i*3))
	}
	return []string{
		strings.Repeat("conection refusd tcp_tw_resue 连接被拒绝 ", 60), slips.String(), names.String(), strange.String(),
		strings.Repeat("tcp_reuse_wait time_out_peer listen_full_queue port_close_reset ", 60),
		strings.Repeat("连接被拒绝服务端关闭大量超时", 80),
	}
}

// quickest is the least processor time of a few searches.
func quickest(t *testing.T, x *knowledge.Index, words string) time.Duration {
	t.Helper()
	least := time.Hour
	for range 3 {
		start := busy(t)
		x.Ask(words)
		least = min(least, busy(t)-start)
	}
	return least
}

// busy is how long this thread has had a processor.
func busy(t *testing.T) time.Duration {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		t.Fatal(err)
	}
	return time.Duration(now.Nano())
}
