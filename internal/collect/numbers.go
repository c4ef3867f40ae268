// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// numberFiles are what is cheap enough to be read each second: counters and
// gauges, and the limits beside them.
func numberFiles() []string {
	return []string{
		"/proc/net/netstat", "/proc/net/snmp", "/proc/net/sockstat", "/proc/net/sockstat6", "/proc/sys/fs/file-nr", "/proc/sys/fs/file-max",
		"/proc/sys/net/ipv4/tcp_mem", "/proc/sys/net/ipv4/tcp_max_orphans", "/proc/sys/net/ipv4/tcp_max_tw_buckets",
		"/proc/sys/net/netfilter/nf_conntrack_max", "/proc/sys/net/netfilter/nf_conntrack_count",
	}
}

// Numbers reads the kernel's counters and gauges of the network namespace of the
// calling thread, and of the whole host, with the limits beside them. The gaps are
// files that could not be read; one that this kernel does not have is structural.
func Numbers() (diagnose.Facts, []problem.Gap) {
	files, missing := procfs.Own().ReadFacts(numberFiles())
	return factsOf(files, missing), missing
}
