// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import "time"

// Self returns ok false on this system.
func Self() (cpu time.Duration, resident uint64, ok bool) { return 0, 0, false }
