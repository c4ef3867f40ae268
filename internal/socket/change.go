// SPDX-License-Identifier: Apache-2.0

package socket

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Change is a transition of a socket, as a trace sees it. The row's State is the
// state after it.
type Change struct {
	At   time.Time
	From tcp.State // 0 if unknown
	// Reason is why a connection ended here; 0 for a transition that ends none.
	Reason Reason
	// Lasted is how long the connection was established; Born says whether its
	// beginning was seen.
	Lasted time.Duration
	Born   bool
	// Closer is the name of the process that ended the connection, "" if no process
	// did. Watched is false if that was not observed, as when a change is derived
	// from two looks.
	Closer  string
	Watched bool
	// Reset is the kernel's reason for sending an RST; "" if it sent none.
	Reset string
}

// A Reason is how a connection ended, as its own end saw it.
type Reason uint8

// The reasons. For those up to Opened a process acted.
const (
	ClosedFirst    Reason = iota + 1 // close() or shutdown() while the peer had not closed
	ClosedAfter                      // close() or shutdown() after the peer's FIN
	UnreadData                       // closed with unread data: RST (RFC 2525 section 2.17)
	LingerZero                       // SO_LINGER with a time of 0: RST
	Disconnected                     // connect() to no address: RST
	NeverAccepted                    // the listener was closed before any process accepted it: RST
	GaveUp                           // closed while connecting
	Destroyed                        // SOCK_DESTROY by another process
	NoPort                           // connect() that found no local port: no SYN was sent
	Opened                           // connect(): not an end
	PeerReset                        // ECONNRESET, or EPIPE after the peer's FIN
	ResetAfterOurs                   // ECONNRESET after this side's FIN: an RST, or data after close()
	Refused                          // ECONNREFUSED
	TimedOut                         // ETIMEDOUT
	Unreachable                      // EHOSTUNREACH, ENETUNREACH
	Abandoned                        // by the kernel after this side's FIN: too many orphans, or no memory
	Failed                           // another error
	Unseen                           // the end was not observed, because no program in the kernel watched
)

// reasonWords returns the words of the field reason.
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

// Acts reports whether a process acted.
func (r Reason) Acts() bool { return r >= ClosedFirst && r <= Opened }
