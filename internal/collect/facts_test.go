// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func TestFactsOf(t *testing.T) {
	f := factsOf(map[string]string{
		"/proc/net/netstat":                      "TcpExt: ListenDrops TW\nTcpExt: 7 9\n",
		"/proc/net/snmp":                         "Tcp: MaxConn CurrEstab EstabResets\nTcp: -1 4 5\n",
		"/proc/net/sockstat":                     "TCP: inuse 1 orphan 2 tw 3 alloc 4 mem 5\n",
		"/proc/net/softnet_stat":                 "0000000a 0000000b 0000000c\n00000001 00000001 00000001\n",
		"/proc/net/stat/nf_conntrack":            "entries drop\n00000010 00000001\n00000010 00000002\n",
		"/proc/sys/fs/file-nr":                   "12\t0\t99\n",
		"/proc/sys/net/ipv4/tcp_mem":             "1\t2\t3\n",
		"/proc/sys/net/core/somaxconn":           "4096\n",
		"/proc/sys/net/ipv4/tcp_max_syn_backlog": "5\n",
	}, nil)
	want := diagnose.Facts{
		Sysctls: map[string]string{
			"fs.file-nr": "12\t0\t99", "net.ipv4.tcp_mem": "1\t2\t3", "net.core.somaxconn": "4096", "net.ipv4.tcp_max_syn_backlog": "5",
		},
		Counters: diagnose.NumbersOf(map[string]uint64{
			"TcpExt.ListenDrops": 7, "TcpExt.TW": 9, "Tcp.EstabResets": 5, "softnet.dropped": 12, "softnet.time_squeeze": 13, "nf_conntrack.drop": 3,
		}),
		Gauges: diagnose.NumbersOf(map[string]uint64{
			"Tcp.CurrEstab": 4, "TCP.inuse": 1, "TCP.orphan": 2, "TCP.tw": 3, "TCP.alloc": 4, "TCP.mem": 5, "nf_conntrack.entries": 16, "file-nr.allocated": 12,
		}),
	}
	f.Absent = nil
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	host := hostFacts(f)
	if len(host.Sysctls) != 2 || host.Counters.Len() != 2 || host.Gauges.Len() != 4 {
		t.Errorf("of the host: %+v", host)
	}
}

// TestWhyAbsent: the reason that a file could not be read is also the reason for every
// name in it.
func TestWhyAbsent(t *testing.T) {
	f := factsOf(map[string]string{"/proc/sys/net/core/somaxconn": "1", "/proc/net/netstat": "TcpExt: TW\nTcpExt: x y\n"}, []problem.Gap{
		{Source: "/proc/net/stat/nf_conntrack", Reason: "there is no such file", Structural: true},
		{Source: "/proc/sys/net/netfilter/nf_conntrack_*", Reason: "there is no such file", Structural: true},
		{Source: "/proc/sys/net/core/netdev_*", Reason: "there is no such file", Structural: true},
		problem.Unread("/proc/net/snmp", problem.Denied, "permission denied"),
	})
	for group, want := range map[string]string{
		"nf_conntrack":               "conntrack is not loaded here",
		"net.netfilter.nf_conntrack": "conntrack is not loaded here",
		"net.core.netdev":            "only the host's own network namespace shows it",
		"Tcp":                        "it may not be read here: permission denied",
		"TCP":                        "the snapshot does not have it",
		"TcpExt":                     "procfs: netstat: 2 names and 3 numbers",
		"net":                        "this kernel does not have the parameter",
	} {
		if got := f.Absent[group].Text(); got.En != want || got.Zh == "" {
			t.Errorf("%s: %+v, want %s", group, got, want)
		}
	}
}

// TestRulesFindTheirFacts: every fact that a rule declares is in a file that collect
// reads; otherwise the rule could never be judged.
func TestRulesFindTheirFacts(t *testing.T) {
	for _, r := range diagnose.Rules() {
		for _, fact := range r.Facts {
			name, _, _ := strings.Cut(fact, " ")
			if strings.HasPrefix(name, "net.") || strings.HasPrefix(name, "fs.") {
				if !covered(sysctl.File(name)) {
					t.Errorf("%s reads %s, which nobody reads", r.Code, name)
				}
				continue
			}
			group, _, isGroup := strings.Cut(name, ".")
			if name != "sysctl.d" && isGroup && !grouped(group) {
				t.Errorf("%s reads %s, of a group that nobody reads", r.Code, name)
			}
		}
	}
}

func covered(file string) bool {
	for _, pattern := range append(procfs.NamespaceFacts(), hostPatterns()...) {
		if ok, err := filepath.Match(pattern, file); ok && err == nil {
			return true
		}
	}
	return false
}

func grouped(group string) bool {
	for _, f := range factFiles() {
		if slices.Contains(f.groups, group) {
			return true
		}
	}
	return false
}

// TestSpacePatterns: rules need nothing of the files that collect does not read in a
// namespace: no parameter of the catalogue, no counter of TCP.
func TestSpacePatterns(t *testing.T) {
	some := factsOf(procfs.Own().ReadFacts(spacePatterns()))
	all := factsOf(procfs.Own().ReadFacts(procfs.NamespaceFacts()))
	for s := range knowledge.Sysctls() {
		value, known := some.Sysctls[s.Key]
		if want, there := all.Sysctls[s.Key]; there && !known {
			t.Errorf("%s is not read, which is %q", s.Key, want)
		} else if there != known {
			t.Errorf("%s is %q, but not to be had", s.Key, value)
		}
	}
	for name := range all.Counters.All() {
		if _, known := some.Counters.Of(name); !known && !diagnose.HostWide(name) {
			t.Errorf("%s is not read", name)
		}
	}
	for name := range all.Gauges.All() {
		if _, known := some.Gauges.Of(name); !known {
			t.Errorf("%s is not read", name)
		}
	}
	if some.Counters.Len() < 100 || len(some.Sysctls) < 50 {
		t.Errorf("%d counters and %d parameters", some.Counters.Len(), len(some.Sysctls))
	}
}
