// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// JoinProcesses makes of what somebody else found what [FS.ScanProcesses] would have
// made: it reads only what that does not have. The pids must be those of the tree,
// see [FS.SelfIs].
func (f FS) JoinProcesses(ctx context.Context, found *Listed) (*Processes, error) {
	pairs := append(found.Pairs, f.ringSockets(found.Rings)...)
	s := &scan{tree: f, procs: processesOf(pairs)}
	index := make(map[int32]uint64, len(s.procs))
	for i := range s.procs {
		index[s.procs[i].PID] = uint64(i)
	}
	for _, p := range found.Processes {
		if i, ok := index[p.PID]; ok {
			s.procs[i] = p
		}
	}
	joined := make([]uint64, len(pairs))
	last, at := int32(0), uint64(0)
	for i, p := range pairs {
		if p.PID != last { // those of one process mostly stand together
			last, at = p.PID, index[p.PID]
		}
		joined[i] = uint64(p.Inode)<<32 | at
	}
	slices.Sort(joined)
	joined = slices.Compact(joined)
	for i := range s.procs {
		if err := ctx.Err(); err != nil {
			return nil, problem.Errorf("procfs: read processes: %w", "procfs：读取进程：%w", err)
		}
		if s.procs[i].Gone() { // or not told about
			s.nameProcess(i)
		}
	}
	return newProcesses(s, joined), nil
}

// processesOf returns each process once, by ascending pid.
func processesOf(pairs []Pair) []Process {
	seen := map[int32]bool{}
	var procs []Process
	last := int32(0)
	for _, p := range pairs {
		if p.PID != last && !seen[p.PID] {
			seen[p.PID] = true
			procs = append(procs, Process{PID: p.PID})
		}
		last = p.PID
	}
	slices.SortFunc(procs, func(a, b Process) int { return int(a.PID) - int(b.PID) })
	return procs
}

// ringSockets reads which sockets rings hold. What is read counts only if it is
// of the process that was found: a pid may have been given again.
func (f FS) ringSockets(rings []Ring) (pairs []Pair) {
	for _, r := range rings {
		dir := f.Path(strconv.Itoa(int(r.Process.PID)))
		before, seen := startedAt(dir)
		text, err := os.ReadFile(dir + "/fdinfo/" + strconv.FormatUint(uint64(r.FD), 10))
		after, still := startedAt(dir)
		known := r.Process.Start
		if err != nil || !seen || !still || before != after || known != 0 && known != after {
			continue // closed, or gone
		}
		eachRingSocket(bytes.NewReader(text), func(inode uint32) { pairs = append(pairs, Pair{inode, r.Process.PID}) })
	}
	return pairs
}

// startedAt reads when the process of a directory started.
func startedAt(dir string) (start uint64, ok bool) {
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, false
	}
	_, start, _, ok = parseStat(stat)
	return start, ok
}

// SelfIs reports whether the tree calls this process by the pid it knows itself
// by: it does not when it is that of another pid namespace.
func (f FS) SelfIs(pid int) bool {
	link, err := os.Readlink(f.Path("self"))
	return err == nil && link == strconv.Itoa(pid)
}

// OpenFiles returns how many files all processes of the host have open, as the
// kernel counts them; some of them are no descriptors (fs/file_table.c
// proc_nr_files).
func (f FS) OpenFiles() (uint64, error) {
	text, err := os.ReadFile(f.Path("sys/fs/file-nr"))
	if err != nil {
		return 0, fmt.Errorf("procfs: %w", err)
	}
	words := strings.Fields(string(text))
	if len(words) == 0 {
		return 0, fmt.Errorf("procfs: %s: %w", f.Path("sys/fs/file-nr"), unix.ENODATA)
	}
	return strconv.ParseUint(words[0], 10, 64)
}
