// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		filter                  string
		listen, pid, everything bool
	}{
		{filter: "", everything: true},
		{filter: "state all", everything: true},
		{filter: "state all or sport = :22", everything: true},
		{filter: "not state all"},
		{filter: "sport >= 0", everything: true},
		{filter: "state all and sport >= 0", everything: true},
		{filter: "state listen or sport >= 0", listen: true, everything: true},
		{filter: "not dport > 65535", everything: true},
		{filter: "sport < 5 or sport >= 5", everything: true},
		{filter: "sport < 5 or sport > 5"},
		{filter: "not (sport < 5 and sport > 9)", everything: true},
		{filter: "not (sport > 5 and sport < 9)"},
		{filter: "state connected", everything: true},
		{filter: "exclude listen", everything: true},
		{filter: "state synchronized"},
		{filter: "state established or (sport >= 0 and not state established)", everything: true},
		{filter: "state established or dport >= 1", everything: true},
		{filter: "state established or dport >= 2"},
		{filter: "src = 0.0.0.0/0 or src = ::/0", everything: true},
		{filter: "src = 0.0.0.0/0"},
		{filter: "src = 0.0.0.0/0 or family = ipv6", everything: true},
		{filter: "family = ipv4 or family = ipv6", everything: true},
		{filter: "not dst = 192.0.2.1"},
		{filter: "sport = :80 or recvq >= 0", everything: true},
		{filter: "lastrcv >= 0s"},
		{filter: "not dport = 443"},
		{filter: "process = x or not process = x", everything: true},
		{filter: "process = x or not process = y"},
		{filter: "process = x or process != x", everything: true},
		{filter: "process ~ zz or process !~ zz", everything: true},
		{filter: "process ~ zz or process !~ z"},
		{filter: "not (process = a and process = b)", everything: true},
		{filter: "not (process = a and process ~ b)", everything: true},
		{filter: "not (process = ab and process ~ b)"},
		{filter: "(process = x and sport < 9) or (process = x and sport >= 9) or process != x", everything: true},
		{filter: "sport = sport", everything: true},
		{filter: "sport <= sport and recvq >= recvq", everything: true},
		{filter: "recvq < recvq"},
		{filter: "sport = dport"},
		{filter: "sport < dport or sport >= dport", everything: true},
		{filter: "rtt >= rtt or rtt = none", everything: true},
		{filter: "rtt >= rtt"},
		{filter: "pid > 0 or pid = none", everything: true},
		{filter: "pid > 0", everything: true},
		{filter: "pid = none"},
		{filter: "inode > 0", everything: true},
		{filter: "inode = 0"},
		{filter: "cookie != 0", everything: true},
		{filter: "cookie = 5"},
		{filter: "local in (0.0.0.0/1, 128.0.0.0/1, ::/0)", everything: true},
		{filter: "local in (0.0.0.0/1) or local in (128.0.0.0/1) or local in (::/0)", everything: true},
		{filter: "local in (0.0.0.0/1) or local in (128.0.0.0/2) or local in (::/0)"},
		{filter: "local in (0.0.0.0/1, 128.0.0.0/1, ::/1)"},
		{filter: "src = 0.0.0.0/1 or dst = 128.0.0.0/1 or src = ::/0"},
		{filter: "not (src = 10.0.0.0/8 and src = 192.168.0.0/16)", everything: true},
		{filter: "src = 10.0.0.1:80 or src != 10.0.0.1:80", everything: true},
		{filter: "src = 10.0.0.1:80 or src != 10.0.0.1:81"},
		{filter: "src = 10.0.0.1:80 or sport != 80"},
		{filter: "netns = self", everything: true},
		{filter: "netns ~ .", everything: true},
		{filter: "not netns = web", everything: true},
		{filter: "netns = web and state close-wait"},
		{filter: "netns = web and sport = :80"},
		{filter: "fwmark = 0/0", everything: true},
		{filter: "fwmark = 1/1"},
		{filter: "fwmark = 1/1 or fwmark != 1/1", everything: true},
		{filter: "process ~ ''", everything: true},
		{filter: "process ~ ^ngi"},
		{filter: "container != none"},
		{filter: "autobound or not autobound", everything: true},
		{filter: "uid = 17 and pid > 0"},
		{filter: "sport = :443"},
		{filter: "not dport in (1, 2, 3, 4, 5)"},
		{filter: "state listening", listen: true},
		{filter: "listen", listen: true},
		{filter: "state = LISTEN", listen: true},
		{filter: "state in (listen, established)", listen: true},
		{filter: "state listen state close-wait sport = :80", listen: true},
		{filter: "sport = :80 and (state listen or state close-wait)", listen: true},
		{filter: "state listen exclude listen state close-wait"},
		{filter: "sport = :80"},
		{filter: "state big"},
		{filter: "exclude connected"},
		{filter: "exclude established"},
		{filter: "state != established"},
		{filter: "not state listen", everything: true},
		{filter: "not (state listen)", everything: true},
		{filter: "pid = 17", pid: true},
		{filter: "state listen and pid in (3, 17)", listen: true, pid: true},
		{filter: "pid = 18"},
		{filter: "pid >= 17"},
		{filter: "pid != 17"},
		{filter: "not pid = 17"},
		{filter: "uid = 17"},
	} {
		f, err := query.Parse(tt.filter, query.Options{})
		if tt.filter == "" {
			f, err = nil, nil
		}
		if err != nil {
			t.Fatalf("%s: %v", tt.filter, err)
		}
		if got := f.Names(tcp.Listen, nil); got != tt.listen {
			t.Errorf("%s: names listeners: %v", tt.filter, got)
		}
		if got := f.NamesNumber(socket.FieldPID, 17, nil); got != tt.pid {
			t.Errorf("%s: names process 17: %v", tt.filter, got)
		}
		if got := f.Everything(); got != tt.everything {
			t.Errorf("%s: everything: %v", tt.filter, got)
		}
	}
}
