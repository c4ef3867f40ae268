// SPDX-License-Identifier: Apache-2.0

// Package remote sends a history to stores that take Prometheus' remote write.
//
// The history itself is the queue: what is sent is read from it by time, and of each
// receiver a file says up to when it has everything (docs/decisions/0023). Nothing
// waits in memory, so that neither an outage of the receiver nor the end of this
// program loses a sample that the history still has.
package remote
