// SPDX-License-Identifier: Apache-2.0

package kill

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// A Reason is why a matching socket was not closed. Its text is used in JSON.
type Reason string

// The reasons. The first four are known before the user is asked.
const (
	// Listener: the socket listens, and the filter does not say "state listen".
	Listener Reason = "listener"
	// OwnSession: an ancestor of this command has the socket open, such as the SSH
	// session.
	OwnSession Reason = "own-session"
	// Idle: the socket is bound but idle. The kernel can look up only connections and
	// listeners (net/ipv4/inet_diag.c inet_diag_find_one_icsk).
	Idle Reason = "bound-only"
	// Nameless: the engine that read the socket does not report its cookie.
	Nameless Reason = "no-cookie"
	// NotShown: the socket did not match when the list was shown.
	NotShown Reason = "not-shown"
	// Changed: the socket exists but no longer matches the filter.
	Changed Reason = "changed"
	// NoRight: the kernel refused (EPERM).
	NoRight Reason = "no-right"
	// NoSupport: this kernel cannot do it (EOPNOTSUPP).
	NoSupport Reason = "no-support"
	// Hidden: the kernel found another socket in its place, as among listeners that
	// share a port.
	Hidden Reason = "not-found"
	// Stayed: the kernel reported success, but the socket still exists. Kernels
	// without commit bac76cf89816 (Linux 6.11, backported to 6.1) only emptied the
	// send queue of a connection without an owner (net/ipv4/tcp.c tcp_abort).
	Stayed Reason = "still-there"
	// Refused: the kernel returned another error.
	Refused Reason = "kernel"
	// Unreachable: its network namespace could not be entered again.
	Unreachable Reason = "unreachable"
	// Interrupted: the command was ended before its turn.
	Interrupted Reason = "interrupted"
)

// Reasons returns all reasons.
func Reasons() []Reason {
	return []Reason{
		Listener, OwnSession, Idle, Nameless, NotShown, Changed, NoRight, NoSupport, Hidden, Stayed, Refused, Unreachable, Interrupted,
	}
}

// A Fate is what became of a socket that was to be closed.
type Fate string

// The fates.
const (
	// Killed: this command closed it.
	Killed Fate = "killed"
	// Gone: the socket was gone before this command closed it.
	Gone Fate = "gone"
	// Left: the socket was not closed; a [Reason] tells why.
	Left Fate = "refused"
)

// An Outcome is what became of one socket.
type Outcome struct {
	Fate   Fate
	Reason Reason         // set for Left
	Detail knowledge.Text // the kernel's error, or the present state; may be empty
}
