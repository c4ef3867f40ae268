// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"runtime/debug"
	"slices"
)

// WithoutC reports whether this program is not linked with C, like the released one:
// only such a process can drop its rights in all threads (syscall.AllThreadsSyscall).
func WithoutC() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"})
}
