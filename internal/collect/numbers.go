// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// numberFiles are the files that are cheap enough to read every second: counters,
// gauges and the limits that belong to them.
func numberFiles() []string {
	return []string{
		"/proc/net/netstat", "/proc/net/snmp", "/proc/net/sockstat", "/proc/net/sockstat6", "/proc/sys/fs/file-nr", "/proc/sys/fs/file-max",
		"/proc/sys/net/ipv4/tcp_mem", "/proc/sys/net/ipv4/tcp_max_orphans", "/proc/sys/net/ipv4/tcp_max_tw_buckets",
		"/proc/sys/net/netfilter/nf_conntrack_max", "/proc/sys/net/netfilter/nf_conntrack_count",
	}
}

// Numbers reads the kernel's counters, gauges and their limits, for the network
// namespace of the calling thread and for the whole host. The gaps are files that
// could not be read. A file that this kernel does not have is a structural gap.
func Numbers() (diagnose.Facts, []problem.Gap) {
	files, missing := procfs.Own().ReadFacts(numberFiles())
	return factsOf(files, missing), missing
}
