// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// counters are the TCP counters of the namespace by name, such as TCPTimeWaitOverflow.
type counters map[string]int64

// Mark makes [Testbed.Counter] and [Testbed.Seen] count from this moment.
func (b *Testbed) Mark() {
	b.base, _ = readCounters()
	b.marked = len(b.events)
}

// counterFiles are the files of the thread, because the rest of the process is in
// another namespace.
func counterFiles() []string {
	return []string{"/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp"}
}

func readCounters() (counters, error) {
	all := make(counters)
	for _, path := range counterFiles() {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all.parse(string(data))
	}
	return all, nil
}

// parse parses pairs of lines: names, then values. It keeps Tcp and TcpExt, whose
// names do not overlap, and ignores other protocols.
func (c counters) parse(text string) {
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		if len(names) == 0 || names[0] != "Tcp:" && names[0] != "TcpExt:" {
			continue
		}
		for j := 1; j < len(names) && j < len(values); j++ {
			c[names[j]], _ = strconv.ParseInt(values[j], 10, 64)
		}
	}
}

// HasCounter returns nil if the kernel has the counter, otherwise a
// [*problem.UnsupportedError].
func (b *Testbed) HasCounter(name string) error {
	now, err := readCounters()
	if err != nil {
		return err
	}
	if _, known := now[name]; !known {
		return noCounter(name)
	}
	return nil
}

func noCounter(name string) error {
	return &problem.UnsupportedError{Feature: "counter " + name, Reason: "this kernel does not have it", Zh: "这里没有计数器 " + name + "：内核不提供"}
}

// Counter checks by how much a counter has grown since the last Mark. If the kernel
// does not have it, the error is a [*problem.UnsupportedError].
func (b *Testbed) Counter(name string, want int64, r Range) error {
	what := knowledge.Text{En: "counter " + name, Zh: "计数器 " + name}
	err := b.Await(what, r, func() error {
		now, err := readCounters()
		if err != nil {
			return err
		}
		value, known := now[name]
		if !known {
			return noCounter(name)
		}
		if got := value - b.base[name]; got != want {
			return &Failure{What: what, Want: Same(fmt.Sprintf("+%d", want)), Got: Same(fmt.Sprintf("%+d", got))}
		}
		return nil
	})
	if err == nil {
		b.Checked("", knowledge.Text{En: fmt.Sprintf("counter %s +%d", name, want), Zh: fmt.Sprintf("计数器 %s +%d", name, want)})
	}
	return err
}

// Sockstat checks a number in the TCP line of /proc/net/sockstat.
func (b *Testbed) Sockstat(key string, want int) error {
	data, err := os.ReadFile("/proc/thread-self/net/sockstat")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "TCP:" {
			continue
		}
		for i := 1; i+1 < len(words); i += 2 {
			if words[i] != key {
				continue
			}
			if words[i+1] != strconv.Itoa(want) {
				return &Failure{What: Same("sockstat " + key), Want: Same(want), Got: Same(words[i+1])}
			}
			b.Checked("", Same(fmt.Sprintf("sockstat %s %d", key, want)))
			return nil
		}
	}
	return &problem.UnsupportedError{Feature: "sockstat " + key, Reason: "this kernel does not show it", Zh: "这里没有 sockstat " + key + "：内核不显示"}
}
