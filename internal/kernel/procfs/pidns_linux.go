// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"os"
	"strconv"
)

// InitialPIDs is the inode of the PID namespace that the host started with
// (include/linux/proc_ns.h PROC_PID_INIT_INO).
const InitialPIDs = 0xEFFFFFFC

// OwnPIDNamespace reports whether the tree belongs to a PID namespace below the
// host's. Processes outside that namespace are then missing from the tree, although
// their sockets may be visible. If this cannot be told, the result is false.
func (f FS) OwnPIDNamespace() bool {
	link, err := os.Readlink(f.Path("1/ns/pid"))
	if err != nil && f.SelfIs(os.Getpid()) {
		link, err = os.Readlink(f.Path("self/ns/pid")) // process 1 of another tree may be unreadable
	}
	return err == nil && link != "pid:["+strconv.FormatUint(InitialPIDs, 10)+"]"
}
