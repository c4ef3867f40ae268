// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"cmp"
	"slices"
)

// A netnsLink is a [NetnsFile] whose process is an index.
type netnsLink struct {
	inode   uint64
	process int
	fd      int32
}

// namespace keeps a descriptor if it refers to a network namespace.
func (r *fdReader) namespace(process int, name, link []byte) {
	inode, ok := ParseNamespaceLink(string(link), "net")
	fd, isNumber := parseNumber(name[:len(name)-1])
	if ok && isNumber {
		r.netns = append(r.netns, netnsLink{inode, process, int32(fd)})
	}
}

// netnsFiles merges what the workers found.
func (s *scan) netnsFiles() []NetnsFile {
	var files []NetnsFile
	for _, r := range s.readers {
		for _, l := range r.netns {
			files = append(files, NetnsFile{Inode: l.inode, PID: s.procs[l.process].PID, FD: l.fd})
		}
	}
	slices.SortFunc(files, func(a, b NetnsFile) int {
		return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.FD, b.FD))
	})
	return slices.Compact(files) // a large process may be read twice
}
