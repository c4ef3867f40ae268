// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// Sums are the kernel's own counts of full sockets.
//
// A socket counts in alloc, which covers the whole host and both families, from its
// creation until it is destroyed. It counts in inuse, of its namespace and family,
// while it is in the table of connections or of listeners (include/net/sock.h
// sk_sockets_allocated_inc, net/ipv4/inet_hashtables.c inet_ehash_nolisten). A bound
// but idle socket is in neither table. So if alloc equals inuse, no socket of the
// host is bound but idle.
type sums struct {
	known        bool
	alloc, inuse uint64
}

// sumsOf adds up the numbers of a namespace. sockstat has the texts of its directory
// dir. A kernel without IPv6 has no sockstat6 and no such sockets.
func sumsOf(sockstat map[string]uint64, dir string) sums {
	alloc, some := sockstat["TCP.alloc"]
	inuse, too := sockstat["TCP.inuse"]
	if !some || !too {
		return sums{}
	}
	if inuse < alloc {
		inuse += numbersIn(dir + "/sockstat6")["TCP6.inuse"]
	}
	return sums{true, alloc, inuse}
}

// sumsHere returns the sums of the calling thread's namespace.
func sumsHere() sums { return sumsOf(numbersIn(ownNet+"/sockstat"), ownNet) }

const ownNet = "/proc/thread-self/net"

// all reports whether every full socket of the host is in the tables of this
// namespace, judged by one reading.
func (s sums) all() bool { return s.known && s.alloc == s.inuse }

// A stand is the sums together with begun: how many connections began in the
// namespace so far, by connect(2) or accept. begun is read before the first sums and
// after the last.
//
// The host runs on while the sums are read one after the other. alloc is never less
// than the number of sockets that existed all the time. inuse can exceed that number
// only by sockets made meanwhile, and only a socket that connects or is accepted
// enters the table at once. In that case begun grows.
type stand struct {
	sums
	begun uint64
}

// standBefore is a stand before a dump, standAfter one after it.
func standBefore() stand {
	begun, known := begunHere()
	s := stand{sumsHere(), begun}
	s.known = s.known && known
	return s
}

func standAfter() stand {
	s := stand{sums: sumsHere()}
	begun, known := begunHere()
	s.begun, s.known = begun, s.known && known
	return s
}

// noneIdle reports whether no socket was bound but idle during a dump that showed
// this many full sockets.
func noneIdle(before, after stand, full uint64) bool {
	return before.all() && before == after && full == before.alloc
}

// begunHere counts the connections that began in the calling thread's namespace.
func begunHere() (n uint64, known bool) {
	text, err := rawfile.ReadAll(ownNet + "/snmp")
	if err != nil {
		return 0, false
	}
	return procfs.SumCounters(text, "Tcp", "ActiveOpens", "PassiveOpens")
}

// summedHere returns how many sockets the namespace of the calling thread has, by the
// kernel's sums.
func summedHere() uint64 { return inTables(numbersIn(ownNet+"/sockstat"), ownNet) }

// numbersIn reads a file of sockstat; empty if the file cannot be read.
func numbersIn(file string) map[string]uint64 {
	text, err := rawfile.ReadAll(file)
	if err != nil {
		return nil
	}
	numbers, err := procfs.ParseSockstat(strings.TrimSpace(string(text)) + "\n")
	if err != nil {
		return nil
	}
	return numbers
}
