// SPDX-License-Identifier: Apache-2.0

// Package userfile writes the files that a user names.
//
// It is the only way to do so. What stands at a name may be a link that leads
// elsewhere, a device or a FIFO; a writer may be killed at any moment. [Save]
// therefore puts a whole file in the place of none or of a regular one.
//
// It is not for /proc and /sys, whose files are the kernel's, nor for the files
// of tune, each call of which a test can make fail (internal/kernel/rawfile).
package userfile
