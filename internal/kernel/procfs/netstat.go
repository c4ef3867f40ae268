// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unique"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// Counters returns the counters of /proc/net/netstat in the namespace of the calling
// thread, by name, such as TcpExt.ListenDrops.
func (f FS) Counters() (map[string]uint64, error) { return f.counters("netstat") }

// SNMP returns the counters of /proc/net/snmp in the same way, such as
// Tcp.ActiveOpens: the standard MIBs (RFC 4022).
func (f FS) SNMP() (map[string]uint64, error) { return f.counters("snmp") }

func (f FS) counters(name string) (map[string]uint64, error) {
	file, err := os.Open(f.thread("net", name))
	if err != nil {
		return nil, fmt.Errorf("procfs: %w", err)
	}
	defer file.Close()
	return ParseCounters(file)
}

// SumCounters adds up counters of one group, such as "Tcp", in a text that
// [ParseCounters] reads. It makes no map of all counters and does not allocate. ok is
// false if a counter is missing or no number, or if the group is not in two lines of
// the kernel's form.
func SumCounters(text []byte, group string, counters ...string) (sum uint64, ok bool) {
	names, rest := groupLine(text, group)
	numbers, rest := groupLine(rest, group)
	if more, _ := groupLine(rest, group); more != nil {
		return 0, false // only ParseCounters knows which of two counts
	}
	found := make([]bool, len(counters))
	for len(names) > 0 && len(numbers) > 0 {
		var name, number []byte
		name, names = nextField(names)
		number, numbers = nextField(numbers)
		i := slices.Index(counters, string(name))
		if i < 0 {
			continue
		}
		n, err := strconv.ParseUint(string(number), 10, 64)
		if err != nil || found[i] {
			return 0, false
		}
		found[i] = true
		sum += n
	}
	return sum, !slices.Contains(found, false) && len(names) == len(numbers)
}

// groupLine returns the next line of a group without the group's name, and what
// follows the line; nil if there is none, or if fields may be separated by anything
// but blanks.
func groupLine(text []byte, group string) (fields, rest []byte) {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		name, fields, ok := bytes.Cut(line, []byte{':'})
		if !ok || string(name) != group {
			continue
		}
		if slices.ContainsFunc(fields, func(c byte) bool { return c < ' ' || c > '~' }) {
			return nil, nil
		}
		return bytes.Trim(fields, " "), text
	}
	return nil, nil
}

// nextField returns the first of the fields of a line, and the others.
func nextField(line []byte) (field, others []byte) {
	field, others, _ = bytes.Cut(line, []byte{' '})
	return field, bytes.TrimLeft(others, " ")
}

// ParseCounters reads pairs of lines: names, then numbers, both beginning with the
// name of their group (net/ipv4/proc.c netstat_seq_show). It leaves out negative
// numbers, which a few counters of other groups have.
func ParseCounters(r io.Reader) (map[string]uint64, error) {
	all := map[string]uint64{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		names := strings.Fields(lines.Text())
		if !lines.Scan() {
			break
		}
		numbers := strings.Fields(lines.Text())
		if len(names) == 0 || len(names) != len(numbers) || names[0] != numbers[0] {
			return nil, problem.Errorf("procfs: netstat: %d names and %d numbers", "procfs：netstat：%d 个名称和 %d 个数字", len(names), len(numbers))
		}
		for i, name := range names[1:] {
			if n, err := strconv.ParseUint(numbers[i+1], 10, 64); err == nil {
				all[unique.Make(strings.TrimSuffix(names[0], ":")+"."+name).Value()] = n // all namespaces share one copy of the name
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, problem.Errorf("procfs: netstat: %w", "procfs：netstat：%w", err)
	}
	return all, nil
}
