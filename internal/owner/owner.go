// SPDX-License-Identifier: Apache-2.0

package owner

// Owner is the process, unit and container that a socket belongs to. Fields
// that are not known are zero. Owners can be compared.
type Owner struct {
	PID       int32  // 0 if unknown, or if several processes share the other fields
	Start     uint64 // when the process started, see [socket.Process]; 0 if unknown
	Holders   int    // number of processes that have the socket open; PID is the lowest of them
	Process   string // name of the process (comm)
	Unit      string // systemd unit; that of the user manager if there is one
	Container string // container id or name
	Pod       string // Kubernetes pod UID

	// For a listener that several processes have open. Also names those that have it
	// open but do not accept, such as systemd[1]. Among names all of them if it is
	// unknown which of them accept: then PID is 0, and Process is what they have in
	// common.
	Also, Among string
}

// HasProcess reports whether a process is known, by number or name.
func (o Owner) HasProcess() bool { return o.PID != 0 || o.Process != "" }

// Zero reports whether nothing is known.
func (o Owner) Zero() bool {
	return !o.HasProcess() && o.Unit == "" && o.Container == "" && o.Pod == "" && o.Among == ""
}

// Common returns what two owners have in common, such as the unit of two worker
// processes; zero if nothing.
func (o Owner) Common(p Owner) Owner {
	if o == p {
		return o
	}
	var c Owner
	if o.PID == p.PID && o.Start == p.Start {
		c.PID, c.Start = o.PID, o.Start
	}
	if o.Process == p.Process {
		c.Process = o.Process
	}
	if o.Unit == p.Unit {
		c.Unit = o.Unit
	}
	if o.Container == p.Container {
		c.Container = o.Container
	}
	if o.Pod == p.Pod {
		c.Pod = o.Pod
	}
	if o.Also == p.Also {
		c.Also = o.Also
	}
	// The same program in two containers or units is not one service.
	if o.Container != p.Container || o.Pod != p.Pod || o.Unit != p.Unit {
		c.Process, c.PID, c.Start = "", 0, 0
	}
	return c
}

// Confidence tells how sure an owner is.
type Confidence uint8

const (
	// Unknown means that nothing is known about the owner; the reason tells why.
	Unknown Confidence = iota
	// Known means that the kernel tells it now, by a descriptor or a cgroup.
	Known
	// Inferred means that it follows from other sockets.
	Inferred
	// Traced means that the kernel told it while the socket still had its owner.
	Traced
)

// String returns unknown, known, inferred or traced.
func (c Confidence) String() string {
	switch c {
	case Known:
		return "known"
	case Inferred:
		return "inferred"
	case Traced:
		return "traced"
	default:
		return "unknown"
	}
}

// Verdict is the owner of a socket with confidence and reason.
type Verdict struct {
	Owner      Owner
	Confidence Confidence
	Reason     Reason
}

// Reason tells why an owner is inferred or unknown. It is a number, so that a million
// sockets need no strings.
type Reason uint8

const (
	// NoReason is the reason of a known owner.
	NoReason Reason = iota
	// ByListener means that the owner is that of the listener of the socket's local
	// port.
	ByListener
	// ByDestination means that all other connections to the same remote address and
	// port have this owner.
	ByDestination
	// SeveralListeners means that several listeners of the local port have nothing in
	// common.
	SeveralListeners
	// SeveralClients means that the owners of connections to the same destination
	// have nothing in common.
	SeveralClients
	// ListenerUnknown means that the local port has a listener whose owner is
	// unknown.
	ListenerUnknown
	// NoClue means that the local port has no listener, and no process has a
	// connection to the destination.
	NoClue
	// TooManyDestinations means that the destination was not remembered, because
	// there are too many.
	TooManyDestinations
	// NotVisible means that the socket is held by the kernel itself or by a process
	// that cannot be seen.
	NotVisible
	// SeveralHolders means that several processes have the socket open, and it is
	// unknown which of them uses it.
	SeveralHolders
	// CgroupGone means that the cgroup of the socket was removed, or lies outside the
	// cgroup namespace.
	CgroupGone
	// BeforeTrace means that the connection was closed before the trace began, or
	// that the trace has replaced it by newer ones.
	BeforeTrace
	// ByShares means the same as BeforeTrace, but the trace has seen processes close
	// connections of that service: the owner was drawn in proportion to their closes.
	ByShares
)

// String returns the reason as part of a sentence for the user.
func (r Reason) String() string {
	switch r {
	case ByListener:
		return "listener of its local port"
	case ByDestination:
		return "only client of its destination"
	case SeveralListeners:
		return "several services listen on its local port"
	case SeveralClients:
		return "several services are connected to its destination"
	case ListenerUnknown:
		return "the owner of the listener on its local port is not known"
	case NoClue:
		return "no listener on its local port and no other connection to its destination"
	case TooManyDestinations:
		return "too many destinations to remember this one"
	case NotVisible:
		return "held by the kernel, or by a process that cannot be seen from here"
	case SeveralHolders:
		return "several processes have it open, and which of them accepts cannot be told"
	case CgroupGone:
		return "its cgroup was removed or is outside of this cgroup namespace"
	case BeforeTrace:
		return "closed before the trace began"
	case ByShares:
		return "in proportion to who closed connections of its service during the trace"
	default:
		return ""
	}
}

// Closers knows who closed connections, by the cookies of their sockets;
// internal/trace implements it.
type Closers interface {
	// Closer returns who closed a connection first; ok is false for one that was
	// closed before the trace began.
	Closer(cookie uint64) (Owner, bool)
}

// A Sharer also knows how many connections of a service each process closes.
type Sharer interface {
	// Share returns an owner for a closed connection of a namespace (its inode, 0 if
	// there is only one), so that each process gets connections in proportion to its
	// closes. ok is false if no process was seen to close connections of the service,
	// or if shares are not wanted.
	Share(netns uint64, local, remote uint16) (Owner, bool)
}
