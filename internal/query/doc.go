// SPDX-License-Identifier: Apache-2.0

// Package query holds questions to the socket table and the answers.
//
// An engine (internal/engine) supplies the sockets, and the package turns them into a
// [Census], into [Groups] or a [Diff]. It also has the filter language. It knows no
// kernel, no files and no clock.
package query
