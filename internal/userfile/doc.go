// SPDX-License-Identifier: Apache-2.0

// Package userfile writes the files that a user names.
//
// No other package writes such files. A name may already be a link that leads
// elsewhere, a device or a FIFO, and a writer may be killed at any time. Therefore
// [Save] creates a complete file, and replaces only a regular file.
//
// The package is not for /proc and /sys, whose files are the kernel's, nor for the
// files of tune, each call of which a test can make fail (internal/kernel/rawfile).
package userfile
