// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// A thread may have a table of files of its own (unshare(2) with CLONE_FILES, or a
// clone(2) without it), and a process whose first thread has ended has none of
// that one: /proc/PID/fd shows the first thread's only.

// kcmpFiles compares tables of files: KCMP_FILES of kcmp(2).
const kcmpFiles = 2

// readThreads reads the descriptors of threads that have a table of their own. To
// compare takes half a microsecond for each thread; where the kernel does not
// (CONFIG_KCMP) nothing is read.
func (s *scan) readThreads(r *fdReader, i int) {
	pid := strconv.Itoa(int(s.procs[i].PID))
	var st unix.Stat_t
	if !s.sized || unix.Fstatat(s.root, pid+"/task", &st, 0) != nil || st.Nlink <= 3 {
		return // it has one thread: a directory of n has n and 2 links
	}
	task, err := unix.Openat(s.root, pid+"/task", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer closeFD(task)
	tids, err := TIDs(task)
	if err != nil {
		return
	}
	read := []int32{s.procs[i].PID}
	for _, tid := range tids {
		if !ownTable(tid, read) {
			continue
		}
		read = append(read, tid)
		dir, err := unix.Openat(task, strconv.Itoa(int(tid))+"/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		_ = r.list(dir, i, 0)
		_ = r.takeRefusal() // that of the process is told
		closeFD(dir)
	}
}

// ownTable reports whether a thread has another table of files than those others.
func ownTable(tid int32, others []int32) bool {
	for _, other := range others {
		order, _, errno := unix.RawSyscall6(unix.SYS_KCMP, uintptr(other), uintptr(tid), kcmpFiles, 0, 0, 0)
		if tid == other || errno != 0 || order == 0 {
			return false
		}
	}
	return true
}
