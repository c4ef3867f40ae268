// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestIndexCost: an index costs little more than to find the words of its texts once, so
// that the first search is not waited for. Cutting every text anew costs many times that.
func TestIndexCost(t *testing.T) {
	topics := Topics()
	reading := func() {
		for _, topic := range topics {
			for _, texts := range textsOf(topic) {
				for _, text := range texts {
					for range runs(text) {
					}
				}
			}
		}
		for line := range strings.Lines(askedBefore) {
			for range runs(line) {
			}
		}
	}
	ratio := math.Inf(1) // the lowest of a few, as others want the processor too
	for range 7 {
		read, built := timed(t, reading), timed(t, func() { NewIndex(topics).words() })
		ratio = min(ratio, built.Seconds()/read.Seconds())
	}
	t.Logf("making the index costs %.1f times what reading its texts does", ratio)
	const most = 12
	if ratio > most {
		t.Errorf("the index costs %.1f times one reading of its texts, at most %d", ratio, most)
	}
}

// timed is the processor time of run, without what the collector does beside it.
func timed(t *testing.T, run func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime(t)
	run()
	return threadTime(t) - before
}

func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
