// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
)

// fewFiles are no shortage whatever the limit: programs begin with so many.
const fewFiles = 16

// NearLimit returns the processes that have at least that share of the
// descriptors open that they may. How many are open is told without looking at
// them since Linux 6.2 (fs/proc/fd.c proc_fd_getattr); known is false before.
// What may not be seen is left out.
func NearLimit(ctx context.Context, root string, share float64) (all []Descriptors, known bool, err error) {
	pids, err := PIDs(root)
	if err != nil {
		return nil, false, err
	}
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		dir := filepath.Join(root, strconv.Itoa(int(pid)))
		stat, err := os.Stat(filepath.Join(dir, "fd"))
		if err != nil {
			continue
		}
		open := uint64(stat.Size())
		known = known || open > 0
		if open < fewFiles {
			continue
		}
		if d, ok := descriptorsOf(dir, pid, open); ok && float64(d.Open) >= share*float64(d.Limit) {
			all = append(all, d)
		}
	}
	return all, known, nil
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
		d.Netns, _ = parseNetnsLink([]byte(link))
	}
	return d, true
}
