// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math/bits"
	"strconv"
)

// HostFacts are what the kernel derives defaults from. A zero is a fact that
// is not known.
type HostFacts struct {
	MemTotal     uint64 // bytes
	PageSize     uint64 // bytes
	EhashEntries uint64 // buckets of the table of connections, net.ipv4.tcp_ehash_entries without its sign
}

// Buckets returns the size of the table of connections: as read, or else as
// the kernel chooses it: a bucket for 128 KiB of memory, a power of two, at
// most 524,288 (net/ipv4/tcp.c tcp_init, mm/mm_init.c alloc_large_system_hash).
// The latter is an estimate: the kernel counts memory before it reserves any.
func (h HostFacts) Buckets() (n uint64, ok bool) {
	if h.EhashEntries > 0 {
		return h.EhashEntries, true
	}
	buckets := h.MemTotal >> 17
	if buckets == 0 {
		return 0, false
	}
	return min(uint64(1)<<bits.Len64(buckets-1), 512<<10), true
}

// SysctlDefault is the value that a parameter has when nobody sets it.
type SysctlDefault struct {
	Text    Text // how it is derived; empty for a plain number
	Former  []FormerDefault
	value   string
	known   bool // value is the default on every host
	derived func(HostFacts) (string, bool)
}

// FormerDefault is a default of older kernels. A recipe that was written to
// raise it may lower today's.
type FormerDefault struct {
	Value string
	Until string // the Linux version that changed it
}

// On returns the default on a host. ok is false when it follows from facts
// that are not known.
func (d SysctlDefault) On(h HostFacts) (value string, ok bool) {
	if d.derived != nil {
		return d.derived(h)
	}
	return d.value, d.known
}

// always is the same default on every host.
func always(value string, former ...FormerDefault) SysctlDefault {
	return SysctlDefault{value: value, known: true, Former: former}
}

// unforeseen is a default that depends on what cannot be told from here.
func unforeseen(en, zh string) SysctlDefault { return SysctlDefault{Text: Text{En: en, Zh: zh}} }

// fromBuckets is a default that follows from the size of the table of
// connections.
func fromBuckets(en, zh string, f func(buckets uint64) uint64) SysctlDefault {
	return SysctlDefault{
		Text: Text{En: en, Zh: zh},
		derived: func(h HostFacts) (string, bool) {
			n, ok := h.Buckets()
			return strconv.FormatUint(f(n), 10), ok
		},
	}
}
