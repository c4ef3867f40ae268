// SPDX-License-Identifier: Apache-2.0

//go:build !linux

// Package labtest needs Linux: see its Linux files.
package labtest
