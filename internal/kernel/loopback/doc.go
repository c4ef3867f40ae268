// SPDX-License-Identifier: Apache-2.0

// Package loopback sets up the loopback device of a new network namespace: without
// it, processes in there cannot even reach each other.
package loopback
