// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"math/rand/v2"
	"time"
)

// Waits between two requests of which the first has failed.
const (
	leastDelay = time.Second
	mostDelay  = time.Minute
)

// delay is how long to wait before a request is repeated: as long as the receiver asks
// for, or twice as long as the last time, a part of it by chance, so that many hosts do
// not come back at once.
func delay(try int, a *answer) time.Duration {
	d := min(leastDelay<<min(try, 10), mostDelay)
	d = d/2 + rand.N(d/2)
	if a != nil {
		d = max(d, a.after)
	}
	return d
}

// A limiter lets a message that comes often through once a minute.
type limiter struct {
	last time.Time
	n    int
}

// add counts, and reports whether to say it now, and how much came since the last time.
func (l *limiter) add(n int, now time.Time) (all int, say bool) {
	l.n += n
	if !l.last.IsZero() && now.Sub(l.last) < time.Minute {
		return 0, false
	}
	all, l.n, l.last = l.n, 0, now
	return all, true
}
