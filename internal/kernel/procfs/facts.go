// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// maxFact is how many bytes of one file are read. The largest file is
// /proc/net/netstat with some 5 kB, apart from softnet_stat, which has a line per
// processor.
const maxFact = 1 << 20

// HostFacts are the files that are the same in every network namespace:
// limits on descriptors and processes, memory, load.
func HostFacts() []string {
	return []string{
		"/proc/sys/kernel/osrelease", "/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max", "/proc/sys/kernel/random/boot_id",
		"/proc/sys/fs/file-nr", "/proc/sys/fs/file-max", "/proc/sys/fs/nr_open",
		"/proc/self/limits", "/proc/meminfo", "/proc/loadavg", "/proc/uptime",
	}
}

// NamespaceFacts are the files that differ between network namespaces: counters, and
// parameters of TCP. Patterns are those of [path.Match], in the last part of a path.
func NamespaceFacts() []string {
	return []string{
		"/proc/net/netstat", "/proc/net/snmp", "/proc/net/snmp6", "/proc/net/sockstat", "/proc/net/sockstat6", "/proc/net/softnet_stat",
		"/proc/net/stat/nf_conntrack",
		"/proc/sys/net/ipv4/tcp_*", "/proc/sys/net/ipv4/ip_local_*", "/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/net/ipv4/inet_peer_*",
		"/proc/sys/net/core/somaxconn", "/proc/sys/net/core/netdev_*", "/proc/sys/net/core/[rw]mem_*", "/proc/sys/net/core/optmem_max",
		"/proc/sys/net/core/default_qdisc", "/proc/sys/net/netfilter/nf_conntrack_*",
	}
}

// secret reports files that must not be read: the key of TCP Fast Open.
func secret(name string) bool { return strings.HasSuffix(name, "/tcp_fastopen_key") }

// ReadFacts reads the files that the patterns name, in the network namespace of the
// calling thread. It returns the texts by name; names begin with /proc/ for any tree.
// A file that cannot be read is a gap, a structural one if there is no such file.
func (f FS) ReadFacts(patterns []string) (files map[string]string, gaps []problem.Gap) {
	files = map[string]string{}
	listed := directories{tree: f, open: map[string]*directory{}}
	defer listed.close()
	for _, pattern := range patterns {
		for _, name := range listed.expand(pattern) {
			if secret(name) {
				continue
			}
			text, err := listed.read(name)
			if err == nil {
				files[name] = text
				continue
			}
			gaps = append(gaps, factGap(name, err))
		}
	}
	return files, gaps
}

// directories keeps directories open from which several files are read. Each is
// opened once, and listed once if that is needed: with thousands of network namespaces
// the look-up of /proc/sys/net/ipv4 is the dearest part of reading a parameter.
type directories struct {
	tree FS
	open map[string]*directory
}

type directory struct {
	*rawfile.Dir // nil if it cannot be opened, for the reason err
	err          error
	names        []string
	listed       bool
}

// of opens a directory, with a final slash in its name.
func (d directories) of(name string) *directory {
	known := d.open[name]
	if known == nil {
		known = &directory{}
		known.Dir, known.err = rawfile.OpenDir(path.Clean(d.tree.file(name)))
		if known.err != nil {
			known.Dir = nil
		}
		d.open[name] = known
	}
	return known
}

// list returns the names in the directory.
func (d *directory) list() []string {
	if !d.listed && d.Dir != nil {
		d.listed, d.names = true, d.Names()
	}
	return d.names
}

func (d directories) close() {
	for _, dir := range d.open {
		if dir.Dir != nil {
			dir.Close()
		}
	}
}

// expand returns the files of a pattern. If there are none it returns the pattern
// itself: reading that gives the reason.
func (d directories) expand(pattern string) []string {
	if !strings.ContainsAny(pattern, "*[") {
		return []string{pattern}
	}
	dir, last := path.Split(pattern)
	var found []string
	for _, name := range d.of(dir).list() {
		if ok, err := path.Match(last, name); ok && err == nil {
			found = append(found, dir+name)
		}
	}
	if len(found) == 0 {
		return []string{pattern}
	}
	return found
}

// read reads a file: a parameter, and what the kernel tells of the network, through
// its open directory.
func (d directories) read(name string) (string, error) {
	dir, base := path.Split(name)
	var text []byte
	var err error
	switch {
	case strings.HasPrefix(name, "/proc/sys/net/"), dir == "/proc/net/":
		known := d.of(dir)
		switch {
		case known.err != nil:
			return "", known.err
		case dir == "/proc/net/":
			text, err = known.ReadAll(base)
		default:
			text, err = known.Parameter(base)
		}
	default:
		text, err = rawfile.ReadAll(d.tree.file(name))
	}
	return string(text[:min(len(text), maxFact)]), err
}

func factGap(name string, err error) problem.Gap {
	if errors.Is(err, fs.ErrNotExist) {
		return problem.Unread(name, problem.NoFile).NeverShown()
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return problem.Failed(name, err)
}
