// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
)

// Sums are what the kernel counts of full sockets beside its tables.
//
// A socket is in alloc, of the whole host and both families, from the time when
// it is made until it is destroyed; and in inuse, of its namespace and family,
// while it is in the tables of connections and listeners (include/net/sock.h
// sk_sockets_allocated_inc, net/ipv4/inet_hashtables.c inet_ehash_nolisten). One
// that is bound but idle is in none of these tables. So where the two are equal
// nothing is bound but idle, here or elsewhere.
type sums struct {
	known        bool
	alloc, inuse uint64
}

// sumsOf adds up the numbers of a namespace: sockstat is of its directory net.
// A kernel without IPv6 has no sockstat6, and no such sockets.
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

// sumsHere reads those of the calling thread's namespace.
func sumsHere() sums { return sumsOf(numbersIn(ownNet+"/sockstat"), ownNet) }

const ownNet = "/proc/thread-self/net"

// all reports whether every full socket of the host is in the tables of this
// namespace, as far as one reading tells.
func (s sums) all() bool { return s.known && s.alloc == s.inuse }

// A stand is the sums with the number of connections that began in the namespace
// so far, by connect(2) and accepted ones. It is read before the first sums and
// after the last.
//
// The sums are read one after the other while the host runs on. alloc is never
// less than the sockets that were there all the time; inuse can be more than
// those only by a socket that was made meanwhile, and only one that connects or
// is accepted goes into the table at once: then begun grows.
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

// noneIdle reports whether nothing was bound but idle during a dump that showed
// so many full sockets.
func noneIdle(before, after stand, full uint64) bool {
	return before.all() && before == after && full == before.alloc
}

// begunHere counts the connections that began in the calling thread's namespace.
func begunHere() (n uint64, known bool) {
	text, err := rawfile.ReadAll(ownNet + "/snmp")
	if err != nil {
		return 0, false
	}
	counters, err := procfs.ParseCounters(bytes.NewReader(text))
	if err != nil {
		return 0, false
	}
	active, some := counters["Tcp.ActiveOpens"]
	passive, too := counters["Tcp.PassiveOpens"]
	return active + passive, some && too
}

// numbersIn reads a file of sockstat, none where it cannot be read.
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
