// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// fake is a host with these parameters, a table of 262144 buckets and 30
// orphans in FIN_WAIT2.
func fake(values map[string]string) *Host {
	return &Host{
		Facts: knowledge.HostFacts{EhashEntries: 262144},
		Value: func(key string) (string, bool, bool) {
			value, ok := values[key]
			return value, ok, ok && value != "unreadable"
		},
		Expand: func(pattern string) []string {
			var keys []string
			for key := range values {
				if MatchKey(pattern, key) {
					keys = append(keys, key)
				}
			}
			slices.Sort(keys)
			return keys
		},
		Orphans: func(s tcp.State) (uint64, bool) { return 30, s == tcp.FinWait2 },
	}
}

func brief(findings []Finding) []string {
	all := []string{}
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%d %s %s: %s", f.Line, f.Code, f.Key, f.Message.En))
	}
	return all
}

// TestTheFourLines answers the recipe that many people have copied.
func TestTheFourLines(t *testing.T) {
	host := fake(map[string]string{"net.ipv4.tcp_syncookies": "1", "net.ipv4.tcp_tw_reuse": "1", "net.ipv4.tcp_fin_timeout": "30"})
	found := Stream("/etc/sysctl.conf", []byte(strings.Repeat("\n", 11)+`net.ipv4.tcp_syncookies = 1
net.ipv4.tcp_tw_reuse = 1
net.ipv4.tcp_tw_recycle = 1
net.ipv4.tcp_fin_timeout = 30
`))
	want := []string{
		"14 DEAD net.ipv4.tcp_tw_recycle: removed in Linux 4.12; before that it locked out clients behind NAT",
		"15 WRONG net.ipv4.tcp_fin_timeout: does not shorten TIME_WAIT (a constant 60 s): it bounds orphaned FIN_WAIT2, of which this host has 30",
		"12 NO-OP net.ipv4.tcp_syncookies: already the default",
	}
	if diff := cmp.Diff(want, brief(Judge(Input{Found: found, Host: host}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJudgeWithHost(t *testing.T) {
	values := map[string]string{
		"net.core.somaxconn": "4096", "net.ipv4.tcp_max_tw_buckets": "131072", "net.ipv4.tcp_rmem": "4096\t131072\t33554432",
		"net.ipv4.tcp_syncookies": "0", "net.ipv4.tcp_max_syn_backlog": "4096", "net.ipv4.tcp_timestamps": "1", "vm.swappiness": "60", "net.ipv4.route.flush": "unreadable",
		"net.ipv4.conf.all.rp_filter": "0", "net.ipv4.conf.lo.rp_filter": "2", "net.ipv4.tcp_keepalive_time": "7200",
	}
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{"drift", "net.core.somaxconn = 8192\n", []string{"1 DRIFT net.core.somaxconn: this host has 4096"}},
		{"no drift", "net.core.somaxconn = 0x1000\n", []string{"1 NO-OP net.core.somaxconn: already the default since Linux 5.4"}},
		{"no drift of a part", "net.ipv4.tcp_rmem = 4096 131072\n", []string{"1 NO-OP net.ipv4.tcp_rmem: already the default since Linux 6.16"}},
		{"what is bad is not to be applied", "net.core.somaxconn = 128\n", []string{"1 LOWERS net.core.somaxconn: lowers the default, which is 4096 since Linux 5.4"}},
		{"what is overridden is not compared", "vm.swappiness = 1\nvm.swappiness = 60\n", []string{"1 DUPLICATE vm.swappiness: f:2 sets it to 60 and wins"}},
		{"cannot be read", "net.ipv4.route.flush = 1\n", nil},
		{"derived default", "net.ipv4.tcp_max_tw_buckets = 131072\n", []string{"1 NO-OP net.ipv4.tcp_max_tw_buckets: already the default"}},
		{"below the derived default", "net.ipv4.tcp_max_tw_buckets = 20000\n", []string{"1 LOWERS net.ipv4.tcp_max_tw_buckets: lowers the default, 131072"}},
		{"the host says that cookies are off", "net.ipv4.tcp_max_syn_backlog = 4096\n", nil},
		{"only in the initial namespace", "net.ipv4.tcp_max_orphans = 131072\n", []string{
			"1 NO-OP net.ipv4.tcp_max_orphans: already the default",
			"1 SCOPE net.ipv4.tcp_max_orphans: cannot be set in a container: the initial network namespace only; absent in containers",
		}},
		{"an older kernel", "net.ipv4.tcp_migrate_req = 1\n", []string{
			"1 UNKNOWN net.ipv4.tcp_migrate_req: this host does not have it: its module is not loaded, or its kernel is another",
		}},
		{"misspelt", "net.core.somaxcon = 8192\n", []string{"1 UNKNOWN net.core.somaxcon: there is no such parameter"}},
		{"another kernel's", "net.ipv4.tcp_plb_enabled = 1\n", []string{"1 UNKNOWN net.ipv4.tcp_plb_enabled: this host does not have it: its module is not loaded, or its kernel is another"}},
		{"nobody's", "net.foo.bar = 1\n", []string{"1 UNKNOWN net.foo.bar: this host does not have it: it is misspelt, or its module is not loaded"}},
		{"pattern", "net.ipv4.conf.*.rp_filter = 2\n", []string{"1 DRIFT net.ipv4.conf.all.rp_filter: this host has 0"}},
		{"pattern over the catalogue", "net.ipv4.tcp_time* = 0\n", []string{"1 HARMFUL net.ipv4.tcp_timestamps: turns off PAWS and tcp_tw_reuse, and SYN cookies lose window scaling and SACK"}},
		{"timestamps are on", "net.ipv4.tcp_keepalive_time = 7200 # two hours\n", []string{
			"1 SYNTAX net.ipv4.tcp_keepalive_time: the comment is part of the value: comments stand on lines of their own",
			"1 NO-OP net.ipv4.tcp_keepalive_time: already the default",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := brief(Judge(Input{Found: Stream("f", []byte(test.file)), Host: fake(values)}))
			if diff := cmp.Diff(append([]string{}, test.want...), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRemovedButHere: on an old kernel, which still has the parameter, the line is not
// dead but dangerous.
func TestRemovedButHere(t *testing.T) {
	host := fake(map[string]string{"net.ipv4.tcp_tw_recycle": "1"})
	got := Judge(Input{Found: Stream("f", []byte("net.ipv4.tcp_tw_recycle = 1\n")), Host: host})
	if len(got) != 1 || got[0].Code != Harmful || got[0].Severity != diagnose.Critical {
		t.Errorf("got %+v", got)
	}
	got = Judge(Input{Found: Stream("f", []byte("net.ipv4.tcp_tw_recycle = 0\n")), Host: host})
	if len(got) != 1 || got[0].Code != Dead {
		t.Errorf("got %+v", got)
	}
}

func TestContainers(t *testing.T) {
	file := []byte("net.ipv4.tcp_retries2 = 8\nnet.ipv4.tcp_max_orphans = 200000\nnet.core.rmem_max = 8388608\nfs.file-max = 500000\n")
	got := brief(Judge(Input{Found: Stream("f", file), Container: true}))
	if len(got) != 3 || !strings.HasPrefix(got[0], "2 SCOPE net.ipv4.tcp_max_orphans") || !strings.HasPrefix(got[1], "3 SCOPE net.core.rmem_max") {
		t.Errorf("got %q", got)
	}
	host := fake(map[string]string{"net.ipv4.tcp_retries2": "8"})
	host.Namespaces = 3
	got = brief(Judge(Input{Found: Stream("f", []byte("net.ipv4.tcp_retries2 = 8\n")), Host: host}))
	want := []string{"1 SCOPE : 1 of these parameters belong to a network namespace; 3 other namespaces here start from the kernel's defaults"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEveryMessageIsInBothLanguages checks all messages that the corpus produces.
func TestEveryMessageIsInBothLanguages(t *testing.T) {
	for _, doc := range Codes() {
		if doc.Text.En == "" || doc.Text.Zh == "" || doc.Severity < diagnose.Notice {
			t.Errorf("%s: %+v", doc.Code, doc)
		}
	}
	seen := map[Code]bool{}
	for _, file := range corpus(t) {
		for _, f := range Judge(Input{Found: Stream("f", []byte(file)), Container: true}) {
			seen[f.Code] = true
			if f.Message.En == "" || f.Message.Zh == "" || (f.Do.En == "") != (f.Do.Zh == "") {
				t.Errorf("%s %s: %+v %+v", f.Code, f.Text, f.Message, f.Do)
			}
			if strings.HasSuffix(f.Message.En, ".") || f.Do.En != "" && !strings.ContainsAny(f.Do.En[len(f.Do.En)-1:], ".?") {
				t.Errorf("%s: punctuation of %q %q", f.Code, f.Message.En, f.Do.En)
			}
		}
	}
	for _, doc := range Codes() {
		if !seen[doc.Code] && doc.Code != Drift {
			t.Errorf("no file of the corpus brings forth %s", doc.Code)
		}
	}
}

// TestRulesExist: the rules to which the catalogue refers exist.
func TestRulesExist(t *testing.T) {
	known := map[string]bool{}
	for _, r := range diagnose.Rules() {
		known[r.Code] = true
	}
	rule := regexp.MustCompile(`^[A-Z]{2}\d\d$`)
	for s := range knowledge.Sysctls() {
		for _, link := range s.See {
			if rule.MatchString(link) && !known[link] {
				t.Errorf("%s: there is no rule %s", s.Key, link)
			}
		}
	}
}
