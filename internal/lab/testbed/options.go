// SPDX-License-Identifier: Apache-2.0

package testbed

import "time"

// Settle is how long a check waits for the kernel to reach the expected state. Usually
// the kernel has processed a packet when the write to the wire returns, but on a busy
// machine it may leave that to its worker threads.
const Settle = 500 * time.Millisecond

// Range is how long something may take; if both are 0, it is [Settle].
type Range struct{ Min, Max time.Duration }

// limit returns the upper end of the range.
func (r Range) limit() time.Duration {
	if r.Max == 0 {
		return Settle
	}
	return r.Max
}

// BindOptions say how a socket is bound.
type BindOptions struct {
	Loopback  bool   // bind to lo's address, not to the wire's
	Port      uint16 // 0: the kernel chooses
	ReuseAddr bool   // SO_REUSEADDR
	ReusePort bool   // SO_REUSEPORT
	NoPort    bool   // IP_BIND_ADDRESS_NO_PORT: choose the port in connect()
}

// ConnectOptions say where to connect to and from.
type ConnectOptions struct {
	Host     int    // last byte of the peer's address; 0 means 2
	Port     uint16 // 0: DefaultPort
	Loopback bool   // over lo, not over the wire
	From     *BindOptions
}

// KnownOption reports whether the lab can set the socket option of that name.
func KnownOption(name string) bool {
	switch name {
	case "SO_LINGER", "SO_RCVTIMEO", "SO_SNDTIMEO", "SO_KEEPALIVE", "SO_SNDBUF", "SO_RCVBUF", "TCP_KEEPIDLE", "TCP_KEEPINTVL",
		"TCP_KEEPCNT", "TCP_LINGER2", "TCP_USER_TIMEOUT", "TCP_NODELAY", "TCP_DEFER_ACCEPT":
		return true
	default:
		return false
	}
}
