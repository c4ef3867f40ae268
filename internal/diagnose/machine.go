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
	// Kernel is the kernel release, "" if it is not known. No rule depends on it.
	Kernel string
	// Host are the facts that all network namespaces share: orphans, memory,
	// descriptors, packets dropped before TCP.
	Host Facts
	// Spaces are the network namespaces that were read.
	Spaces []*Space
	// Others is how many namespaces were seen but not read; nil if that is not known.
	Others *int
	// Listing says that the only source is a pasted listing.
	Listing bool
	// Files are lines of sysctl configuration files, nil if they were not read.
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
	Netns *socket.Netns // nil if it is not known which one
	// Initial says that it is the host's initial namespace.
	Initial bool

	Facts

	// Sockets is the result of one pass over its socket table.
	Sockets *Reading
	// Trace is how its connections were opened and ended during a trace; nil without
	// one.
	Trace *TraceReading
	// Descriptors are processes near their limit of file descriptors; nil if they were
	// not looked for.
	Descriptors []Descriptors
	// Unlisted are processes with many TCP sockets that no dump shows; nil if they
	// were not looked for.
	Unlisted []Unlisted
	// Spread is the greatest possible time between reading the facts and the sockets,
	// 0 if it is not known.
	Spread time.Duration
}

// Facts are kernel parameters and numbers, by name. A name that is missing is unknown:
// no rule takes it for zero.
type Facts struct {
	// Sysctls by dotted name, such as net.ipv4.tcp_max_tw_buckets.
	Sysctls map[string]string
	// Counters never decrease: TcpExt.ListenDrops and IpExt.* of /proc/net/netstat,
	// Tcp.EstabResets of /proc/net/snmp, softnet.dropped and softnet.time_squeeze of
	// /proc/net/softnet_stat (all processors together), nf_conntrack.drop and others
	// of /proc/net/stat/nf_conntrack.
	Counters Numbers
	// Gauges rise and fall: TCP.inuse, TCP.orphan, TCP.tw, TCP.alloc and TCP.mem
	// (pages) of /proc/net/sockstat, TCP6.inuse of sockstat6, Tcp.CurrEstab of
	// /proc/net/snmp, file-nr.allocated.
	Gauges Numbers
	// Absent says why names or groups of names are missing, such as
	// "nf_conntrack": "conntrack is not loaded here".
	Absent map[string]knowledge.Absence
}
