// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Machine is what was read of a host at one time, for the rules to judge.
type Machine struct {
	// Kernel is the kernel release, "" when it is not known. No rule decides by it.
	Kernel string
	// Host is what is one for all network namespaces: orphans, memory,
	// descriptors, packets dropped before TCP.
	Host Facts
	// Spaces are the network namespaces that were read.
	Spaces []*Space
	// Others is how many namespaces were seen and not read; nil when that is
	// not known.
	Others *int
	// Listing says that all there is is a pasted listing.
	Listing bool
	// Files are lines of sysctl configuration files, nil when they were not read.
	Files []SysctlLine
	Gaps  []problem.Gap
}

// A SysctlLine is one setting in a configuration file.
type SysctlLine struct {
	File  string
	Line  int
	Key   string // dotted, such as net.ipv4.tcp_tw_recycle
	Value string
}

// A Space is one network namespace of a machine.
type Space struct {
	Netns *socket.Netns // nil when it is not known which
	// Initial says that it is the namespace that the host started with.
	Initial bool

	Facts

	// Sockets is what one pass over its socket table told.
	Sockets *Reading
	// Trace is how its connections went for a while; nil when nobody looked.
	Trace *TraceReading
	// Descriptors are processes near their limit of them; nil when nobody looked.
	Descriptors []Descriptors
	// Unlisted are processes with many TCP sockets that no dump shows; nil when
	// nobody looked.
	Unlisted []Unlisted
	// Spread is how far apart facts and sockets can have been read, 0 when that
	// is not known.
	Spread time.Duration
}

// Facts are kernel parameters and numbers, by name. What is not in them is not
// known: no rule takes it for zero.
type Facts struct {
	// Sysctls by dotted name, such as net.ipv4.tcp_max_tw_buckets.
	Sysctls map[string]string
	// Counters only ever grow: TcpExt.ListenDrops and IpExt.* of
	// /proc/net/netstat, Tcp.EstabResets of /proc/net/snmp, softnet.dropped and
	// softnet.time_squeeze of /proc/net/softnet_stat (all processors together),
	// nf_conntrack.drop and others of /proc/net/stat/nf_conntrack.
	Counters Numbers
	// Gauges go up and down: TCP.inuse, TCP.orphan, TCP.tw, TCP.alloc and
	// TCP.mem (pages) of /proc/net/sockstat, TCP6.inuse of sockstat6,
	// Tcp.CurrEstab of /proc/net/snmp, file-nr.allocated.
	Gauges Numbers
	// Absent says why names or groups of names are missing, such as
	// "nf_conntrack": "conntrack is not loaded here".
	Absent map[string]knowledge.Absence
}
