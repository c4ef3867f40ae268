// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofOtherProtocols are counts by state of which a heading or a title says that they
// are of another protocol.
func ofOtherProtocols() []paste {
	const ours = "TCP sockets by state\nESTAB 9\nLISTEN 4\n"
	const want = "ESTABLISHED 9, LISTEN 4"
	var all []paste
	for _, title := range []string{"UDP:", "udp", "=== UDP ===", "# udp sockets", "UDP sockets by state:", "--- unix sockets ---", "SCTP", "Unix:", "[udp]", "UDP6 connections", "mptcp:", "dccp states", "vsock:"} {
		all = append(all,
			paste{name: title, source: "a script that prints both", text: title + "\nESTAB 5\nUNCONN 3\n" + ours, want: want},
			paste{name: title + ", below", source: "a script that prints both", text: ours + title + "\nESTAB 5\nUNCONN 3\n", want: want},
			paste{name: title + ", alone", source: "a script", text: title + "\nESTAB 5\nUNCONN 3\n", says: "has no TCP rows"})
	}
	for _, heading := range []string{"state,udp", "State,UDP sockets", "state;unix", "udp_state,count", "state,sctp", "UDP State\tCount", "State UDP", "state,udp6"} {
		mark := string(markOf([]byte(heading)))
		if markOf([]byte(heading)) == 0 {
			mark = " "
		}
		all = append(all, paste{name: heading, source: "a spreadsheet", text: heading + "\nESTAB" + mark + "5\nUNCONN" + mark + "3\n", says: "has no TCP rows"})
	}
	for _, heading := range []string{"state,tcp,udp", "state,udp,tcp", "State TCP UDP", "state;tcp_count;udp_count", "state,count,udp", "State | TCP | Unix sockets"} {
		mark := markOf([]byte(heading))
		if mark == 0 {
			mark = ' '
		}
		row := func(state, tcp, other string) string {
			if heading == "state,udp,tcp" {
				tcp, other = other, tcp
			}
			return state + string(mark) + tcp + string(mark) + other + "\n"
		}
		all = append(all, paste{name: heading, source: "a spreadsheet", text: heading + "\n" + row("ESTAB", "9", "5") + row("LISTEN", "4", "1"), want: want})
	}
	return append(all,
		paste{name: "raw data", source: "tickets", text: "raw data:\nESTAB 9\nLISTEN 4\n", want: want},
		paste{name: "unix time", source: "tickets", text: "unix time:\nESTAB 9\nLISTEN 4\n", want: want},
		paste{name: "both", source: "tickets", text: "TCP and UDP:\nESTAB 9\nLISTEN 4\n", want: want, says: "UDP", lossy: true},
		paste{name: "a command of netstat", source: "tickets", text: "$ netstat -anu | awk '{print $6}' | sort | uniq -c\n      5 ESTABLISHED\n", says: "has no TCP rows"},
		paste{name: "a command of netstat for both", source: "tickets", text: "$ netstat -antu | awk '{print $6}' | sort | uniq -c\n      9 ESTABLISHED\n      4 LISTEN\n", want: want, says: "lists UDP or other sockets too", lossy: true},
		paste{name: "a row without its protocol", source: "tickets", text: "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp ESTAB 0 0 192.0.2.9:22 192.0.2.1:67\nESTAB 0 0 192.0.2.9:68 192.0.2.1:67\n", want: "ESTABLISHED 1", lossy: true},
		paste{name: "rows below a title", source: "tickets", text: "UDP\n\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 192.0.2.9:68 192.0.2.1:67\n", says: "has no TCP rows"},
	)
}

// TestOtherProtocols: what a heading or a title calls another protocol is not TCP.
func TestOtherProtocols(t *testing.T) {
	for _, p := range ofOtherProtocols() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
