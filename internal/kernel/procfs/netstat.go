// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"bufio"
	"fmt"
	"io"
	"os"
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
