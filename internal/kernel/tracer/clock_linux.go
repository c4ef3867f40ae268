// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"time"

	"golang.org/x/sys/unix"
)

// Epoch returns the wall time at which CLOCK_MONOTONIC was 0, computed now. The
// kernel stamps records with CLOCK_MONOTONIC.
func Epoch() time.Time {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(ts.Nano())).Round(0)
}
