// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Format is the program whose output a line is.
type Format uint8

const (
	// Unrecognised is not a format of this package.
	Unrecognised Format = iota
	// Netstat is netstat on Linux: net-tools, and busybox, whose rows are the
	// same (busybox prints IPv6 rows as tcp, net-tools as tcp6).
	Netstat
	// BSD is netstat of the BSDs and macOS: a dot before the port.
	BSD
	// Windows is netstat of Windows.
	Windows
	// PowerShell is the table of Get-NetTCPConnection.
	PowerShell
	// SS is ss of iproute2.
	SS
	// Proc is /proc/net/tcp and /proc/net/tcp6.
	Proc
	// StateCounts is two columns, a state and how many, in either order.
	StateCounts
	// Table is any other table whose heading names a column of states: CSV,
	// markdown, what this program's list prints, JSON.
	Table

	formats = iota
)

// String names the format as the user knows it.
func (f Format) String() string {
	switch f {
	case Netstat:
		return "netstat"
	case BSD:
		return "netstat (BSD, macOS)"
	case Windows:
		return "netstat (Windows)"
	case PowerShell:
		return "Get-NetTCPConnection"
	case SS:
		return "ss"
	case Proc:
		return "/proc/net/tcp"
	case StateCounts:
		return "counts by state"
	case Table:
		return "table"
	default:
		return "unrecognised"
	}
}

// linux reports whether rows of f come from a Linux kernel, where a state
// tells the kernel object.
func (f Format) linux() bool { return f == Netstat || f == SS || f == Proc }

// kind returns the kernel object after a row of f in state s as far as the
// state alone tells it. FIN_WAIT2 and SYN_RECV are each two objects
// (net/ipv4/tcp_ipv4.c, get_timewait4_sock and get_openreq4).
func (f Format) kind(s tcp.State) socket.Kind {
	switch {
	case s == tcp.Bound:
		return socket.Idle
	case !f.linux() || s == tcp.FinWait2 || s == tcp.SynRecv:
		return socket.KindUnknown
	case s == tcp.TimeWait:
		return socket.Mini
	default:
		return socket.Full
	}
}

// Limits says what listings of this format never show, whatever options made
// them. It is a property of the format and not a fault of the input.
func (f Format) Limits() []problem.Gap {
	bound := problem.Unread("BOUND", problem.FormatBound, f)
	object := problem.Unread("kernel objects", problem.FormatObjects, f)
	switch f {
	case Netstat:
		return []problem.Gap{bound, object}
	case SS:
		return []problem.Gap{object}
	case BSD:
		return []problem.Gap{bound}
	case Proc:
		return []problem.Gap{bound}
	case StateCounts:
		return []problem.Gap{problem.Unread("rows", problem.CountsOnly)}
	default:
		return nil
	}
}

// Columns is a set of what the rows of a listing show.
type Columns uint16

// The columns. A row can lack what another row of the same listing shows: ss
// prints a timer only where one runs.
const (
	Addresses Columns = 1 << iota // numeric addresses
	Ports                         // numeric ports
	Queues                        // Recv-Q and Send-Q
	UID
	Inode
	Timers
	Cookie  // ss -e, sk:
	Process // name or PID
)

// Has reports whether the set has all of other.
func (c Columns) Has(other Columns) bool { return c&other == other }
