// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
)

// Size is how much has to be gone through.
type Size struct {
	Namespaces int
	// Sockets is about how many lie in the table of connections: full sockets of
	// the whole host, and the TIME_WAIT of the namespaces that are asked for.
	// Those of other namespaces, which lie there too, no file tells.
	Sockets uint64
	// Slots is how many the table has.
	Slots uint64
}

// What it costs to go through the tables: measured on Linux 6.18 with two CPUs
// and a table of 262,144 slots. Whoever has other machines has other numbers,
// but they are only compared with each other.
const (
	loadCost      = 25 * time.Millisecond  // to load and check a program
	walkPerSlot   = 4 * time.Nanosecond    // in the kernel
	walkPerSocket = 55 * time.Nanosecond   // in the kernel
	dumpPerSpace  = 400 * time.Microsecond // to enter a namespace, and to ask
	dumpPerSlot   = 10 * time.Nanosecond   // for each namespace anew
	dumpPerSocket = 300 * time.Nanosecond  // to copy one and count it
)

// walkCost is about what it costs to count inside the kernel.
func (s Size) walkCost() time.Duration {
	return loadCost + time.Duration(s.Slots)*walkPerSlot + time.Duration(s.Sockets)*walkPerSocket
}

// dumpCost is about what it costs to copy every socket: the kernel goes
// through the whole table for each namespace (net/ipv4/inet_diag.c
// inet_diag_dump_icsk).
func (s Size) dumpCost() time.Duration {
	perSpace := dumpPerSpace + time.Duration(s.Slots)*dumpPerSlot
	return time.Duration(s.Namespaces)*perSpace + time.Duration(s.Sockets)*dumpPerSocket
}

// defaultSlots is what most hosts have: with 16 GiB of memory or more.
const defaultSlots = 1 << 18

// sizeOf reads a few small files. What cannot be read counts as little: then
// the engine that costs least for little is taken.
func sizeOf(ctx context.Context, o Options, scope netns.Scope) Size {
	size := Size{Namespaces: 1, Slots: defaultSlots}
	if n, err := sysctl.Read("net.ipv4.tcp_ehash_entries"); err == nil {
		if entries, err := strconv.ParseInt(n, 10, 64); err == nil {
			size.Slots = uint64(max(entries, -entries)) // negative: shared with the host
		}
	}
	if o.ProcRoot != "" {
		return size
	}
	own := sockstat("/proc/thread-self/net/")
	size.Sockets = own["TCP.alloc"] + own["TCP.tw"]
	if scope.Self() {
		return size
	}
	spaces, _, err := netns.Select(ctx, scope, netns.Options{})
	if err != nil {
		return size
	}
	size.Namespaces = len(spaces)
	for _, ns := range spaces {
		if !ns.Self && len(ns.PIDs) > 0 {
			size.Sockets += sockstat("/proc/" + strconv.Itoa(int(ns.PIDs[0])) + "/net/")["TCP.tw"]
		}
	}
	return size
}

func sockstat(dir string) map[string]uint64 {
	text, err := rawfile.ReadAll(dir + "sockstat")
	if err != nil {
		return nil
	}
	numbers, err := procfs.ParseSockstat(strings.TrimSpace(string(text)) + "\n")
	if err != nil {
		return nil
	}
	return numbers
}
