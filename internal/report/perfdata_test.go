// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// TestPerfdataNamesNoInode: labels are names, each used once; if namespaces have no
// name, or share one, the worst of them counts.
func TestPerfdataNamesNoInode(t *testing.T) {
	d := &Doctor{Diagnosis: &diagnose.Diagnosis{}, Tally: &query.Tally{}}
	m := &diagnose.Machine{}
	for _, n := range []struct {
		netns socket.Netns
		tw    uint64
	}{
		{socket.Netns{Inode: 4026531840, Name: "host"}, 1},
		{socket.Netns{Inode: 4026532001, Name: "4026532001"}, 7},
		{socket.Netns{Inode: 4026532002, Name: "4026532002"}, 90},
		{socket.Netns{Inode: 4026532003, Name: "4026532003", Container: "c1"}, 3},
		{socket.Netns{Inode: 4026532004, Name: "web.service"}, 50},
		{socket.Netns{Inode: 4026532005, Name: "web.service"}, 20},
	} {
		d.Namespaces = append(d.Namespaces, &n.netns)
		m.Spaces = append(m.Spaces, &diagnose.Space{
			Netns: &n.netns, Sockets: &diagnose.Reading{},
			Facts: diagnose.Facts{Gauges: diagnose.NumbersOf(map[string]uint64{"TCP.tw": n.tw}), Sysctls: map[string]string{"net.ipv4.tcp_max_tw_buckets": "100"}},
		})
	}
	all := strings.Join(Perfdata(d, m), " ")
	for _, want := range []string{"'host tw_buckets'=1;", "'unnamed tw_buckets'=90;80;100;0;100", "'c1 tw_buckets'=3;", "'web.service tw_buckets'=50;"} {
		if strings.Count(all, want) != 1 {
			t.Errorf("no %s in %s", want, all)
		}
	}
	if strings.Contains(all, "40265") || strings.Count(all, "tw_buckets") != 4 {
		t.Error(all)
	}
}
