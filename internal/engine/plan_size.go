// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"os"
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
	// Namespaces is how many are asked for; 0 if the number does not matter, because
	// a walk is faster even for one.
	Namespaces int
	// Sockets estimates how many sockets lie in the table of connections, which all
	// namespaces share but those that were made with a table of their own. Only root
	// learns the number for all namespaces. For others it is the full sockets of the
	// whole host plus the TIME_WAIT sockets of the namespaces asked for.
	Sockets uint64
	// Wanted estimates how many of these sockets are in the namespaces asked for.
	Wanted uint64
	// Buckets is the number of buckets of the table.
	Buckets uint64
}

// Costs of reading the tables, measured on Linux 6.18 with two CPUs and a table of
// 262,144 buckets. Other machines have other costs. That does no harm: the costs are
// only compared with each other.
const (
	loadCost      = 15 * time.Millisecond  // load and verify a program
	walkOthers    = 2 * time.Millisecond   // walk the tables of listeners and of bound ports, and start
	walkPerBucket = 4 * time.Nanosecond    // in the kernel
	walkPerSocket = 55 * time.Nanosecond   // in the kernel
	dumpPerSpace  = 400 * time.Microsecond // enter a namespace and send the request
	dumpPerBucket = 10 * time.Nanosecond   // again for each namespace
	passPerSocket = 85 * time.Nanosecond   // skip one socket, again for each namespace
	dumpPerSocket = 215 * time.Nanosecond  // copy and count one socket, in addition
)

// walkCost estimates the cost of counting inside the kernel.
func (s Size) walkCost() time.Duration {
	return loadCost + walkOthers + time.Duration(s.Buckets)*walkPerBucket + time.Duration(s.Sockets)*walkPerSocket
}

// dumpCost estimates the cost of copying every socket. The kernel goes through the
// whole table for each namespace (net/ipv4/inet_diag.c inet_diag_dump_icsk).
func (s Size) dumpCost() time.Duration {
	perSpace := dumpPerSpace + time.Duration(s.Buckets)*dumpPerBucket + time.Duration(s.Sockets)*passPerSocket
	return time.Duration(max(s.Namespaces, 1))*perSpace + time.Duration(s.Wanted)*dumpPerSocket
}

// defaultBuckets is the table size of most hosts: the kernel's choice for 16 GiB of
// memory or more.
const defaultBuckets = 1 << 18

// size reads a few small files. It finds the namespaces asked for only if their
// number matters; [Host.spaces] then returns the same. What cannot be read counts as
// small: then the engine that is cheapest for a small host is taken.
func (h *Host) size(ctx context.Context) Size {
	size := Size{Namespaces: 1, Buckets: defaultBuckets}
	buckets, apart := tableHere(h.proc)
	if buckets != 0 && (!apart || h.scope.Self()) {
		size.Buckets = buckets
	}
	if h.proc.Elsewhere() {
		return size
	}
	own := numbersIn(ownNet + "/sockstat")
	h.sockstat = own
	if apart && h.scope.Self() {
		size.Sockets = inTables(own, ownNet)
		size.Wanted = size.Sockets
		return size
	}
	size.Wanted = own["TCP.alloc"] + own["TCP.tw"] // alloc counts the whole host: an upper bound
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

// sizeOthers completes size for namespaces other than the calling thread's. known
// says that Sockets is set already.
func (h *Host) sizeOthers(ctx context.Context, size *Size, known bool) {
	size.Wanted = 0
	if known && h.scope.All() {
		size.Wanted = size.Sockets
		if size.walkCost() < size.dumpCost() {
			size.Namespaces = 0
			return
		}
		if n, ok := h.listedSpaces(); ok {
			size.Namespaces = n
			return
		}
	}
	spaces, _, err := h.spaces(ctx)
	if err != nil {
		return // the reader of the namespaces reports the error
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
	if len(spaces) == 1 && size.walkCost() < size.dumpCost() {
		sizeApart(spaces[0], size)
	}
}

// sizeApart corrects the size for one namespace that has a table of connections of its
// own. Only a thread inside learns that, so it is asked only if the shared table is
// so full that it matters.
func sizeApart(ns *netns.Namespace, size *Size) {
	_ = ns.Do(func() error { // the reader of the namespace reports the error
		if buckets, apart := tableHere(procfs.Own()); apart {
			size.Buckets, size.Sockets = buckets, summedHere()
			size.Wanted = size.Sockets
		}
		return nil
	})
}

// tableHere returns the number of buckets of the table of connections that the calling
// thread's namespace uses, 0 if it is not known. apart says that no other namespace
// uses that table (net.ipv4.tcp_child_ehash_entries). Then the number is positive, as it
// is in the first namespace, which alone has tcp_max_orphans
// (net/ipv4/sysctl_net_ipv4.c proc_tcp_ehash_entries, sysctl_ipv4_init).
func tableHere(proc procfs.FS) (buckets uint64, apart bool) {
	text, err := sysctl.ReadIn(proc, "net.ipv4.tcp_ehash_entries")
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false
	}
	if n <= 0 || proc.Elsewhere() {
		return uint64(max(n, -n)), false
	}
	_, err = sysctl.ReadIn(proc, "net.ipv4.tcp_max_orphans")
	return uint64(n), errors.Is(err, os.ErrNotExist)
}

// inTables returns how many sockets a namespace has in the tables of connections and
// of listeners; dir is its directory of /proc/net.
func inTables(sockstat map[string]uint64, dir string) uint64 {
	return sockstat["TCP.inuse"] + sockstat["TCP.tw"] + numbersIn(dir + "/sockstat6")["TCP6.inuse"]
}

// listedSpaces returns how many namespaces the kernel lists, for a host that has loaded
// its programs already. To find them instead takes 1 ms for each; a program that
// counts each second would do little else.
func (h *Host) listedSpaces() (n int, ok bool) {
	if h.walker == nil {
		return 0, false
	}
	n, err := h.walker.Namespaces()
	return n, err == nil
}

// heldTimeWait returns for how many TIME_WAIT sockets of all namespaces the kernel
// holds memory. The slab caches tell it to root (mm/slub.c show_slab_objects). The
// number may be a little too high just after others were freed. Full sockets of all
// namespaces are in every sockstat as alloc (net/ipv4/proc.c sockstat_seq_show);
// half-open ones are no more than the listeners allow.
func heldTimeWait() (n uint64, known bool) {
	for _, cache := range []string{"tw_sock_TCP", "tw_sock_TCPv6"} {
		text, err := rawfile.ReadAll("/sys/kernel/slab/" + cache + "/objects")
		if err != nil {
			return 0, false
		}
		word, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ") // the total; numbers for each memory node follow
		held, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return 0, false
		}
		n += held
	}
	return n, true
}
