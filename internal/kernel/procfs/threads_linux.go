// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// A thread may have a file table of its own (unshare(2) with CLONE_FILES, or clone(2)
// without CLONE_FILES). /proc/PID/fd shows only the table of the main thread, and
// nothing once that thread has ended.

// kcmpFiles is KCMP_FILES of kcmp(2), which compares file tables.
const kcmpFiles = 2

// readThreads reads the descriptors of threads that have a file table of their own.
// The comparison takes half a microsecond per thread; a kernel without it
// (CONFIG_KCMP) reads none.
func (s *scan) readThreads(r *fdReader, i int) {
	pid := strconv.Itoa(int(s.procs[i].PID))
	var st unix.Stat_t
	if !s.sized || unix.Fstatat(s.root, pid+"/task", &st, 0) != nil || st.Nlink <= 3 {
		return // a single thread: the directory has 2 links plus one per thread
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
		_ = r.takeRefusal() // the refusal of the process itself is reported already
		closeFD(dir)
	}
}

// ownTable reports whether a thread's file table differs from those of the others.
func ownTable(tid int32, others []int32) bool {
	for _, other := range others {
		order, _, errno := unix.RawSyscall6(unix.SYS_KCMP, uintptr(other), uintptr(tid), kcmpFiles, 0, 0, 0)
		if tid == other || errno != 0 || order == 0 {
			return false
		}
	}
	return true
}
