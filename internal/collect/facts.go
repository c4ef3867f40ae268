// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"maps"
	"slices"
	"strings"
	"unique"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// hostPatterns are the files that tell about the whole host, whichever network
// namespace is read: [procfs.HostFacts] and the network's files that are the same in
// all namespaces (see [diagnose.HostWide]).
func hostPatterns() []string {
	return append(procfs.HostFacts(),
		"/proc/net/sockstat", "/proc/net/softnet_stat",
		"/proc/sys/net/ipv4/tcp_mem", "/proc/sys/net/ipv4/tcp_max_orphans", "/proc/sys/net/core/netdev_*")
}

// spacePatterns are the files of a network namespace that rules look at. The other
// files of [procfs.NamespaceFacts] are for snapshots; each file would be read again in
// every namespace.
func spacePatterns() []string {
	var all []string
	for _, p := range procfs.NamespaceFacts() {
		switch p {
		case "/proc/net/snmp6", "/proc/net/softnet_stat": // no rule reads the first; the second is the same for the whole host
		case "/proc/sys/net/netfilter/nf_conntrack_*":
			all = append(all, "/proc/sys/net/netfilter/nf_conntrack_max", "/proc/sys/net/netfilter/nf_conntrack_count",
				"/proc/sys/net/netfilter/nf_conntrack_buckets", "/proc/sys/net/netfilter/nf_conntrack_tcp_*")
		default:
			all = append(all, p)
		}
	}
	return all
}

// A factFile is a file under /proc that holds numbers.
type factFile struct {
	name   string
	groups []string // beginnings of the names that come from the file
	parse  func(*numbers, string) error
}

func factFiles() []factFile {
	return []factFile{
		{"/proc/net/netstat", []string{"TcpExt", "MPTcpExt"}, parseNetstat},
		{"/proc/net/snmp", []string{"Tcp"}, parseNetstat},
		{"/proc/net/sockstat", []string{"TCP"}, parseSockstat},
		{"/proc/net/sockstat6", []string{"TCP6"}, parseSockstat},
		{"/proc/net/softnet_stat", []string{"softnet"}, parseSoftnet},
		{"/proc/net/stat/nf_conntrack", []string{"nf_conntrack"}, parseConntrack},
		{"/proc/sys/fs/file-nr", []string{"file-nr"}, parseFileNr},
	}
}

// numbers are the counters and gauges read from the files.
type numbers struct{ counters, gauges map[string]uint64 }

// factsOf parses the texts of files under /proc, by name, whether read from this host
// or from a snapshot. missing says why other files are not among them.
func factsOf(files map[string]string, missing []problem.Gap) diagnose.Facts {
	f := emptyFacts()
	read := numbers{map[string]uint64{}, map[string]uint64{}}
	notSaved := knowledge.Absence{Code: knowledge.AbsentSaved}
	f.Absent["net"], f.Absent["fs"] = notSaved, notSaved
	for name, text := range files {
		if key, ok := sysctl.Name(name); ok {
			f.Sysctls[shared(key)] = shared(strings.TrimSpace(text))
			f.Absent["net"] = knowledge.Absence{Code: knowledge.AbsentParameter}
		}
	}
	notOfFirst(&f)
	for _, source := range factFiles() {
		why := notSaved
		if text, ok := files[source.name]; ok {
			why = knowledge.Absence{Code: knowledge.AbsentCounter}
			if err := source.parse(&read, text); err != nil {
				why = knowledge.Absence{Code: knowledge.AbsentFailed, Detail: knowledge.ErrorText(err)}
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
	f.Counters, f.Gauges = diagnose.NumbersOf(read.counters), diagnose.NumbersOf(read.gauges)
	return f
}

// notOfFirst adds the reason for parameters that exist only in the host's initial
// network namespace. A snapshot of another namespace has no gap for such files,
// because they do not exist there.
func notOfFirst(f *diagnose.Facts) {
	_, elsewhere := f.Sysctls["net.ipv4.tcp_syncookies"]
	for _, file := range hostPatterns() {
		name, _ := sysctl.Name(file)
		if _, known := f.Sysctls[name]; elsewhere && !known && onlyInitial(file) {
			f.Absent[name] = knowledge.Absence{Code: knowledge.AbsentInitial}
		}
	}
}

// shared returns one common copy of a text, because hundreds of namespaces have the
// same parameters, mostly with the same values.
func shared(text string) string { return unique.Make(text).Value() }

func emptyFacts() diagnose.Facts {
	return diagnose.Facts{Sysctls: map[string]string{}, Absent: map[string]knowledge.Absence{}}
}

// namesIn returns the names that are unknown when a file is missing: groups of
// numbers, or the kernel parameter of the file. For a pattern of files it returns the
// common beginning of the names.
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

// reason is a gap's reason. In Chinese it includes the gap's source, which stands
// inside the sentence.
func reason(g problem.Gap) knowledge.Text {
	return knowledge.Text{En: knowledge.GapReason(g), Zh: knowledge.GapText(g).Zh}
}

func whyMissing(g problem.Gap) knowledge.Absence {
	switch {
	case g.Structural && strings.Contains(g.Source, "nf_conntrack"):
		return knowledge.Absence{Code: knowledge.AbsentConntrack}
	case g.Structural && onlyInitial(g.Source):
		return knowledge.Absence{Code: knowledge.AbsentInitial}
	case g.Structural:
		return knowledge.Absence{Code: knowledge.AbsentHere}
	case g.Code == problem.Denied:
		return knowledge.Absence{Code: knowledge.AbsentDenied, Detail: reason(g)}
	default:
		return knowledge.Absence{Code: knowledge.AbsentFailed, Detail: reason(g)}
	}
}

// onlyInitial reports whether the kernel creates a file only in the initial network
// namespace (net/ipv4/sysctl_net_ipv4.c ipv4_table, net/core/sysctl_net_core.c
// net_core_table).
func onlyInitial(file string) bool {
	name, ok := sysctl.Name(file)
	return ok && strings.HasPrefix(name, "net.") && diagnose.HostWide(strings.TrimSuffix(name, "*"))
}

// hostFacts returns those of the facts that concern the whole host.
func hostFacts(f diagnose.Facts) diagnose.Facts {
	maps.DeleteFunc(f.Sysctls, func(name, _ string) bool { return !diagnose.HostWide(name) })
	f.Counters, f.Gauges = withHostWide(diagnose.Numbers{}, f.Counters), withHostWide(diagnose.Numbers{}, f.Gauges)
	return f
}

// complete adds to the host's facts the host-wide ones among those of a namespace.
func complete(host *diagnose.Facts, from diagnose.Facts) {
	add(host.Sysctls, from.Sysctls)
	host.Counters, host.Gauges = withHostWide(host.Counters, from.Counters), withHostWide(host.Gauges, from.Gauges)
	for name, why := range from.Absent {
		if _, known := host.Absent[name]; !known {
			host.Absent[name] = why
		}
	}
}

// withHostWide returns the numbers of to with the host-wide ones of from added.
func withHostWide(to, from diagnose.Numbers) diagnose.Numbers {
	var all map[string]uint64
	for name, n := range from.All() {
		if _, known := to.Of(name); known || !diagnose.HostWide(name) {
			continue
		}
		if all == nil {
			all = maps.Collect(to.All())
		}
		all[name] = n
	}
	if all == nil {
		return to
	}
	return diagnose.NumbersOf(all)
}

func add(to, from map[string]string) {
	for name, value := range from {
		if _, known := to[name]; !known && diagnose.HostWide(name) {
			to[name] = value
		}
	}
}

// parseNetstat parses netstat and snmp, which have the same format (net/ipv4/proc.c
// netstat_seq_show, snmp_seq_show). It keeps only TCP's numbers, and separates gauges
// from counters.
func parseNetstat(to *numbers, text string) error {
	all, err := procfs.ParseCounters(strings.NewReader(text))
	for name, n := range all {
		switch {
		case slices.Contains([]string{"Tcp.CurrEstab", "Tcp.RtoAlgorithm", "Tcp.RtoMin", "Tcp.RtoMax", "Tcp.MaxConn", "MPTcpExt.MPCurrEstab"}, name):
			to.gauges[name] = n
		case strings.HasPrefix(name, "Tcp.") || strings.HasPrefix(name, "TcpExt."):
			to.counters[name] = n
		}
	}
	return err
}

func parseSockstat(to *numbers, text string) error {
	all, err := procfs.ParseSockstat(text)
	maps.Copy(to.gauges, all)
	return err
}

func parseSoftnet(to *numbers, text string) error {
	sum, err := procfs.ParseSoftnet(text)
	if err == nil {
		to.counters["softnet.dropped"], to.counters["softnet.time_squeeze"] = sum.Dropped, sum.TimeSqueeze
	}
	return err
}

func parseConntrack(to *numbers, text string) error {
	all, err := procfs.ParseConntrackStat(text)
	for name, n := range all {
		if name == "entries" {
			to.gauges["nf_conntrack.entries"] = n
			continue
		}
		to.counters["nf_conntrack."+name] = n
	}
	return err
}

func parseFileNr(to *numbers, text string) error {
	n, err := procfs.ParseFileNr(text)
	if err == nil {
		to.gauges["file-nr.allocated"] = n
	}
	return err
}
