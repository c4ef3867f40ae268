// SPDX-License-Identifier: Apache-2.0

// Package engine answers queries: it knows which readers of the socket table
// there are, picks one, and takes the next when one is not available here,
// saying so in the answer. Faces ask engines; only engines ask the kernel.
//
// Adding an engine means adding a file here and a line in live.
package engine
