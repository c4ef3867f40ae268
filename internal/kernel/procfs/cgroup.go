// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"path"
	"strings"
)

// Cgroup2Mount returns the mount of the unified cgroup hierarchy: at /sys/fs/cgroup
// on a v2 host, at /sys/fs/cgroup/unified or elsewhere on a hybrid host, nowhere on a
// v1 host. If there are several, it returns the one that shows most: the root of the
// hierarchy, or else the shortest path.
func Cgroup2Mount(mountinfo string) (Mount, bool) {
	var best Mount
	found := false
	for m := range Mounts(mountinfo) {
		if m.Type != "cgroup2" || strings.HasPrefix(m.Root, "/..") {
			continue // /.. in the path: the mount was made outside the reader's cgroup namespace
		}
		if !found || len(m.Root) < len(best.Root) {
			best, found = m, true
		}
	}
	return best, found
}

// ProcessCgroup is the cgroup of one process, from /proc/PID/cgroup (cgroups(7)). A
// field is "" if the host does not have that hierarchy.
type ProcessCgroup struct {
	V2      string // the line "0::PATH"
	Systemd string // the v1 hierarchy name=systemd, where systemd keeps its units
	V1      string // the longest path of all other v1 hierarchies
}

// ParseProcessCgroup reads a /proc/PID/cgroup file, lines of
// "ID:CONTROLLERS:PATH".
func ParseProcessCgroup(file string) ProcessCgroup {
	var c ProcessCgroup
	for line := range strings.Lines(file) {
		id, rest, found1 := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, where, found2 := strings.Cut(rest, ":")
		if !found1 || !found2 {
			continue
		}
		where = strings.TrimSuffix(where, " (deleted)")
		switch {
		case id == "0" && controllers == "":
			c.V2 = where
		case controllers == "name=systemd":
			c.Systemd = where
		case len(where) > len(c.V1):
			c.V1 = where
		}
	}
	return c
}

// Path returns the most specific path: the deepest one, and among equally deep ones
// that of v2, then that of systemd. On hybrid hosts a container manager may have
// moved its processes in some hierarchies only.
func (c ProcessCgroup) Path() string {
	best := c.V2
	for _, other := range []string{c.Systemd, c.V1} {
		if depth(other) > depth(best) {
			best = other
		}
	}
	return best
}

// depth returns the number of names in a path.
func depth(p string) int {
	if p == "" {
		return -1
	}
	if p == "/" {
		return 0
	}
	return strings.Count(path.Clean(p), "/")
}
