// SPDX-License-Identifier: Apache-2.0

//go:build !linux

// Package mixture needs Linux: see its Linux files.
package mixture
