// SPDX-License-Identifier: Apache-2.0

package rights

// A Right is a capability by its number, which never changes (capabilities(7)).
type Right uint

// The rights that somebody here may want to keep.
const (
	DACOverride   Right = 1  // CAP_DAC_OVERRIDE: write where only the owner may
	DACReadSearch Right = 2  // CAP_DAC_READ_SEARCH: open a cgroup by its id
	NetAdmin      Right = 12 // CAP_NET_ADMIN: be told marks of sockets
	SysPtrace     Right = 19 // CAP_SYS_PTRACE: look at other users' processes
	SysAdmin      Right = 21 // CAP_SYS_ADMIN: enter a network namespace
	PerfMon       Right = 38 // CAP_PERFMON: let a program in the kernel read its memory
	BPF           Right = 39 // CAP_BPF
)
