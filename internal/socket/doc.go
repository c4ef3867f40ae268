// SPDX-License-Identifier: Apache-2.0

// Package socket holds the row: one TCP socket as an engine saw it.
//
// It is plain data. Where a row came from is the engines' business
// (internal/kernel, internal/listing); what to do with it is the query's.
package socket
