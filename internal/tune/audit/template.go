// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// filledIn returns a file as the programs will read it once another program has
// filled it in: of a Jinja template the lines that are written out, of a file of
// Ansible tasks none. What is left out is a gap.
func filledIn(name string, data []byte) (f *File, gaps []problem.Gap) {
	f = &File{Path: name, Lines: Parse(name, data), Ignores: ParseIgnores(data)}
	if slices.ContainsFunc(f.Lines, isTask) {
		f.Lines = nil
		return f, []problem.Gap{problem.Unread(name, problem.TaskFile)}
	}
	written, open := f.Lines[:0:0], 0
	valued, first := 0, 0
	for _, l := range f.Lines {
		inside := open > 0 || strings.HasPrefix(l.Text, "{%") || strings.HasPrefix(l.Text, "{#")
		open = max(0, open+opened(l.Text))
		switch {
		case inside:
		case strings.Contains(l.Text, "{{"):
			if valued++; first == 0 {
				first = l.Number
			}
		default:
			written = append(written, l)
		}
	}
	if len(written) == len(f.Lines) {
		return f, nil
	}
	f.Lines = written
	for _, l := range written {
		l.Template = true
	}
	if valued > 0 {
		gaps = append(gaps, problem.Unread(name, problem.TemplateFile, valued, first))
	}
	return f, gaps
}

// opened returns how many tags of Jinja a line leaves open; below 0 it closes some.
func opened(text string) int {
	return strings.Count(text, "{%") + strings.Count(text, "{#") - strings.Count(text, "%}") - strings.Count(text, "#}")
}

// task matches a line of YAML that begins a task of Ansible's or calls its module.
// Compiling it at the start of every command would take a hundredth of the time for
// counting the sockets of an idle host.
var task = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(-\s+)?([a-z_]+\.)*sysctl:\s*$|^-\s+(name|hosts|import_[a-z]+|include_[a-z]+):\s`)
})

// isTask reports whether a line is one of a file of Ansible tasks.
func isTask(l *Line) bool { return task().MatchString(l.Text) }
