// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// JoinProcesses makes of pairs that somebody else found, in any order and with
// repetitions, what [ScanProcesses] would have made: it reads only the names of
// the processes. Their pids must be those of /proc, see [SelfIs].
func JoinProcesses(ctx context.Context, pairs []Pair) (*Processes, error) {
	s := &scan{opts: ProcessOptions{Root: "/proc"}, procs: processesOf(pairs)}
	s.readers = []*fdReader{nil, nil} // two threads; nothing here looks at descriptors
	index := make(map[int32]uint64, len(s.procs))
	for i := range s.procs {
		index[s.procs[i].PID] = uint64(i)
	}
	joined := make([]uint64, len(pairs))
	for i, p := range pairs {
		joined[i] = uint64(p.Inode)<<32 | index[p.PID]
	}
	slices.Sort(joined)
	joined = slices.Compact(joined)
	s.nameHolders(ctx, joined)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("procfs: read processes: %w", err)
	}
	return &Processes{root: s.opts.Root, procs: s.procs, pairs: joined}, nil
}

// processesOf returns each process once, by ascending pid.
func processesOf(pairs []Pair) []Process {
	seen := map[int32]bool{}
	var procs []Process
	for _, p := range pairs {
		if !seen[p.PID] {
			seen[p.PID] = true
			procs = append(procs, Process{PID: p.PID})
		}
	}
	slices.SortFunc(procs, func(a, b Process) int { return int(a.PID) - int(b.PID) })
	return procs
}

// SelfIs reports whether /proc calls this process by the pid it knows itself
// by: it does not when somebody has mounted the /proc of another pid namespace.
func SelfIs(pid int) bool {
	link, err := os.Readlink("/proc/self")
	return err == nil && link == strconv.Itoa(pid)
}

// OpenFiles returns how many files all processes of the host have open, as the
// kernel counts them; some of them are no descriptors (fs/file_table.c
// proc_nr_files).
func OpenFiles() (uint64, error) {
	text, err := os.ReadFile("/proc/sys/fs/file-nr")
	if err != nil {
		return 0, fmt.Errorf("procfs: %w", err)
	}
	words := strings.Fields(string(text))
	if len(words) == 0 {
		return 0, fmt.Errorf("procfs: /proc/sys/fs/file-nr: %w", unix.ENODATA)
	}
	return strconv.ParseUint(words[0], 10, 64)
}
