// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Change is a transition of a socket, as a trace sees it: the row's State is
// the one after it.
type Change struct {
	At   time.Time
	From tcp.State // 0: not known
	// Reason is why a connection ended here; 0 for a transition that ends none.
	Reason Reason
	// Lasted is how long the connection was established; Born says whether its
	// beginning was seen.
	Lasted time.Duration
	Born   bool
	// Closer is the name of the process that ended the connection, "" when no process did.
	// Watched is false when that was not observed, as when a change is concluded from two
	// looks.
	Closer  string
	Watched bool
	// Reset is why this host has sent an RST, as the kernel calls it; "" where it
	// has sent none.
	Reset string
}

// A Reason is how a connection ended, as its own end saw it.
type Reason uint8

// The reasons. In those up to Opened a process acted.
const (
	ClosedFirst    Reason = iota + 1 // close() or shutdown() while the peer had not closed
	ClosedAfter                      // the same, after the peer's FIN
	UnreadData                       // closed with data that nobody had read: RST (RFC 2525 section 2.17)
	LingerZero                       // SO_LINGER with no time: RST
	Disconnected                     // connect() to no address: RST
	NeverAccepted                    // its listener was closed before anybody accepted it: RST
	GaveUp                           // closed while it was connecting
	Destroyed                        // SOCK_DESTROY by another process
	NoPort                           // connect() that found no local port: no SYN was sent
	Opened                           // connect(): no end
	PeerReset                        // ECONNRESET, or EPIPE after the peer's FIN
	ResetAfterOurs                   // ECONNRESET after our FIN: an RST, or data that nobody wanted
	Refused                          // ECONNREFUSED
	TimedOut                         // ETIMEDOUT
	Unreachable                      // EHOSTUNREACH, ENETUNREACH
	Abandoned                        // by the kernel after our FIN: too many orphans, no memory
	Failed                           // another error
	Unseen                           // without a program in the kernel nothing tells how
)

// reasonWords are the words of the field reason.
func reasonWords() []string {
	return []string{
		ClosedFirst: "closed-first", ClosedAfter: "closed-after", UnreadData: "unread-data", LingerZero: "linger-zero",
		Disconnected: "disconnected", NeverAccepted: "never-accepted", GaveUp: "gave-up", Destroyed: "destroyed", NoPort: "no-port", Opened: "opened",
		PeerReset: "peer-reset", ResetAfterOurs: "reset-after-close", Refused: "refused", TimedOut: "timed-out",
		Unreachable: "unreachable", Abandoned: "abandoned", Failed: "failed", Unseen: "unseen",
	}
}

// String returns the reason in one word.
func (r Reason) String() string {
	if words := reasonWords(); int(r) < len(words) {
		return words[r]
	}
	return ""
}

// Acts reports whether a process did this.
func (r Reason) Acts() bool { return r >= ClosedFirst && r <= Opened }
