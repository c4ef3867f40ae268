// SPDX-License-Identifier: Apache-2.0

// Package rights drops the capabilities that a process no longer needs
// (capabilities(7)). They are dropped for good, for all threads and for all processes
// that it starts.
package rights
