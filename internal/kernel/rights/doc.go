// SPDX-License-Identifier: Apache-2.0

// Package rights gives up what a process is allowed to do and does not need any
// more (capabilities(7)), for good: for all of its threads, and for whatever it
// would start.
package rights
