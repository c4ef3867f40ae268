// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfs

import "time"

// Self is not to be known on this system.
func Self() (cpu time.Duration, resident uint64, ok bool) { return 0, 0, false }
