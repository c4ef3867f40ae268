// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

var golden = flag.Bool("golden", false, "write testdata/v1.0.snap anew; only when it has not been released")

// TestReadsFormat1 reads a file that the first version of the format wrote. The file
// must never change; for a later version add another file.
func TestReadsFormat1(t *testing.T) {
	const name = "testdata/v1.0.snap"
	if *golden {
		rows, places := gallery(60)
		check(t, os.WriteFile(name, saved(t, rows, places, nil), 0o644))
	}
	b, err := os.ReadFile(name)
	check(t, err)
	f, err := open(b)
	check(t, err)
	if diff := cmp.Diff(machine(), f.Machine); diff != "" {
		t.Errorf("machine (-want +got):\n%s", diff)
	}
	var got []string
	check(t, f.Rows(t.Context(), Want{1, tcp.SetOf(tcp.TimeWait, tcp.Listen, tcp.Bound)}, func(s *socket.Socket, o *socket.Owner) bool {
		got = append(got, fmt.Sprintf("%v %v>%v %v %d %d %q %v %v %v %v %v", s.State, s.Local, s.Remote, s.Expires, s.Cookie, s.Inode, s.User, s.Known.Len(), s.Info != nil, s.Mem != nil, s.Cgroup, o != nil))
		return true
	}))
	want := []string{
		`LISTEN 10.33.0.31:27409>[2001:db8::2d]:40055 4m16.714s 12722769484952856335 1650497564 "alice" 103 true false &{9 /a u  } true`,
		`BOUND [2001:db8::65%eth0]:10751>[2001:db8::87]:664 12m59.543s 6917230801410789600 1054931268 "" 103 false false <nil> false`,
		`TIME_WAIT [2001:db8::9b%eth0]:28785>[::ffff:10.6.0.131]:9027 12m15.792s 7145339581750977238 2263141307 "" 103 false false &{9 /a u  } false`,
		`LISTEN [2001:db8::be]:10773>10.235.0.152:9359 4m33.506s 12937074618168615567 1725695492 "alice" 103 true true <nil> true`,
		`BOUND 10.207.0.176:54093>[2001:db8::f6]:5285 10m57.359s 11082630227194899568 2249896445 "alice" 103 true true &{9 /a u  } false`,
		`TIME_WAIT invalid AddrPort>[2001:db8::4]:1032 2m32.425s 16758391693665199197 2170558187 "" 103 false true <nil> true`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
