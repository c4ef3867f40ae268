// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// hostPatterns are the files that tell about the whole host, whichever network
// namespace is asked about: [procfs.HostFacts], and those of the network that
// are one for all (see [diagnose.HostWide]).
func hostPatterns() []string {
	return append(procfs.HostFacts(),
		"/proc/net/sockstat", "/proc/net/softnet_stat",
		"/proc/sys/net/ipv4/tcp_mem", "/proc/sys/net/ipv4/tcp_max_orphans", "/proc/sys/net/core/netdev_*")
}

// A factFile is a file under /proc that holds numbers.
type factFile struct {
	name   string
	groups []string // what names from it begin with
	parse  func(*diagnose.Facts, string) error
}

func factFiles() []factFile {
	return []factFile{
		{"/proc/net/netstat", []string{"TcpExt", "IpExt", "MPTcpExt"}, parseNetstat},
		{"/proc/net/snmp", []string{"Tcp", "Ip", "Icmp", "Udp"}, parseNetstat},
		{"/proc/net/sockstat", []string{"TCP"}, parseSockstat},
		{"/proc/net/sockstat6", []string{"TCP6"}, parseSockstat},
		{"/proc/net/softnet_stat", []string{"softnet"}, parseSoftnet},
		{"/proc/net/stat/nf_conntrack", []string{"nf_conntrack"}, parseConntrack},
		{"/proc/sys/fs/file-nr", []string{"file-nr"}, parseFileNr},
	}
}

// factsOf reads the texts of files under /proc, by name, as they were read from
// this host or from a snapshot. missing says why others are not among them.
func factsOf(files map[string]string, missing []problem.Gap) diagnose.Facts {
	f := emptyFacts()
	notSaved := knowledge.Text{En: "the snapshot does not have it", Zh: "快照中没有该项"}
	f.Absent["net"], f.Absent["fs"] = notSaved, notSaved
	for name, text := range files {
		if key, ok := sysctl.Name(name); ok {
			f.Sysctls[key] = strings.TrimSpace(text)
			f.Absent["net"] = knowledge.Text{En: "this kernel does not have the parameter", Zh: "此内核没有该参数"}
		}
	}
	for _, source := range factFiles() {
		why := notSaved
		if text, ok := files[source.name]; ok {
			why = knowledge.Text{En: "this kernel does not count it", Zh: "此内核不统计该项"}
			if err := source.parse(&f, text); err != nil {
				why = knowledge.Text{En: err.Error(), Zh: err.Error()}
			}
		}
		for _, group := range source.groups {
			f.Absent[group] = why
		}
	}
	for _, g := range missing {
		for _, name := range namesIn(g.Source) {
			f.Absent[name] = whyMissing(g)
		}
	}
	return f
}

func emptyFacts() diagnose.Facts {
	return diagnose.Facts{
		Sysctls: map[string]string{}, Counters: map[string]uint64{}, Gauges: map[string]uint64{}, Absent: map[string]knowledge.Text{},
	}
}

// namesIn returns what is missing with a file: groups of numbers, or the
// parameter that it is. Of a pattern that is what its names begin with.
func namesIn(file string) []string {
	for _, source := range factFiles() {
		if source.name == file {
			return source.groups
		}
	}
	name, ok := sysctl.Name(file)
	if !ok {
		return nil
	}
	return []string{strings.TrimRight(strings.TrimSuffix(name, "*"), "._")}
}

func whyMissing(g problem.Gap) knowledge.Text {
	switch {
	case g.Structural && strings.Contains(g.Source, "nf_conntrack"):
		return knowledge.Text{En: "conntrack is not loaded here", Zh: "此处未加载 conntrack"}
	case g.Structural && onlyInitial(g.Source):
		return knowledge.Text{En: "only the host's own network namespace shows it", Zh: "只有主机自己的网络命名空间才能看到"}
	case g.Structural:
		return knowledge.Text{En: "this kernel does not have it", Zh: "此内核没有该项"}
	case g.Reason == "permission denied" || g.Reason == "operation not permitted":
		return knowledge.Text{En: "it may not be read here: " + g.Reason, Zh: "此处无权读取：" + g.Reason}
	default:
		return knowledge.Text{En: g.Reason, Zh: "读取失败：" + g.Reason}
	}
}

// onlyInitial reports whether a file is one that the kernel makes for the first
// network namespace alone (net/ipv4/sysctl_net_ipv4.c ipv4_table,
// net/core/sysctl_net_core.c net_core_table).
func onlyInitial(file string) bool {
	name, ok := sysctl.Name(file)
	return ok && strings.HasPrefix(name, "net.") && diagnose.HostWide(strings.TrimSuffix(name, "*"))
}

// hostFacts keeps of facts what is of the whole host.
func hostFacts(f diagnose.Facts) diagnose.Facts {
	other := func(name string) bool { return !diagnose.HostWide(name) }
	maps.DeleteFunc(f.Sysctls, func(name, _ string) bool { return other(name) })
	maps.DeleteFunc(f.Counters, func(name string, _ uint64) bool { return other(name) })
	maps.DeleteFunc(f.Gauges, func(name string, _ uint64) bool { return other(name) })
	return f
}

// complete adds what is known of the whole host from a namespace.
func complete(host *diagnose.Facts, from diagnose.Facts) {
	add(host.Sysctls, from.Sysctls)
	add(host.Counters, from.Counters)
	add(host.Gauges, from.Gauges)
	for name, why := range from.Absent {
		if _, known := host.Absent[name]; !known {
			host.Absent[name] = why
		}
	}
}

func add[V any](to, from map[string]V) {
	for name, value := range from {
		if _, known := to[name]; !known && diagnose.HostWide(name) {
			to[name] = value
		}
	}
}

// parseNetstat reads netstat and snmp, which have one form (net/ipv4/proc.c
// netstat_seq_show, snmp_seq_show). What goes up and down is no counter.
func parseNetstat(f *diagnose.Facts, text string) error {
	all, err := procfs.ParseCounters(strings.NewReader(text))
	for name, n := range all {
		switch name {
		case "Tcp.CurrEstab", "Tcp.RtoAlgorithm", "Tcp.RtoMin", "Tcp.RtoMax", "Tcp.MaxConn":
			f.Gauges[name] = n
		default:
			f.Counters[name] = n
		}
	}
	return err
}

func parseSockstat(f *diagnose.Facts, text string) error {
	all, err := procfs.ParseSockstat(text)
	maps.Copy(f.Gauges, all)
	return err
}

func parseSoftnet(f *diagnose.Facts, text string) error {
	sum, err := procfs.ParseSoftnet(text)
	if err == nil {
		f.Counters["softnet.dropped"], f.Counters["softnet.time_squeeze"] = sum.Dropped, sum.TimeSqueeze
	}
	return err
}

func parseConntrack(f *diagnose.Facts, text string) error {
	all, err := procfs.ParseConntrackStat(text)
	for name, n := range all {
		if name == "entries" {
			f.Gauges["nf_conntrack.entries"] = n
			continue
		}
		f.Counters["nf_conntrack."+name] = n
	}
	return err
}

func parseFileNr(f *diagnose.Facts, text string) error {
	n, err := procfs.ParseFileNr(text)
	if err == nil {
		f.Gauges["file-nr.allocated"] = n
	}
	return err
}
