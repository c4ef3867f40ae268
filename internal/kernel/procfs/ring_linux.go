// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bufio"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// ringLink is the link target of a descriptor of an io_uring (io_uring/io_uring.c
// io_uring_get_file).
const ringLink = "anon_inode:[io_uring]"

// ring keeps the sockets that a process has registered with an io_uring. The process
// still owns them if it has closed its own descriptors. dir is the directory of its
// descriptors; name ends with a NUL.
func (r *fdReader) ring(dir, process int, name []byte) {
	path := "../fdinfo/" + string(name[:len(name)-1])
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // closed meanwhile; no permission problem, because the link was readable
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	eachRingSocket(file, func(inode uint32) {
		if r.want == nil || r.want(inode) {
			r.pairs = append(r.pairs, uint64(inode)<<32|uint64(process))
		}
	})
}

// eachRingSocket reads the registered files of an io_uring: the lines "SLOT: PATH"
// below the line "UserFiles:" (io_uring/fdinfo.c __io_uring_show_fdinfo, Linux 5.6).
// Linux 6.1 and 6.12 show only the last part of a path, which for a socket is its
// protocol: there it finds nothing.
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
			return // the next section
		}
		if inode, socket := parseSocketLink([]byte(strings.TrimSpace(rest))); socket {
			do(inode)
		}
	}
}
