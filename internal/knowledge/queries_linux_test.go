// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestQueriesAreQuick: no query takes a processor for long, also none that is as long
// as a query may be and of words that nothing is written with.
func TestQueriesAreQuick(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x := everything()
	x.Ask("warm up")
	long := strings.Repeat("conection refusd tcp_tw_resue 连接被拒绝 ", 6)
	slowest := time.Duration(0)
	for _, q := range append(queries(t), query{words: long}) {
		quickest := time.Hour
		for range 3 {
			start := busy(t)
			x.Ask(q.words)
			quickest = min(quickest, busy(t)-start)
		}
		slowest = max(slowest, quickest)
		if quickest > 20*time.Millisecond {
			t.Errorf("%s: %v", q.words, quickest)
		}
	}
	t.Logf("the slowest takes %v", slowest)
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
