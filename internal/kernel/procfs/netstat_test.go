// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"maps"
	"strings"
	"testing"
)

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
