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

// HoldersOfUnlisted returns the processes that have at least that many TCP sockets
// open, where their network namespace has as many sockets that are in no table.
// Who asks then tells them which of these a table has, see [Unlisted.InTable]. A
// socket that several have open is the first one's. known is false where the
// kernel does not tell how many files a process has open (before Linux 6.2). What
// may not be seen is left out.
func (f FS) HoldersOfUnlisted(ctx context.Context, least uint64) (all []*Unlisted, known bool, err error) {
	spaces := map[uint64]bool{} // whether so many are in no table
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

// manyUnhashed reports whether so many sockets of the network namespace of a process
// are in no table. Each namespace is asked once.
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

// find lists the TCP sockets that the process has open and that are not taken.
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

// tcpSocket returns the inode of a descriptor that is a TCP socket: the kernel
// tells the protocol of one that is in no table by an extended attribute
// (Linux 3.7; measured on 6.18).
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

// Count returns how many of them the process has open still and no table has.
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
