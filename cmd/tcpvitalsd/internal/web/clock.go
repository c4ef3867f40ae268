// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import "time"

// leastStep is the least change of the clock that is told. Corrections while it runs
// are smaller: they change it by 0.5 ms in a second (adjtimex(2)).
const leastStep = 2 * time.Second

// A wallClock notices that the clock of the host was set: it then is no longer as far
// ahead of the time since the program began, which nobody can set.
type wallClock struct {
	now   func() time.Time
	began time.Time
	ahead time.Duration // when it was last looked at
}

// set returns by how much the clock was set since it was last looked at.
func (c *wallClock) set() time.Duration {
	ahead := c.now().Round(0).Sub(c.began.Round(0)) - time.Since(c.began) //nolint:forbidigo // time that nobody can set is what a clock is held against
	by := ahead - c.ahead
	c.ahead = ahead
	return by
}
