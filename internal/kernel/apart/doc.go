// SPDX-License-Identifier: Apache-2.0

// Package apart gives a program that checks itself a network namespace of its own for
// its sockets, so that the check takes no port of the user's.
package apart
