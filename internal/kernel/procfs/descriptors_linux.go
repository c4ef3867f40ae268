// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
)

// fewFiles is a number of descriptors that is no shortage under any limit: every
// program starts with about that many.
const fewFiles = 16

// NearLimit returns the processes whose open descriptors are at least this share of
// their limit. Since Linux 6.2 the kernel tells the number of open descriptors
// without a look at each (fs/proc/fd.c proc_fd_getattr); before, known is false.
// Processes that may not be read are left out.
func (f FS) NearLimit(ctx context.Context, share float64) (all []Descriptors, known bool, err error) {
	known, err = f.eachWithFiles(ctx, fewFiles, func(dir string, d Descriptors) {
		near := func() bool { return float64(d.Open-d.Beyond) >= share*float64(d.Limit) }
		if !near() {
			return
		}
		if d.Beyond = numberedFrom(dir, d.Limit); near() {
			all = append(all, d)
		}
	})
	return all, known, err
}

// eachWithFiles calls do for each process that has at least this many descriptors
// open; dir is its directory.
func (f FS) eachWithFiles(ctx context.Context, least uint64, do func(dir string, d Descriptors)) (known bool, err error) {
	pids, err := f.PIDs()
	if err != nil {
		return false, err
	}
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		dir := f.Path(strconv.Itoa(int(pid)))
		stat, err := os.Stat(filepath.Join(dir, "fd"))
		if err != nil {
			continue
		}
		open := uint64(stat.Size())
		known = known || open > 0
		if open < least {
			continue
		}
		if d, ok := descriptorsOf(dir, pid, open); ok {
			do(dir, d)
		}
	}
	return known, nil
}

// numberedFrom counts the descriptors of a process whose number is at least limit.
// Calls fail when no number below the limit is free (fs/file.c alloc_fd), not when
// the total exceeds it. The result is 0 if the descriptors may not be listed.
func numberedFrom(dir string, limit uint64) (n uint64) {
	open, err := os.Open(filepath.Join(dir, "fd"))
	if err != nil {
		return 0
	}
	defer open.Close()
	names, err := open.Readdirnames(-1)
	if err != nil {
		return 0
	}
	for _, name := range names {
		if number, err := strconv.ParseUint(name, 10, 64); err == nil && number >= limit {
			n++
		}
	}
	return n
}

func descriptorsOf(dir string, pid int32, open uint64) (d Descriptors, ok bool) {
	limits, err := os.ReadFile(filepath.Join(dir, "limits"))
	if err != nil {
		return d, false
	}
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return d, false
	}
	d.Process.PID, d.Open = pid, open
	d.Process.Name, d.Process.Start, _, ok = parseStat(stat)
	if !ok {
		return d, false
	}
	if d.Limit, ok = parseOpenLimit(limits); !ok {
		return d, false
	}
	if link, err := os.Readlink(filepath.Join(dir, "ns", "net")); err == nil {
		d.Netns, _ = ParseNamespaceLink(link, "net")
	}
	return d, true
}
