// SPDX-License-Identifier: Apache-2.0

// Package shipped tests what people install. Its tests run `make packages` and let the
// tools of the distributions install, upgrade, remove and purge the packages, each in
// a root directory of its own.
package shipped
