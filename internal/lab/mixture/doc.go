// SPDX-License-Identifier: Apache-2.0

// Package mixture makes real kernel sockets in any mixture of states on a testbed, and
// returns exactly these sockets.
//
// It is for tens to thousands of sockets; internal/lab/hold makes millions.
//
//	sockets, err := mixture.Make(b, mixture.Counts{tcp.TimeWait: 3, tcp.CloseWait: 2})
package mixture
