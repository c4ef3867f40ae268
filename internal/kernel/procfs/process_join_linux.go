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

// JoinProcesses turns what another source found into the result of
// [FS.ScanProcesses]. It reads only what is missing. The pids must be those of the
// tree, see [FS.SelfIs].
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
		if p.PID != last { // pairs of one process are mostly adjacent
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
		if s.procs[i].Gone() { // exited, or unknown to the source
			s.nameProcess(i)
		}
	}
	return newProcesses(s, joined), nil
}

// processesOf returns each process of the pairs once, by ascending pid.
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

// ringSockets reads which sockets the rings hold. The result counts only if the same
// process was read: a pid may be reused.
func (f FS) ringSockets(rings []Ring) (pairs []Pair) {
	for _, r := range rings {
		dir := f.Path(strconv.Itoa(int(r.Process.PID)))
		before, seen := startedAt(dir)
		text, err := os.ReadFile(dir + "/fdinfo/" + strconv.FormatUint(uint64(r.FD), 10))
		after, still := startedAt(dir)
		known := r.Process.Start
		if err != nil || !seen || !still || before != after || known != 0 && known != after {
			continue // the ring was closed, or the process has exited
		}
		eachRingSocket(bytes.NewReader(text), func(inode uint32) { pairs = append(pairs, Pair{inode, r.Process.PID}) })
	}
	return pairs
}

// startedAt returns when the process of a directory started, in units of [ClockTick]
// since boot.
func startedAt(dir string) (start uint64, ok bool) {
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, false
	}
	_, start, _, ok = parseStat(stat)
	return start, ok
}

// SelfIs reports whether the tree shows this process under the given pid, its own. A
// tree of another pid namespace does not.
func (f FS) SelfIs(pid int) bool {
	link, err := os.Readlink(f.Path("self"))
	return err == nil && link == strconv.Itoa(pid)
}

// OpenFiles returns the kernel's count of open files of all processes; some of them
// have no descriptor (fs/file_table.c proc_nr_files).
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
