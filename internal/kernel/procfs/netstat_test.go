// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"maps"
	"strings"
	"testing"
)

// TestSumCounters: the quick way gives what [ParseCounters] gives, or nothing.
func TestSumCounters(t *testing.T) {
	const tcp = "Ip: A\nIp: 1\nTcp: RtoMin MaxConn ActiveOpens PassiveOpens\nTcp: 200 -1 3 4\nUdp: A\nUdp: 5\n"
	if sum, ok := SumCounters([]byte(tcp), "Tcp", "ActiveOpens", "PassiveOpens"); !ok || sum != 7 {
		t.Errorf("%d, %v", sum, ok)
	}
	for _, odd := range []string{
		"", "Tcp", "Tcp:", "Tcp: ActiveOpens PassiveOpens\n", "Tcp: ActiveOpens PassiveOpens\nTcp: 1\n", "Tcp: ActiveOpens\nTcp: 1\n",
		"Tcp: ActiveOpens PassiveOpens\nTcp: 1 2 3\n", "Tcp: ActiveOpens PassiveOpens\nTcp: 1 x\n", "Tcp: ActiveOpens PassiveOpens\nUdp: 1 2\n",
		"Tcp: A\tB ActiveOpens PassiveOpens X\nTcp: 1 2 3 4\t5\n", "TcpExt: ActiveOpens PassiveOpens\nTcpExt: 1 2\n", tcp + tcp,
		"Tcp: ActiveOpens ActiveOpens PassiveOpens\nTcp: 1 2 3\n",
	} {
		if sum, ok := SumCounters([]byte(odd), "Tcp", "ActiveOpens", "PassiveOpens"); ok {
			t.Errorf("%q: %d", odd, sum)
		}
	}
}

func TestParseCounters(t *testing.T) {
	got, err := ParseCounters(strings.NewReader("TcpExt: SyncookiesSent ListenDrops\nTcpExt: 1 22\nIpExt: InOctets Odd\nIpExt: 333 -1\n"))
	want := map[string]uint64{"TcpExt.SyncookiesSent": 1, "TcpExt.ListenDrops": 22, "IpExt.InOctets": 333}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, wrong := range []string{"TcpExt: A B\nTcpExt: 1\n", "TcpExt: A\nIpExt: 1\n", "\n\n"} {
		if got, err := ParseCounters(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q: %v", wrong, got)
		}
	}
}
