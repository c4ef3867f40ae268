// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A NetnsFile is an open descriptor of a network namespace. It keeps the namespace
// alive.
type NetnsFile struct {
	Inode uint64 // inode of the namespace
	PID   int32
	FD    int32
}

// Path returns the file by which the namespace can be opened in this tree.
func (n NetnsFile) Path(f FS) string { return fmt.Sprintf("%s/%d/fd/%d", f.Root(), n.PID, n.FD) }

// NetnsFiles finds the network namespaces to which descriptors of processes refer. It
// makes one pass over /proc/PID/fd, which costs as much as [FS.ScanProcesses]. What
// may not be read is left out.
func (f FS) NetnsFiles(ctx context.Context) ([]NetnsFile, error) {
	p, err := f.ScanProcesses(ctx, ProcessOptions{Want: func(uint32) bool { return false }})
	if err != nil {
		return nil, err
	}
	files, _ := p.NetnsFiles()
	return files, nil
}

// NetnsFiles returns the descriptors of network namespaces that the pass met, by
// ascending pid. ok is false if the pass looked at sockets only ([FS.JoinProcesses]).
func (p *Processes) NetnsFiles() (files []NetnsFile, ok bool) { return p.netns, p.looked }

// ParseNamespaceLink parses the target of a link to a namespace of a kind, such as
// "net:[INODE]" (fs/nsfs.c ns_dname, ns_get_name).
func ParseNamespaceLink(link, kind string) (inode uint64, ok bool) {
	rest, found := strings.CutPrefix(link, kind)
	if !found {
		return 0, false
	}
	if rest, found = strings.CutPrefix(rest, ":["); !found {
		return 0, false
	}
	if rest, found = strings.CutSuffix(rest, "]"); !found {
		return 0, false
	}
	inode, err := strconv.ParseUint(rest, 10, 64)
	return inode, err == nil
}
