// SPDX-License-Identifier: Apache-2.0

// Package mixture brings real sockets of the kernel into any mixture of states
// on a testbed, and says exactly which sockets there are then.
//
// It is for tens to thousands of sockets; internal/lab/hold makes millions.
//
//	sockets, err := mixture.Make(b, mixture.Counts{tcp.TimeWait: 3, tcp.CloseWait: 2})
package mixture
