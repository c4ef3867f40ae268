// SPDX-License-Identifier: Apache-2.0

// Package socket defines the row: one TCP socket as an engine read it.
//
// The row is plain data. Engines fill it (internal/kernel, internal/listing), and
// queries use it.
package socket
