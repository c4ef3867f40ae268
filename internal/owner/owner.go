// SPDX-License-Identifier: Apache-2.0

package owner

// Owner is the process, unit and container that a socket belongs to. Fields
// that are not known are zero. Owners can be compared.
type Owner struct {
	PID       int32  // 0 when not known, or when several share what else is here
	Start     uint64 // when the process of PID started, see [socket.Process]; 0 when not known
	Holders   int    // processes that have the socket open, PID being the lowest of them
	Process   string // name of the process (comm)
	Unit      string // systemd unit, that of the user manager where there is one
	Container string // container id or name
	Pod       string // Kubernetes pod UID

	// Of a listener that several have open: Also is who does so beside those who
	// accept, such as systemd[1]; Among is all of them, where it cannot be told who
	// accepts: then PID is 0, and Process what they have in common.
	Also, Among string
}

// HasProcess reports whether a process is known, if only by its number.
func (o Owner) HasProcess() bool { return o.PID != 0 || o.Process != "" }

// Zero reports whether nothing is known.
func (o Owner) Zero() bool {
	return !o.HasProcess() && o.Unit == "" && o.Container == "" && o.Pod == "" && o.Among == ""
}

// Common returns what two owners have in common, such as the unit of two
// worker processes. It is zero when they have nothing in common.
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

// Confidence is how sure an owner is.
type Confidence uint8

const (
	// Unknown means that nothing is said about the owner; the reason tells why.
	Unknown Confidence = iota
	// Known is what the kernel says now: a descriptor or a cgroup.
	Known
	// Inferred is a conclusion from other sockets.
	Inferred
	// Traced is what the kernel said while the socket still had its owner.
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

// Verdict is the answer to whose a socket is.
type Verdict struct {
	Owner      Owner
	Confidence Confidence
	Reason     Reason
}

// Reason says why an owner is inferred or unknown. It is a number so that a
// million sockets cost no strings.
type Reason uint8

const (
	// NoReason goes with an owner that is known.
	NoReason Reason = iota
	// ByListener means that the socket's local port has a listener.
	ByListener
	// ByDestination means that all other connections to the same remote address and port
	// have this owner.
	ByDestination
	// SeveralListeners listen on the local port, and have nothing in common.
	SeveralListeners
	// SeveralClients have connections to the same destination, and have
	// nothing in common.
	SeveralClients
	// ListenerUnknown means that the local port has a listener, but nobody
	// knows whose it is.
	ListenerUnknown
	// NoClue means that nobody listens on the local port, and nobody else is connected to
	// the destination.
	NoClue
	// TooManyDestinations means that the destination is one of those that were not
	// remembered.
	TooManyDestinations
	// NotVisible means that a process or the kernel itself holds the socket, but none
	// that can be seen.
	NotVisible
	// SeveralHolders have it open, and who of them uses it cannot be told.
	SeveralHolders
	// CgroupGone means that the cgroup of the socket was removed, or lies outside of the
	// cgroup namespace.
	CgroupGone
	// BeforeTrace means that the connection was closed before a trace began, or
	// that the trace has dropped it for newer ones.
	BeforeTrace
	// ByShares means the same, where the trace has seen others close connections of
	// that service: whose it is was drawn by their shares.
	ByShares
)

// String returns the reason as part of a sentence, in words for the user.
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
		return "by the shares of those who closed connections of its service while it was traced"
	default:
		return ""
	}
}

// Closers knows who closed connections, by the cookies that their sockets keep:
// internal/trace does.
type Closers interface {
	// Closer returns who closed a connection first; false for one that was
	// closed before the trace began.
	Closer(cookie uint64) (Owner, bool)
}

// A Sharer also knows who closes connections of a service, and how many.
type Sharer interface {
	// Share returns whose a closed connection of a namespace (its inode, 0 where
	// there is one only) is to count as, so that as many go to each as it closes;
	// false where nobody was seen to close any of that service, or nobody wants to
	// know.
	Share(netns uint64, local, remote uint16) (Owner, bool)
}
