// SPDX-License-Identifier: Apache-2.0

package procfs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

func TestParseSockstat(t *testing.T) {
	got, err := procfs.ParseSockstat("sockets: used 17\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 358\nUDPLITE: inuse -1\n")
	want := map[string]uint64{"sockets.used": 17, "TCP.inuse": 1, "TCP.orphan": 2, "TCP.tw": 3, "TCP.alloc": 4, "TCP.mem": 358}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for _, wrong := range []string{"TCP inuse 1", "TCP: inuse"} {
		if got, err := procfs.ParseSockstat(wrong); err == nil {
			t.Errorf("%q: %v", wrong, got)
		}
	}
}

// TestParseSoftnet: numbers are hexadecimal and added up over all processors; old
// kernels have fewer columns.
func TestParseSoftnet(t *testing.T) {
	got, err := procfs.ParseSoftnet("06468e7d 0000000a 00000001 00000000\n0644457b 00000001 00000010 00000000\n")
	if got != (procfs.Softnet{Dropped: 11, TimeSqueeze: 17}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{"06468e7d 0000000a\n", "1 x 2\n"} {
		if got, err := procfs.ParseSoftnet(wrong); err == nil {
			t.Errorf("%q: %+v", wrong, got)
		}
	}
}

// TestParseConntrackStat: columns are identified by name, because their order differs
// between kernels.
func TestParseConntrackStat(t *testing.T) {
	got, err := procfs.ParseConntrackStat("entries  clashres found insert_failed drop\n0000000f  00000000 00000010 00000001 0000000a\n0000000f  00000000 00000001 00000000 00000001\n")
	want := map[string]uint64{"entries": 15, "clashres": 0, "found": 17, "insert_failed": 1, "drop": 11}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for _, wrong := range []string{"entries drop\n1\n", "entries\nzz\n"} {
		if got, err := procfs.ParseConntrackStat(wrong); err == nil {
			t.Errorf("%q: %v", wrong, got)
		}
	}
}

func TestParseFileNr(t *testing.T) {
	if n, err := procfs.ParseFileNr("1216\t0\t9223372036854775807\n"); n != 1216 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, wrong := range []string{"", "1 2", "x 0 1"} {
		if n, err := procfs.ParseFileNr(wrong); err == nil {
			t.Errorf("%q: %d", wrong, n)
		}
	}
}
