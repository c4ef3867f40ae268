// SPDX-License-Identifier: Apache-2.0

package rights

// A Right is a capability number; these numbers never change (capabilities(7)).
type Right uint

// Rights that a caller may want to keep.
const (
	DACOverride   Right = 1  // CAP_DAC_OVERRIDE: write where only the owner may
	DACReadSearch Right = 2  // CAP_DAC_READ_SEARCH: open a cgroup by its id
	NetAdmin      Right = 12 // CAP_NET_ADMIN: read marks of sockets
	SysPtrace     Right = 19 // CAP_SYS_PTRACE: read other users' processes
	SysAdmin      Right = 21 // CAP_SYS_ADMIN: enter a network namespace
	PerfMon       Right = 38 // CAP_PERFMON: let a program in the kernel read kernel memory
	BPF           Right = 39 // CAP_BPF
)
