// SPDX-License-Identifier: Apache-2.0

// Package loopback sets the loopback device of a new network namespace up:
// without it, nothing in there reaches even itself.
package loopback
