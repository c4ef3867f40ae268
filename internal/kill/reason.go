// SPDX-License-Identifier: Apache-2.0

package kill

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// A Reason is why a matching socket was left alone. JSON has it as it is.
type Reason string

// The reasons. The first four are known before anything is asked.
const (
	// Listener: it listens, and the filter does not say "state listen".
	Listener Reason = "listener"
	// OwnSession: an ancestor of this command has it open, such as the SSH session.
	OwnSession Reason = "own-session"
	// Idle: it is bound and nothing else. The kernel finds connections and
	// listeners only (net/ipv4/inet_diag.c inet_diag_find_one_icsk).
	Idle Reason = "bound-only"
	// Nameless: the engine that read it does not report its cookie.
	Nameless Reason = "no-cookie"
	// NotShown: it did not match when the list was shown.
	NotShown Reason = "not-shown"
	// Changed: it is there, and does not match the filter any more.
	Changed Reason = "changed"
	// NoRight: the kernel refused (EPERM).
	NoRight Reason = "no-right"
	// NoSupport: the kernel cannot (EOPNOTSUPP).
	NoSupport Reason = "no-support"
	// Hidden: the kernel found another socket where this one is, as among
	// listeners that share a port.
	Hidden Reason = "not-found"
	// Stayed: the kernel said that it is done, and it is still there. Kernels
	// without commit bac76cf89816 (Linux 6.11, taken back to 6.1) only emptied
	// the send queue of a connection without an owner (net/ipv4/tcp.c tcp_abort).
	Stayed Reason = "still-there"
	// Refused: the kernel gave another error.
	Refused Reason = "kernel"
	// Unreachable: its network namespace could not be entered again.
	Unreachable Reason = "unreachable"
	// Interrupted: the command was ended before its turn.
	Interrupted Reason = "interrupted"
)

// Reasons lists them all.
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
	// Gone: it was gone before this command got to it.
	Gone Fate = "gone"
	// Left: it was left alone or could not be closed; a [Reason] says why.
	Left Fate = "refused"
)

// An Outcome is what became of one socket.
type Outcome struct {
	Fate   Fate
	Reason Reason         // of Left
	Detail knowledge.Text // what the kernel said, or the state that it has now; may be empty
}
