// SPDX-License-Identifier: Apache-2.0

// Package shipped is the tests of what people install: `make packages` is run,
// and what it writes is installed, upgraded, removed and purged by the programs
// of the distributions, each in a root of its own.
package shipped
