// SPDX-License-Identifier: Apache-2.0

// Package clock is the clock that nobody can set and that does not stand still
// while the machine sleeps: CLOCK_BOOTTIME (clock_gettime(2)). Go's own monotonic
// time stops with a suspend.
//
//	now, err := clock.SinceBoot()
package clock

import "time"

// SinceBoot returns how long the machine has been up, asleep or not. The error
// matches [errors.ErrUnsupported] where there is no such clock.
func SinceBoot() (time.Duration, error) { return sinceBoot() }
