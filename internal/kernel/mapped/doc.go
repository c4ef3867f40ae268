// SPDX-License-Identifier: Apache-2.0

// Package mapped gives back the memory that a program's own file takes once it has
// started.
package mapped
