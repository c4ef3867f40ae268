// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/rawfile"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ThisHost returns the machine that this process runs on, its parameters as the
// calling thread's network namespace shows them. Orphans is nil. The error is a
// [problem.UnsupportedError] if this system has no such parameters.
func ThisHost(ctx context.Context) (*Host, error) {
	if _, err := sysctl.Read("net.ipv4.tcp_fin_timeout"); err != nil {
		return nil, &problem.UnsupportedError{Feature: "reading kernel parameters", Reason: err.Error(), Zh: "这里无法读取内核参数：" + problem.Wording(err, true)}
	}
	h := &Host{Facts: Facts(), Value: Live, Expand: (&parameters{map[string][]string{}}).keys}
	if all, _, err := netns.Discover(ctx, netns.Options{}); err == nil {
		h.Namespaces = len(all) - 1
	}
	return h, nil
}

// Facts reads what the kernel derives defaults from: memory and the size of the table of connections. A namespace that shares the
// host's table shows a negative number. Kernels before Linux 6.1 do not show it.
func Facts() knowledge.HostFacts {
	f := knowledge.HostFacts{PageSize: uint64(os.Getpagesize())}
	if text, err := sysctl.Read("net.ipv4.tcp_ehash_entries"); err == nil {
		f.EhashEntries, _ = strconv.ParseUint(strings.TrimPrefix(text, "-"), 10, 64)
	}
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		f.MemTotal = memTotal(string(data))
	}
	return f
}

// memTotal reads a line "MemTotal:  24600000 kB" and returns bytes.
func memTotal(meminfo string) uint64 {
	_, rest, ok := strings.Cut(meminfo, "MemTotal:")
	fields := strings.Fields(rest)
	if !ok || len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseUint(fields[0], 10, 54)
	if err != nil {
		return 0
	}
	return kb << 10
}

// Live reads a parameter as the calling thread's network namespace shows it.
func Live(key string) (value string, exists, readable bool) {
	value, err := sysctl.Read(key)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, false
	}
	return value, true, err == nil
}

// parameters lists the parameters of the machine; each directory is read once.
type parameters struct {
	names map[string][]string // by directory, with a final slash except for the top: its names
}

// keys expands a pattern as glob(3) does.
func (p *parameters) keys(pattern string) []string {
	if !sysctl.Valid(strings.NewReplacer("*", "x", "?", "x", "[", "x", "]", "x").Replace(pattern)) {
		return nil // the path would leave /proc/sys
	}
	parts := strings.Split(sysctl.Path(pattern), "/")
	if slices.ContainsFunc(parts, func(part string) bool { _, err := path.Match(part, ""); return err != nil }) {
		return nil
	}
	found := []string{""}
	for i, part := range parts {
		var next []string
		for _, dir := range found {
			for _, name := range p.in(dir) {
				if !matchPath(part, name) {
					continue
				}
				if i < len(parts)-1 {
					name += "/"
				}
				next = append(next, dir+name)
			}
		}
		found = next
	}
	for i, file := range found {
		found[i] = sysctl.Path(file)
	}
	return found
}

// in lists a directory; the result is empty if the path is no directory.
func (p *parameters) in(dir string) []string {
	names, known := p.names[dir]
	if !known {
		if d, err := rawfile.OpenDir(strings.TrimSuffix(sysctl.File("")+dir, "/")); err == nil {
			names = d.Names()
			d.Close()
		}
		p.names[dir] = names
	}
	return names
}
