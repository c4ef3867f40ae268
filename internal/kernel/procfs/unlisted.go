// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"cmp"
	"slices"
	"strings"
)

// An Unlisted is a process with open TCP sockets that may be in no table of the
// kernel, because they are neither connected nor listening. No dump shows these
// sockets; lsof prints "can't identify protocol" for them.
type Unlisted struct {
	Process Process // without its user id
	Limit   uint64  // RLIMIT_NOFILE, the soft limit
	Netns   uint64  // inode of the network namespace of the process

	dir  string
	open []heldSocket // sorted by inode
}

// heldSocket is a socket and the number of its descriptor.
type heldSocket struct {
	inode  uint32
	number int32 // -1 if a table has the socket
}

// InTable records that a table of the kernel has a socket; the socket may belong to
// this process or not.
func (u *Unlisted) InTable(inode uint32) {
	if i, found := slices.BinarySearchFunc(u.open, inode, func(s heldSocket, inode uint32) int { return cmp.Compare(s.inode, inode) }); found {
		u.open[i].number = -1
	}
}

// unhashed returns how many sockets of a network namespace, of any protocol, are in
// no table. It subtracts the sockets that protocols count as in use, which are those
// in a table, from all sockets of the namespace (sockets: used). Measured on Linux
// 6.18.
func unhashed(sockstat, protocols string) (n uint64, ok bool) {
	all, err := ParseSockstat(sockstat)
	used, known := all["sockets.used"]
	if err != nil || !known {
		return 0, false
	}
	inUse, known := protocolsInUse(protocols)
	if !known {
		return 0, false
	}
	return used - min(used, inUse), true
}

// protocolsInUse adds up the column "sockets" of /proc/net/protocols. Protocols that
// do not count their sockets have -1 there.
func protocolsInUse(text string) (sum uint64, ok bool) {
	head, rest, _ := strings.Cut(text, "\n")
	at := slices.Index(strings.Fields(head), "sockets")
	if at < 0 {
		return 0, false
	}
	for line := range strings.Lines(rest) {
		if words := strings.Fields(line); len(words) > at {
			n, _ := parseNumber([]byte(words[at])) // -1 does not parse and counts as 0
			sum += uint64(n)
		}
	}
	return sum, true
}
