// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// gaps returns which processes were not read: the owners of their sockets are
// unknown.
func (s *scan) gaps() []problem.Gap {
	var gaps []problem.Gap
	if len(s.procs) == 0 {
		gaps = append(gaps, problem.Unread(s.tree.Root(), problem.NoProcesses))
	}
	if n := s.denied.Load(); n > 0 {
		code := problem.ProcessesDenied
		if s.tree.mayLookAtAll() {
			code = problem.ProcessesRefused
		}
		gaps = append(gaps, problem.Unread(s.tree.Path("PID/fd"), code, n, len(s.procs)))
	}
	return append(gaps, s.tree.HiddenProcesses()...)
}

// mayLookAtAll reports whether the caller may read the descriptors of other users'
// processes. That takes access to the directory, which only its owner has
// (proc_fd_permission of fs/proc/fd.c), and ptrace access to read the links.
func (f FS) mayLookAtAll() bool {
	return f.hasCapability(unix.CAP_SYS_PTRACE) && (f.hasCapability(unix.CAP_DAC_READ_SEARCH) || f.hasCapability(unix.CAP_DAC_OVERRIDE))
}

// HiddenProcesses returns a gap if the tree is mounted so that it hides processes of
// other users (proc(5), hidepid), unless the caller is exempt.
func (f FS) HiddenProcesses() []problem.Gap {
	how := f.hiddenBy()
	if how == "" {
		return nil
	}
	return []problem.Gap{problem.Unread(f.Root(), problem.ProcessesHidden, how)}
}

// hiddenBy returns the mount option that hides processes from the caller in this proc
// tree; "" for none.
func (f FS) hiddenBy() string {
	mountinfo, err := os.ReadFile(f.Path("self/mountinfo"))
	if err != nil || f.hasCapability(unix.CAP_SYS_PTRACE) {
		return ""
	}
	var last Mount // later mounts cover earlier ones
	for m := range Mounts(string(mountinfo)) {
		if m.Point == filepath.Clean(f.Root()) {
			last = m
		}
	}
	return hidepid(last, os.Getgroups)
}

// hidepid returns the option "hidepid=…" of a proc mount if it hides processes of
// others (fs/proc/root.c; numbers before Linux 5.8, words since). With 1, noaccess,
// the processes are still listed and count as unreadable. A member of the group in
// the mount option gid= sees all processes, except with 4, ptraceable (fs/proc/base.c
// has_pid_permissions).
func hidepid(m Mount, groups func() ([]int, error)) string {
	value, ok := m.Option("hidepid")
	if m.Type != "proc" || !ok {
		return ""
	}
	switch value {
	case "4", "ptraceable":
		return "hidepid=" + value
	case "2", "invisible":
	default:
		return ""
	}
	if gid, ok := m.Option("gid"); ok {
		mine, err := groups()
		if id, convErr := strconv.Atoi(gid); err == nil && convErr == nil && slices.Contains(mine, id) {
			return ""
		}
	}
	return "hidepid=" + value
}

// hasCapability reports whether this process has a capability in its effective set,
// from the line CapEff of its status.
func (f FS) hasCapability(capability uint) bool {
	status, err := os.ReadFile(f.Path("self/status"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(status), "\nCapEff:")
	line, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	return err == nil && set&(1<<capability) != 0
}
