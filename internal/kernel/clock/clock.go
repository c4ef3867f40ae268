// SPDX-License-Identifier: Apache-2.0

// Package clock reads CLOCK_BOOTTIME (clock_gettime(2)): a clock that nobody can set
// and that goes on while the machine sleeps. Go's own monotonic time stops during
// suspend.
//
//	now, err := clock.SinceBoot()
package clock

import "time"

// SinceBoot returns the time since boot, including sleep. The error matches
// [errors.ErrUnsupported] if the system has no such clock.
func SinceBoot() (time.Duration, error) { return sinceBoot() }
