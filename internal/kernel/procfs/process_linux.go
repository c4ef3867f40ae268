// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// chunk is how many descriptors of one process a worker reads at a time. Other
// workers take the next ones, so that all workers share a large process.
const chunk = 4096

// scan is one pass in progress.
type scan struct {
	tree FS
	root int // descriptor of the tree
	// sized says that the size of a directory PID/fd is its number of descriptors, as
	// in a real proc tree since Linux 6.2 (fs/proc/fd.c proc_readfd_count). Before,
	// the size is 0.
	sized bool
	procs []Process
	large []largeProcess // guarded by mu
	mu    sync.Mutex

	denied  atomic.Int64 // number of processes, without kernel threads, that may not be read
	readers []*fdReader  // one per worker
}

// largeProcess is a process whose descriptors are read in chunks.
type largeProcess struct {
	index int // index in procs
	count int // how many descriptors it had when it was first read
	found atomic.Int64
	// refusal says that some single descriptors may not be read.
	refusal atomic.Bool
}

func (f FS) scanProcesses(ctx context.Context, o ProcessOptions) (*Processes, error) {
	s, err := f.newScan(o)
	if err != nil {
		return nil, err
	}
	defer closeFD(s.root)

	s.parallel(ctx, len(s.procs), s.readProcess)
	s.readLarge(ctx)
	pairs := s.merge()
	s.nameHolders(ctx, pairs)
	if err := ctx.Err(); err != nil {
		return nil, problem.Errorf("procfs: read processes: %w", "procfs：读取进程：%w", err)
	}
	p := newProcesses(s, pairs)
	p.netns, p.looked, p.gaps = s.netnsFiles(), true, s.gaps()
	return p, nil
}

// newProcesses returns the result of a scan; pairs are sorted, without duplicates.
func newProcesses(s *scan, pairs []uint64) *Processes {
	return &Processes{tree: s.tree, procs: s.procs, pairs: pairs, places: indexOf(pairs)}
}

// PIDs returns the process ids in the tree, ascending.
func (f FS) PIDs() ([]int32, error) {
	root := f.Root()
	fd, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, problem.Errorf("procfs: open %s: %w", "procfs：打开 %s：%w", root, err)
	}
	defer closeFD(fd)
	pids, err := listPIDs(fd, make([]byte, 32<<10))
	if err != nil {
		return nil, problem.Errorf("procfs: read %s: %w", "procfs：读取 %s：%w", root, err)
	}
	return pids, nil
}

// TIDs returns the threads listed in an open directory /proc/PID/task.
func TIDs(task int) ([]int32, error) { return listPIDs(task, make([]byte, 1<<10)) }

// IsKernelThread reports whether a process is a kernel thread. It returns false for a
// process that has exited.
func (f FS) IsKernelThread(pid int32) bool {
	stat, err := os.ReadFile(f.Path(strconv.Itoa(int(pid)), "stat"))
	return err == nil && isKernelThread(stat)
}

func (f FS) newScan(o ProcessOptions) (*scan, error) {
	root, err := unix.Open(f.Root(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, problem.Errorf("procfs: open %s: %w", "procfs：打开 %s：%w", f.Root(), err)
	}
	pids, err := listPIDs(root, make([]byte, 32<<10))
	if err != nil {
		closeFD(root)
		return nil, problem.Errorf("procfs: read %s: %w", "procfs：读取 %s：%w", f.Root(), err)
	}
	s := &scan{tree: f, root: root, sized: isProc(root), procs: make([]Process, len(pids))}
	for i, pid := range pids {
		s.procs[i].PID = pid
	}
	if o.Workers <= 0 {
		o.Workers = max(2, runtime.GOMAXPROCS(0))
	}
	for range o.Workers {
		s.readers = append(s.readers, newFDReader(o.Want))
	}
	return s, nil
}

// parallel calls do(reader, i) for every i below n, on all workers.
func (s *scan) parallel(ctx context.Context, n int, do func(r *fdReader, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, r := range s.readers[:min(len(s.readers), n)] {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(r, i)
			}
		})
	}
	wg.Wait()
}

// readProcess reads the descriptors of one process; a process with many is read
// later, in chunks.
func (s *scan) readProcess(r *fdReader, i int) {
	s.readThreads(r, i)
	dir, err := s.openFDs(i)
	if err != nil {
		s.refused(i, err)
		return
	}
	defer closeFD(dir)
	count := s.count(dir)
	if count > chunk {
		s.mu.Lock()
		s.large = append(s.large, largeProcess{index: i, count: count})
		s.mu.Unlock()
		return
	}
	if found := r.probe(dir, i, 0, count); count == 0 || found < count {
		err = r.list(dir, i, count)
	}
	s.refused(i, errors.Join(err, r.takeRefusal()))
}

// readLarge reads the processes that were left for later, chunk by chunk.
func (s *scan) readLarge(ctx context.Context) {
	type part struct{ process, from int }
	var parts []part
	for p := range s.large {
		for from := 0; from < s.large[p].count; from += chunk {
			parts = append(parts, part{p, from})
		}
	}
	s.parallel(ctx, len(parts), func(r *fdReader, i int) {
		p := &s.large[parts[i].process]
		dir, err := s.openFDs(p.index)
		if err != nil {
			return // the process has exited
		}
		defer closeFD(dir)
		to := min(parts[i].from+chunk, p.count)
		p.found.Add(int64(r.probe(dir, p.index, parts[i].from, to)))
		if r.takeRefusal() != nil {
			p.refusal.Store(true)
		}
	})
	s.parallel(ctx, len(s.large), s.readLargeRest)
}

// readLargeRest reads the descriptors with numbers beyond the count, which exist if
// lower numbers are unused.
func (s *scan) readLargeRest(r *fdReader, i int) {
	p := &s.large[i]
	if p.refusal.Load() {
		s.refused(p.index, unix.EACCES)
		return
	}
	if int(p.found.Load()) >= p.count {
		return
	}
	dir, err := s.openFDs(p.index)
	if err != nil {
		return
	}
	defer closeFD(dir)
	s.refused(p.index, r.list(dir, p.index, p.count))
}

func (s *scan) openFDs(i int) (int, error) {
	path := strconv.Itoa(int(s.procs[i].PID)) + "/fd"
	return unix.Openat(s.root, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// count returns the number of descriptors in the directory; 0 if the kernel does not
// tell it.
func (s *scan) count(dir int) int {
	var st unix.Stat_t
	if !s.sized || unix.Fstat(dir, &st) != nil {
		return 0
	}
	return int(st.Size)
}

// refused counts a process that may not be read. It leaves out kernel threads, which
// have no descriptors. It also leaves out processes that have exited: for these, too,
// readlink(2) returns EACCES (fs/proc/base.c proc_pid_readlink, without a task).
func (s *scan) refused(i int, err error) {
	if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) {
		return
	}
	stat, err := s.read(i, "stat")
	if err != nil && isGone(err) || isKernelThread(stat) {
		return
	}
	s.denied.Add(1)
}

// merge merges what the workers found into one sorted list without duplicates. After
// dup(2) a process has the same socket twice.
func (s *scan) merge() []uint64 {
	total := 0
	for _, r := range s.readers {
		total += len(r.pairs)
	}
	all := make([]uint64, 0, total)
	for _, r := range s.readers {
		all = append(all, r.pairs...)
		r.pairs = nil
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// nameHolders reads name, user and start time of the processes that hold a socket. A
// process that exited meanwhile keeps its pid and has an empty name.
func (s *scan) nameHolders(ctx context.Context, pairs []uint64) {
	holds := make([]bool, len(s.procs))
	for _, pair := range pairs {
		holds[uint32(pair)] = true
	}
	var holders []int
	for i, h := range holds {
		if h {
			holders = append(holders, i)
		}
	}
	s.parallel(ctx, len(holders), func(_ *fdReader, i int) { s.nameProcess(holders[i]) })
}

func (s *scan) nameProcess(i int) {
	p := &s.procs[i]
	if stat, err := s.read(i, "stat"); err == nil {
		p.Name, p.Start, _, _ = parseStat(stat)
	}
}

// read returns a small file of a process.
func (s *scan) read(i int, name string) ([]byte, error) {
	return os.ReadFile(s.tree.Path(strconv.Itoa(int(s.procs[i].PID)), name))
}

// isGone reports whether an error means that the process has exited: its files do not
// exist, or they were open and reading returns ESRCH.
func isGone(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH)
}
