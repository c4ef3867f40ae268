// SPDX-License-Identifier: Apache-2.0

//go:build !linux

// Package diag needs Linux: see its Linux files.
package diag
