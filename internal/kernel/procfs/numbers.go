// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ParseSockstat reads /proc/net/sockstat or sockstat6: on each line a group, then
// names and numbers in turn (net/ipv4/proc.c sockstat_seq_show). The keys of the
// result are names such as TCP.orphan. orphan, alloc and mem (in pages) cover the
// whole host, the other numbers the network namespace.
func ParseSockstat(text string) (map[string]uint64, error) {
	all := map[string]uint64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		group, isGroup := strings.CutSuffix(words[0], ":")
		if !isGroup || len(words)%2 == 0 {
			return nil, problem.Errorf("procfs: sockstat: %q", "procfs：sockstat：%q", strings.TrimSpace(line))
		}
		for i := 1; i < len(words); i += 2 {
			// The sum over running processors can be negative for a moment; it is
			// left out.
			if n, err := strconv.ParseUint(words[i+1], 10, 64); err == nil {
				all[group+"."+words[i]] = n
			}
		}
	}
	return all, nil
}

// A Softnet is the sum over all processors of what happened to incoming packets.
type Softnet struct {
	Dropped     uint64 // the backlog was full (net.core.netdev_max_backlog)
	TimeSqueeze uint64 // the budget was used up with packets left (net.core.netdev_budget)
}

// ParseSoftnet reads /proc/net/softnet_stat: a line per processor, numbers in
// hexadecimal (net/core/net-procfs.c softnet_seq_show). Every network namespace shows
// the numbers of the whole host.
func ParseSoftnet(text string) (Softnet, error) {
	var sum Softnet
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 {
			return Softnet{}, problem.Errorf("procfs: softnet_stat: %q", "procfs：softnet_stat：%q", strings.TrimSpace(line))
		}
		dropped, err1 := strconv.ParseUint(words[1], 16, 64)
		squeezed, err2 := strconv.ParseUint(words[2], 16, 64)
		if err1 != nil || err2 != nil {
			return Softnet{}, problem.Errorf("procfs: softnet_stat: %q", "procfs：softnet_stat：%q", strings.TrimSpace(line))
		}
		sum.Dropped += dropped
		sum.TimeSqueeze += squeezed
	}
	return sum, nil
}

// ParseConntrackStat reads /proc/net/stat/nf_conntrack: names, then a line of
// hexadecimal numbers per processor (net/netfilter/nf_conntrack_standalone.c
// ct_cpu_seq_show). It adds up the processors' numbers, except entries, which every
// line repeats. The numbers are those of the network namespace.
func ParseConntrackStat(text string) (map[string]uint64, error) {
	head, rest, _ := strings.Cut(text, "\n")
	names := strings.Fields(head)
	all := map[string]uint64{}
	for line := range strings.Lines(rest) {
		numbers := strings.Fields(line)
		if len(numbers) != len(names) {
			return nil, problem.Errorf("procfs: stat/nf_conntrack: %d names and %d numbers", "procfs：stat/nf_conntrack：%d 个名称和 %d 个数字", len(names), len(numbers))
		}
		for i, name := range names {
			n, err := strconv.ParseUint(numbers[i], 16, 64)
			if err != nil {
				return nil, problem.Errorf("procfs: stat/nf_conntrack: %w", "procfs：stat/nf_conntrack：%w", err)
			}
			if name == "entries" {
				all[name] = n
				continue
			}
			all[name] += n
		}
	}
	return all, nil
}

// ParseFileNr reads /proc/sys/fs/file-nr: open files, a zero, and the limit
// (fs/file_table.c proc_nr_files). It returns the number of open files.
func ParseFileNr(text string) (allocated uint64, err error) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return 0, problem.Errorf("procfs: file-nr: %q", "procfs：file-nr：%q", strings.TrimSpace(text))
	}
	if allocated, err = strconv.ParseUint(words[0], 10, 64); err != nil {
		return 0, problem.Errorf("procfs: file-nr: %w", "procfs：file-nr：%w", err)
	}
	return allocated, nil
}
