// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// HoldersOfUnlisted returns the processes that have at least this many TCP sockets
// open and whose network namespace has at least this many sockets in no table. The
// caller then reports the sockets that a table has, with [Unlisted.InTable]. A socket
// that several processes have open counts for the first. known is false if the kernel
// does not tell how many descriptors a process has open (before Linux 6.2). Processes
// that may not be read are left out.
func (f FS) HoldersOfUnlisted(ctx context.Context, least uint64) (all []*Unlisted, known bool, err error) {
	spaces := map[uint64]bool{} // by network namespace: whether that many sockets are in no table
	taken := map[uint32]bool{}
	known, err = f.eachWithFiles(ctx, least, func(dir string, d Descriptors) {
		if !manyUnhashed(dir, d.Netns, least, spaces) {
			return
		}
		u := &Unlisted{Process: d.Process, Limit: d.Limit, Netns: d.Netns, dir: filepath.Join(dir, "fd")}
		if u.find(taken); uint64(len(u.open)) >= least {
			all = append(all, u)
		}
	})
	return all, known, err
}

// manyUnhashed reports whether at least this many sockets of a process's network
// namespace are in no table. It reads each namespace once.
func manyUnhashed(dir string, netns, least uint64, spaces map[uint64]bool) bool {
	if many, asked := spaces[netns]; asked {
		return many
	}
	sockstat, err := os.ReadFile(filepath.Join(dir, "net", "sockstat"))
	if err != nil {
		return false
	}
	protocols, err := os.ReadFile(filepath.Join(dir, "net", "protocols"))
	if err != nil {
		return false
	}
	n, ok := unhashed(string(sockstat), string(protocols))
	spaces[netns] = ok && n >= least
	return spaces[netns]
}

// find lists the TCP sockets that the process has open, except those taken.
func (u *Unlisted) find(taken map[uint32]bool) {
	dir, err := os.Open(u.dir)
	if err != nil {
		return
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(1024)
		for _, name := range names {
			inode, ok := u.tcpSocket(name)
			number, numbered := parseNumber([]byte(name))
			if ok && numbered && !taken[inode] {
				taken[inode] = true
				u.open = append(u.open, heldSocket{inode, int32(number)})
			}
		}
		if err != nil || len(names) == 0 {
			break
		}
	}
	slices.SortFunc(u.open, func(a, b heldSocket) int { return cmp.Compare(a.inode, b.inode) })
}

// tcpSocket returns the inode of a descriptor that is a TCP socket. For a socket in
// no table, the kernel tells the protocol in an extended attribute (Linux 3.7;
// measured on 6.18).
func (u *Unlisted) tcpSocket(name string) (inode uint32, ok bool) {
	path := filepath.Join(u.dir, name)
	link, err := os.Readlink(path)
	if err != nil {
		return 0, false
	}
	if inode, ok = parseSocketLink([]byte(link)); !ok {
		return 0, false
	}
	var protocol [16]byte
	n, err := unix.Getxattr(path, "system.sockprotoname", protocol[:])
	if err != nil {
		return 0, false
	}
	switch string(protocol[:n]) {
	case "TCP\x00", "TCPv6\x00":
		return inode, true
	default:
		return 0, false
	}
}

// Count returns how many sockets the process still has open that no table has.
func (u *Unlisted) Count() (n uint64) {
	for _, s := range u.open {
		if s.number < 0 {
			continue
		}
		link, err := os.Readlink(filepath.Join(u.dir, strconv.Itoa(int(s.number))))
		if err != nil {
			continue
		}
		if inode, ok := parseSocketLink([]byte(link)); ok && inode == s.inode {
			n++
		}
	}
	return n
}
