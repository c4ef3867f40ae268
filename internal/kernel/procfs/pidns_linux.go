// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"os"
	"strconv"
)

// InitialPIDs is the inode of the PID namespace that the host started with
// (include/linux/proc_ns.h PROC_PID_INIT_INO).
const InitialPIDs = 0xEFFFFFFC

// OwnPIDNamespace reports whether the tree is of a PID namespace below the
// host's: then processes outside of it are not in the tree, though sockets of
// theirs may be seen. What cannot be told is no.
func (f FS) OwnPIDNamespace() bool {
	link, err := os.Readlink(f.Path("1/ns/pid"))
	if err != nil && f.SelfIs(os.Getpid()) {
		link, err = os.Readlink(f.Path("self/ns/pid")) // of another's process 1 it may not be read
	}
	return err == nil && link != "pid:["+strconv.FormatUint(InitialPIDs, 10)+"]"
}
