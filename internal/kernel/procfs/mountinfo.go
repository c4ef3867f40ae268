// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"iter"
	"strings"
)

// Mount is one line of /proc/PID/mountinfo (proc_pid_mountinfo(5),
// fs/proc_namespace.c show_mountinfo).
type Mount struct {
	// Root is the path inside the file system that the mount shows. For a namespace
	// file it is the name of the namespace, such as "net:[4026532281]".
	Root string
	// Point is the mount point, relative to the root of the process.
	Point string
	// Type is the file system type, such as "cgroup2" or "nsfs".
	Type string
	// Options are the options of the file system itself, such as
	// "rw,hidepid=invisible", not those of the mount.
	Options string
}

// Mounts yields the mounts of a mountinfo file. It skips lines that it cannot read:
// newer kernels may add kinds of lines, but do not change fields.
func Mounts(mountinfo string) iter.Seq[Mount] {
	return func(yield func(Mount) bool) {
		for line := range strings.Lines(mountinfo) {
			if m, ok := parseMount(line); ok && !yield(m) {
				return
			}
		}
	}
}

// parseMount reads "ID PARENT MAJ:MIN ROOT POINT OPTIONS [FIELD…] - TYPE SOURCE SUPER".
func parseMount(line string) (Mount, bool) {
	before, after, found := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
	if !found {
		return Mount{}, false
	}
	head, tail := strings.Split(before, " "), strings.Split(after, " ")
	if len(head) < 6 || len(tail) < 3 {
		return Mount{}, false
	}
	return Mount{
		Root:    unescape(head[3]),
		Point:   unescape(head[4]),
		Type:    tail[0],
		Options: tail[len(tail)-1],
	}, true
}

// Option returns the value of one option of the file system; "" for an option without
// a value.
func (m Mount) Option(name string) (value string, ok bool) {
	for option := range strings.SplitSeq(m.Options, ",") {
		key, value, _ := strings.Cut(option, "=")
		if key == name {
			return value, true
		}
	}
	return "", false
}

// unescape undoes the octal escapes of blanks, newlines and backslashes
// (fs/seq_file.c mangle_path).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c, ok := octal(s[i:]); ok {
			b.WriteByte(c)
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// octal reads a backslash and three octal digits at the start of s.
func octal(s string) (byte, bool) {
	if len(s) < 4 || s[0] != '\\' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s[1:4]) {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n*8 + int(c-'0')
	}
	return byte(n), n <= 255
}
