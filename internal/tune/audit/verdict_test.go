// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestVerdictsOfValues: the verdicts on harmful values, and on harmless values next to
// them.
func TestVerdictsOfValues(t *testing.T) {
	for _, test := range []struct {
		line string
		want Code // "" for nothing
		says string
	}{
		{"net.ipv4.tcp_retries2 = 4", Harmful, "a few seconds"},
		{"net.ipv4.tcp_retries2 = 5", Lowers, "13 s (5)"},
		{"net.ipv4.tcp_retries2 = 7", Lowers, "51 s (7)"},
		{"net.ipv4.tcp_retries2 = 8", "", ""},
		{"net.ipv4.ip_local_port_range = 60000 61000", Lowers, "fewer local ports than the default, 28232"},
		{"net.ipv4.ip_local_port_range = 32769 60999", Lowers, "fewer local ports"},
		{"net.ipv4.ip_local_port_range = 15000 65000", "", ""},
		{"net.netfilter.nf_conntrack_max = 0", Wrong, "no limit"},
		{"net.netfilter.nf_conntrack_max = 1048576", "", ""},
		{"net.ipv4.tcp_keepalive_intvl = 3000000", Wrong, "the unit is seconds"},
		{"net.ipv4.tcp_keepalive_intvl = 30", "", ""},
		{"net.core.netdev_budget_usecs = 0", Harmful, "after the first poll"},
		{"net.netfilter.nf_conntrack_tcp_timeout_time_wait = 45", Harmful, "lasts 60 s"},
		{"net.netfilter.nf_conntrack_tcp_timeout_time_wait = 60", "", ""},
		{"net.ipv4.tcp_sack = 0", Harmful, "a round trip each"},
		{"net.ipv4.tcp_window_scaling = 0", Harmful, "64 KB"},
		{"net.ipv4.tcp_keepalive_probes = 0", Harmful, "without a single probe"},
		{"net.ipv4.tcp_keepalive_probes = 1", Harmful, "a single probe or its answer"},
		{"net.ipv4.tcp_fin_timeout = 100", Wrong, "2 x (T-60) s"},
		{"net.ipv4.tcp_fin_timeout = 3", Harmful, "its FIN"},
		{"net.ipv4.tcp_fin_timeout = 21474837", Invalid, "1000 Hz: 2147483, 250 Hz: 8589934, 100 Hz: 21474836"},
	} {
		var got []string
		for _, f := range Judge(Input{Found: Stream("f", []byte(test.line+"\n"))}) {
			got = append(got, fmt.Sprintf("%s %s", f.Code, f.Message.En))
		}
		switch {
		case test.want == "" && len(got) > 0:
			t.Errorf("%s: want nothing, got %q", test.line, got)
		case test.want != "" && !slices.ContainsFunc(got, func(s string) bool {
			return strings.HasPrefix(s, string(test.want)+" ") && strings.Contains(s, test.says)
		}):
			t.Errorf("%s: want %s ... %s, got %q", test.line, test.want, test.says, got)
		}
	}
}

// TestNotJudged: a key without a verdict is counted.
func TestNotJudged(t *testing.T) {
	got := NotJudged(Stream("f", []byte("vm.swappiness = 1\nnet.ipv4.tcp_sack = 0\nkernel.pid_max=99999\nvm.swappiness = 2\n-net.ipv4.conf.all.rp_filter\n")))
	if want := []string{"kernel.pid_max", "vm.swappiness"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}

// TestEmptyValuesAreNamed: an empty value is reported as empty.
func TestEmptyValuesAreNamed(t *testing.T) {
	host := fake(map[string]string{"net.ipv4.ip_local_reserved_ports": ""})
	for _, f := range Judge(Input{Found: Stream("f", []byte("net.ipv4.ip_local_reserved_ports = 8080\n")), Host: host}) {
		if f.Code == Drift && f.Message.En == "this host has an empty value" && f.Message.Zh == "本机当前值为空" {
			return
		}
	}
	t.Error("no drift from an empty value")
}
