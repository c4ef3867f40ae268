// SPDX-License-Identifier: Apache-2.0

package socket

import "time"

// Shutdown is a set of directions that have been shut down, with the bits of
// sk_shutdown (include/net/sock.h RCV_SHUTDOWN, SEND_SHUTDOWN).
type Shutdown uint8

const (
	// ShutRead means that no more data is expected.
	ShutRead Shutdown = 1
	// ShutWrite means that no more data can be sent: FIN is queued or sent.
	ShutWrite Shutdown = 2
)

// Direction tells which end opened a connection, judged by the listeners that
// exist now: the kernel itself does not remember it.
type Direction uint8

const (
	// Inbound means that a listener owns the local port.
	Inbound Direction = 1
	// Outbound means that no listener owns the local port.
	Outbound Direction = 2
)

// Confidence tells how an owner was found.
type Confidence uint8

const (
	// OwnerNone means that no owner can be found; Owner.Why tells why.
	OwnerNone Confidence = 1
	// OwnerInferred means that no process has the socket open, and the owner was
	// inferred from a listener or from other connections.
	OwnerInferred Confidence = 2
	// OwnerTraced means that the owner was seen while it still had the socket.
	OwnerTraced Confidence = 3
	// OwnerKnown means that the kernel tells the owner now.
	OwnerKnown Confidence = 4
)

// Netns is a network namespace.
type Netns struct {
	Inode     uint64 // of /proc/PID/ns/net
	Name      string // name shown to users; never empty
	Container string // container in it; may be empty
}

// Cgroup is what a cgroup's path tells.
type Cgroup struct {
	ID        uint64 // inode of its cgroup v2 directory
	Path      string // below the cgroup mount, with a leading slash
	Unit      string // systemd unit; may be empty
	Container string // container id; may be empty
	Pod       string // Kubernetes pod uid or name; may be empty
}

// Process is a process that has a socket open.
type Process struct {
	PID uint32
	// Start is when it started, in clock ticks since boot (/proc/PID/stat field 22,
	// fs/proc/array.c do_task_stat), 0 if unknown. Pids are reused; with its start
	// time a process is unique.
	Start uint64 `json:",omitempty"`
	Name  string // /proc/PID/comm, which may be empty
	// NoName says that Name is unknown: many listings have only the pid.
	NoName  bool   `json:",omitempty"`
	Command string // /proc/PID/cmdline with spaces between the arguments
}

// Owner is the owner of a socket. If several processes have it open, Process is the
// one with the lowest pid and Sharers is the number of the others.
type Owner struct {
	Confidence Confidence
	Why        string   // how the owner was found, or why not
	Process    *Process // nil: unknown, or none (see Scanned)
	Sharers    int
	Hidden     bool // a process that could not be seen has the socket open
	Scanned    bool // processes were read: a nil Process means that none has it open
	Unit       string
	Container  string
	Pod        string

	// For a listener that several processes have open. Also names those that do not
	// accept, besides Process. Among names all of them if it is unknown which of them
	// accept; then Process is what they have in common, nil if nothing.
	Also  string `json:",omitempty"`
	Among string `json:",omitempty"`
}

// MemInfo is the memory of a socket in bytes (INET_DIAG_SKMEMINFO,
// include/uapi/linux/sock_diag.h SK_MEMINFO_*).
type MemInfo struct {
	Words int // how many words the kernel sent: Drops is the ninth

	ReceiveAlloc  uint32 // rmem_alloc: held by received data, with overhead
	ReceiveLimit  uint32 // rcvbuf
	TransmitAlloc uint32 // wmem_alloc: handed to the network, not yet freed
	SendLimit     uint32 // sndbuf
	Forward       uint32 // fwd_alloc: reserved, not yet used
	SendQueued    uint32 // wmem_queued: held by the send queue, with overhead
	Options       uint32 // optmem
	Backlog       uint32 // bytes that wait because the process holds the socket
	Drops         uint32 // segments dropped at this socket; for a listener, connections
}

// TCPInfo is struct tcp_info (include/uapi/linux/tcp.h, filled by net/ipv4/tcp.c
// tcp_get_info) with its times as durations. Fields beyond Size are zero: the kernel
// is too old to have them.
type TCPInfo struct {
	Size int // bytes of struct tcp_info that the kernel sent

	CAState     uint8 // congestion state: Open, Disorder, CWR, Recovery, Loss
	Retransmits uint8
	Probes      uint8
	Backoff     uint8
	Options     uint8 // TCPI_OPT_*
	SendScale   uint8 // window scale that the peer asked for
	RecvScale   uint8 // window scale that we asked for
	AppLimited  bool  // DeliveryRate was measured while there was too little to send

	RTO     time.Duration
	ATO     time.Duration
	SendMSS uint32
	RecvMSS uint32

	Unacked uint32 // segments
	Sacked  uint32 // segments
	Lost    uint32 // segments
	Retrans uint32 // segments retransmitted and not yet acknowledged

	LastDataSent time.Duration // since
	LastDataRecv time.Duration // since
	LastAckRecv  time.Duration // since

	PMTU         uint32
	RecvSSThresh uint32
	RTT          time.Duration
	RTTVar       time.Duration
	SendSSThresh uint32 // segments; at least 0x7fffffff means none yet
	SendCwnd     uint32 // segments
	AdvMSS       uint32
	Reordering   uint32
	RecvRTT      time.Duration
	RecvSpace    uint32

	TotalRetrans uint32 // segments, over the life of the connection

	PacingRate    uint64 // bytes per second; all ones means unlimited
	MaxPacingRate uint64 // bytes per second; all ones means unlimited
	BytesAcked    uint64 // Linux 4.1
	BytesReceived uint64 // Linux 4.1
	SegsOut       uint32 // Linux 4.2
	SegsIn        uint32 // Linux 4.2
	NotsentBytes  uint32 // Linux 4.6
	MinRTT        time.Duration
	DataSegsIn    uint32
	DataSegsOut   uint32
	DeliveryRate  uint64 // bytes per second (Linux 4.9); 0 means no sample yet

	BusyTime      time.Duration // sending (Linux 4.10)
	RwndLimited   time.Duration // of it, held up by the peer's window
	SndbufLimited time.Duration // of it, held up by the send buffer

	Delivered    uint32 // segments (Linux 4.18)
	DeliveredCE  uint32 // segments
	BytesSent    uint64 // with retransmissions (Linux 4.19)
	BytesRetrans uint64 // Linux 4.19
	DSACKDups    uint32
	ReordSeen    uint32
	RecvOOOPack  uint32 // Linux 5.4
	SendWindow   uint32 // the peer's window in bytes (Linux 5.4)
}
