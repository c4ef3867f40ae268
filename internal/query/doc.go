// SPDX-License-Identifier: Apache-2.0

// Package query is the question to the socket table and the answer to it.
//
// An engine (internal/engine) feeds sockets in; a [Census] comes out: how many
// sockets are in which state, and what could not be seen. The package knows no
// kernel, no files and no clock.
package query
