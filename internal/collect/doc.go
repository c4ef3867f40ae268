// SPDX-License-Identifier: Apache-2.0

// Package collect reads what the rules need to judge a machine: its sockets, the
// kernel's counters and parameters of each network namespace, the owners of the
// sockets that findings are about, and a second reading where a rate is asked for. It
// fills the types of internal/diagnose, from any [engine.Source].
package collect
