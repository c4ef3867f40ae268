// SPDX-License-Identifier: Apache-2.0

// Package history keeps numbers over time: series of float samples, in a directory of
// its own, asked by PromQL.
//
// The database and the language are those of Prometheus as a library
// (docs/decisions/0019). Only this package imports them; its interface has its own
// types. The package does not know what the numbers mean.
//
// One program writes a directory. Others may read it meanwhile with [Look].
package history
