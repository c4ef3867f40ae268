// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
)

// Size is how much has to be gone through.
type Size struct {
	// Namespaces is how many are asked for; 0 when it does not matter, because a
	// walk is quicker for one already.
	Namespaces int
	// Sockets is about how many lie in the table of connections, those of other
	// namespaces among them, which share it. Where the kernel does not tell
	// those, as it does to root, it is full sockets of the whole host, and the
	// TIME_WAIT of the namespaces that are asked for.
	Sockets uint64
	// Wanted is about how many of these are in the namespaces asked for.
	Wanted uint64
	// Buckets is how many the table has.
	Buckets uint64
}

// What it costs to go through the tables: measured on Linux 6.18 with two CPUs
// and a table of 262,144 buckets. Other machines have other numbers. That does
// no harm: they are only compared with each other.
const (
	loadCost      = 15 * time.Millisecond  // to load and check a program
	walkOthers    = 2 * time.Millisecond   // to walk the tables of listeners and of bound ports, and to begin
	walkPerBucket = 4 * time.Nanosecond    // in the kernel
	walkPerSocket = 55 * time.Nanosecond   // in the kernel
	dumpPerSpace  = 400 * time.Microsecond // to enter a namespace, and to ask
	dumpPerBucket = 10 * time.Nanosecond   // for each namespace anew
	passPerSocket = 85 * time.Nanosecond   // to pass over one, for each namespace anew
	dumpPerSocket = 215 * time.Nanosecond  // to copy one and count it, beside that
)

// walkCost is about what it costs to count inside the kernel.
func (s Size) walkCost() time.Duration {
	return loadCost + walkOthers + time.Duration(s.Buckets)*walkPerBucket + time.Duration(s.Sockets)*walkPerSocket
}

// dumpCost is about what it costs to copy every socket: the kernel goes
// through the whole table for each namespace (net/ipv4/inet_diag.c
// inet_diag_dump_icsk).
func (s Size) dumpCost() time.Duration {
	perSpace := dumpPerSpace + time.Duration(s.Buckets)*dumpPerBucket + time.Duration(s.Sockets)*passPerSocket
	return time.Duration(max(s.Namespaces, 1))*perSpace + time.Duration(s.Wanted)*dumpPerSocket
}

// defaultBuckets is what most hosts have: with 16 GiB of memory or more.
const defaultBuckets = 1 << 18

// size reads a few small files, and finds the namespaces that are asked for
// where it matters how many there are: [Host.spaces] has them then. What cannot be
// read counts as little: then the engine that costs least for little is taken.
func (h *Host) size(ctx context.Context) Size {
	size := Size{Namespaces: 1, Buckets: defaultBuckets}
	if n, err := sysctl.ReadIn(h.proc, "net.ipv4.tcp_ehash_entries"); err == nil {
		if entries, err := strconv.ParseInt(n, 10, 64); err == nil {
			size.Buckets = uint64(max(entries, -entries)) // negative: shared with the host
		}
	}
	if h.proc.Elsewhere() {
		return size
	}
	own := numbersIn(ownNet + "/sockstat")
	h.sockstat = own
	size.Wanted = own["TCP.alloc"] + own["TCP.tw"] // alloc is of the whole host: at most so many
	size.Sockets = size.Wanted
	held, known := heldTimeWait()
	if known {
		size.Sockets = own["TCP.alloc"] + max(own["TCP.tw"], held)
	}
	if !h.scope.Self() {
		h.sizeOthers(ctx, &size, known)
	}
	return size
}

// sizeOthers is size of other namespaces than that of the calling thread. known
// says that Sockets is.
func (h *Host) sizeOthers(ctx context.Context, size *Size, known bool) {
	size.Wanted = 0
	if known && h.scope.All() {
		size.Wanted = size.Sockets
		if size.walkCost() < size.dumpCost() {
			size.Namespaces = 0
			return
		}
	}
	spaces, _, err := h.spaces(ctx)
	if err != nil {
		return // whoever reads them will say so
	}
	size.Namespaces = len(spaces)
	if known && h.scope.All() {
		return
	}
	for _, ns := range spaces {
		dir := ns.NetDir()
		if dir == "" {
			continue
		}
		here := numbersIn(dir + "/sockstat")
		size.Wanted += here["TCP.inuse"] + here["TCP.tw"]
		if !known && !ns.Self {
			size.Sockets += here["TCP.tw"]
		}
	}
}

// heldTimeWait returns how many sockets in TIME_WAIT the kernel has memory for,
// of all namespaces, as its caches of memory tell root (mm/slub.c
// show_slab_objects): some too many, where others were a moment ago. Full sockets
// of all namespaces are in every sockstat, as alloc (net/ipv4/proc.c
// sockstat_seq_show), and half-open ones are as few as listeners let wait.
func heldTimeWait() (n uint64, known bool) {
	for _, cache := range []string{"tw_sock_TCP", "tw_sock_TCPv6"} {
		text, err := rawfile.ReadAll("/sys/kernel/slab/" + cache + "/objects")
		if err != nil {
			return 0, false
		}
		word, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ") // then for each node of memory
		held, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return 0, false
		}
		n += held
	}
	return n, true
}
