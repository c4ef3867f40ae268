// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line: it turns arguments into queries, shows the
// answers and decides the exit code.
//
// Every command has the same three parts: newXCommand builds it, XOptions holds
// its flags, runX does the work and knows nothing of cobra.
package cli
