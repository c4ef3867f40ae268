// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"cmp"
	"slices"
	"strings"
)

// Unlisted are TCP sockets that a process has open and that may be in no table of
// the kernel: neither connected nor listening. No dump shows these, lsof says of
// them that it cannot identify the protocol.
type Unlisted struct {
	Process Process // without its user
	Limit   uint64  // RLIMIT_NOFILE, the soft one
	Netns   uint64  // inode of the network namespace of the process

	dir  string
	open []heldSocket // by inode
}

// heldSocket is a socket and the number of the descriptor that led to it.
type heldSocket struct {
	inode  uint32
	number int32 // -1 when a table has it
}

// InTable says that a table of the kernel has a socket, as one of a process or of
// nobody.
func (u *Unlisted) InTable(inode uint32) {
	if i, found := slices.BinarySearchFunc(u.open, inode, func(s heldSocket, inode uint32) int { return cmp.Compare(s.inode, inode) }); found {
		u.open[i].number = -1
	}
}

// unhashed is how many sockets of a network namespace, of any protocol, are in no
// table: what the kernel has made (sockets: used) less what its protocols count as
// in use, which they do from the moment that a table has them (measured on Linux
// 6.18).
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

// protocolsInUse adds up the column "sockets" of /proc/net/protocols. Protocols
// that do not count theirs have -1 there.
func protocolsInUse(text string) (sum uint64, ok bool) {
	head, rest, _ := strings.Cut(text, "\n")
	at := slices.Index(strings.Fields(head), "sockets")
	if at < 0 {
		return 0, false
	}
	for line := range strings.Lines(rest) {
		if words := strings.Fields(line); len(words) > at {
			n, _ := parseNumber([]byte(words[at])) // -1 is none
			sum += uint64(n)
		}
	}
	return sum, true
}
