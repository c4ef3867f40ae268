// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bufio"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// ringLink is what a descriptor of io_uring links to (io_uring/io_uring.c
// io_uring_get_file).
const ringLink = "anon_inode:[io_uring]"

// ring keeps the sockets that a process has given to a ring of io_uring: it may
// have closed its own descriptors of them, and is their owner all the same. dir
// is the descriptors of the process, name ends with a NUL.
func (r *fdReader) ring(dir, process int, name []byte) {
	path := "../fdinfo/" + string(name[:len(name)-1])
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // closed meanwhile; who may read the links may read this
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	eachRingSocket(file, func(inode uint32) {
		if r.want == nil || r.want(inode) {
			r.pairs = append(r.pairs, uint64(inode)<<32|uint64(process))
		}
	})
}

// eachRingSocket reads the registered files of a ring: below the line
// "UserFiles:", one "SLOT: PATH" each (io_uring/fdinfo.c __io_uring_show_fdinfo,
// Linux 5.6). Linux 6.1 and 6.12 show the last name of a file, which for a
// socket is that of its protocol: there nothing is found.
func eachRingSocket(fdinfo io.Reader, do func(inode uint32)) {
	lines := bufio.NewScanner(fdinfo)
	inside := false
	for lines.Scan() {
		slot, rest, ok := strings.Cut(lines.Text(), ":")
		switch {
		case ok && slot == "UserFiles":
			inside = true
			continue
		case !inside:
			continue
		}
		if _, number := parseNumber([]byte(strings.TrimSpace(slot))); !ok || !number {
			return // the next part
		}
		if inode, socket := parseSocketLink([]byte(strings.TrimSpace(rest))); socket {
			do(inode)
		}
	}
}
