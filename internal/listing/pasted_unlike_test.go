// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofSwitches are ports of switches, and ports of sockets that look like them.
func ofSwitches() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "a port", source: "a switch", text: `{"port":"1/1","state":"listening"}`, says: unclear},
		{name: "ports", source: "a switch", text: `[{"port":"Gi1/0/1","state":"listening"},{"port":"Gi1/0/2","state":"listening"}]`, says: unclear},
		{name: "interfaces", source: "a switch", text: `[{"interface":"Gi1/0/1","state":"listening"}]`, says: unclear},
		{name: "interfaces by name", source: "a bridge", text: `[{"name":"eth0","state":"listening"}]`, says: unclear},
		{name: "a table of ports", source: "a switch", text: "port,state\n1/1,listening\n1/2,listening\n", says: unclear},
		{name: "a table of interfaces", source: "a switch", text: "interface state\nGi1/0/1 listening\nGi1/0/2 listening\n", says: unclear},
		{name: "lines", source: "a switch", text: "Gi1/0/1 LISTENING\nGi1/0/2 LISTENING\n", says: unclear},
		{name: "ports of sockets", source: "a script", text: `[{"port":"443/tcp","state":"listening"},{"port":"https","state":"listening"},{"port":8080,"state":"listening"}]`, want: "LISTEN 3"},
		{name: "a table of ports of sockets", source: "a script", text: "port|state\n443|listening\n8080|listening\n", want: "LISTEN 2"},
		{name: "dates", source: "a script", text: "port,state,date\n80,ESTABLISHED,12/01/2025\n443,TIME_WAIT,12/01/2025\n", want: "ESTABLISHED 1, TIME_WAIT 1"},
		{name: "counts of an interface", source: "a script", text: `[{"interface":"eth0","state":"ESTABLISHED","count":5}]`, want: "ESTABLISHED 5"},
	}
}

// ofEnded are titles and names of what is over.
func ofEnded() []paste {
	const both, title = "ESTABLISHED 412, FIN_WAIT2 20", "above or below counts"
	return []paste{
		{name: "by last state", source: "a report", text: "Closed connections by last state\nESTABLISHED 412\nFIN_WAIT2 20\n", want: both, says: title, lossy: true},
		{name: "closed", source: "a report", text: "Closed connections:\nESTABLISHED 412\nFIN_WAIT2 20\n", want: both, says: title, lossy: true},
		{name: "the final state", source: "a report", text: "Final state of each connection\nESTABLISHED 412\nFIN_WAIT2 20\n", want: both, says: title, lossy: true},
		{name: "a key", source: "a service", text: `{"closed_connections_by_last_state":{"ESTABLISHED":412}}`, want: "ESTABLISHED 412", says: "nothing of TCP", lossy: true},
		{name: "open and closed", source: "a report", text: "Open and closed connections\nESTABLISHED 412\nCLOSED 20\n", want: "ESTABLISHED 412, CLOSE 20"},
		{name: "states", source: "a report", text: "Connections by state\nESTABLISHED 412\nFIN_WAIT2 20\n", want: both},
	}
}

// ofThings are states of things that have a name or a number.
func ofThings() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "an event", source: "a log", text: "[conn-17] CLOSED\n", says: unclear},
		{name: "events", source: "a log", text: "2025-01-01T10:00:00Z [conn-17] CLOSED\n2025-01-01T10:00:01Z [conn-18] ESTABLISHED\n", says: unclear},
		{name: "doors by number", source: "a smart home", text: "door-1 CLOSED\ndoor-2 CLOSED\n", want: "CLOSE 2", says: unclear, lossy: true},
		{name: "doors by name", source: "a smart home", text: "front-door CLOSED\nback-door CLOSED\n", want: "CLOSE 2", says: unclear, lossy: true},
		{name: "counts of a thread", source: "a log", text: "[conn-17] ESTABLISHED 5\n", want: "ESTABLISHED 5"},
		{name: "sockets of machines", source: "pdsh", text: "web1: ESTAB\nweb1: ESTAB\n", want: "ESTABLISHED 2"},
		{name: "sockets that are closed", source: "awk '{print $6}'", text: "CLOSED\nCLOSED\n", want: "CLOSE 2"},
	}
}

// ofParameters are counts beside parameters of the kernel.
func ofParameters() []paste {
	const unclear = "what its number counts"
	return []paste{
		{name: "its own time", source: "a page", text: "net.ipv4.tcp_fin_timeout = 60\nFIN_WAIT2 60\n", want: "FIN_WAIT2 60", says: unclear, lossy: true},
		{name: "the time below", source: "a page", text: "FIN_WAIT2 60\nnet.ipv4.tcp_fin_timeout = 60\n", want: "FIN_WAIT2 60", says: unclear, lossy: true},
		{name: "of the connection tracking table", source: "a page", text: "net.netfilter.nf_conntrack_tcp_timeout_established = 432000\nESTABLISHED 432000\n", want: "ESTABLISHED 432000", says: unclear, lossy: true},
		{name: "another number", source: "a ticket", text: "net.ipv4.tcp_fin_timeout = 60\nFIN_WAIT2 17\n", want: "FIN_WAIT2 17"},
		{name: "a full table", source: "a ticket", text: "net.ipv4.tcp_max_tw_buckets = 262144\nTIME_WAIT 262144\nESTABLISHED 5\n", want: "ESTABLISHED 5, TIME_WAIT 262144"},
	}
}

// ofSamples are samples of Prometheus.
func ofSamples() []paste {
	return []paste{
		{name: "no name", source: "a query", text: "{state=\"established\"} 12\n{state=\"time_wait\"} 20\n", want: "ESTABLISHED 12, TIME_WAIT 20", says: "what its number counts", lossy: true},
		{name: "two scrapes", source: "two scrapes", text: "node_tcp_connection_states{state=\"established\"} 12 1738555506000\nnode_tcp_connection_states{state=\"time_wait\"} 2 1738555506000\nnode_tcp_connection_states{state=\"established\"} 14 1738555566000\nnode_tcp_connection_states{state=\"time_wait\"} 3 1738555566000\n", want: "ESTABLISHED 26, TIME_WAIT 5", says: "document begins 1 time;", lossy: true},
		{name: "one scrape", source: "a scrape", text: "node_tcp_connection_states{state=\"established\"} 12 1738555506000\nnode_tcp_connection_states{state=\"time_wait\"} 2 1738555506000\n", want: "ESTABLISHED 12, TIME_WAIT 2"},
		{name: "two machines", source: "federation", text: "node_tcp_connection_states{state=\"established\",instance=\"a\"} 12 1738555506000\nnode_tcp_connection_states{state=\"established\",instance=\"b\"} 14 1738555506010\n", want: "ESTABLISHED 26", says: "counted together"},
	}
}

// ofHalves are numbers with one half of a pair of signs.
func ofHalves() []paste {
	const both, beside = "ESTABLISHED 20, TIME_WAIT 18122", "beside its count"
	return []paste{
		{name: "a star", source: "a note", text: "TIME_WAIT *18122\n", want: "TIME_WAIT 18122", says: beside, lossy: true},
		{name: "half of bold", source: "a cut", text: "TIME_WAIT **18122\n", want: "TIME_WAIT 18122", says: beside, lossy: true},
		{name: "an open bracket", source: "a cut", text: "TIME_WAIT (18122\n", want: "TIME_WAIT 18122", says: beside, lossy: true},
		{name: "an open square bracket", source: "a cut", text: "TIME_WAIT [18122\n", want: "TIME_WAIT 18122", says: beside, lossy: true},
		{name: "brackets", source: "a report", text: "TIME_WAIT (18122)\nESTABLISHED (20)\n", want: both},
		{name: "bold", source: "Markdown", text: "**TIME_WAIT:** **18122**\n* ESTABLISHED **20**\n", want: both},
		{name: "a line in bold", source: "Markdown", text: "**18122 TIME_WAIT**\n**20 ESTABLISHED**\n", want: both},
		{name: "a list", source: "Markdown", text: "* TIME_WAIT: 18122\n* ESTABLISHED: 20\n", want: both},
	}
}

// ofPlainOnes are counts that are plain in a form of their own.
func ofPlainOnes() []paste {
	const both = "ESTABLISHED 412, TIME_WAIT 20"
	return []paste{
		{name: "French", source: "a report", text: "État : ESTABLISHED, nombre : 412\nÉtat : TIME_WAIT, nombre : 20\n", want: both},
		{name: "data of a plugin", source: "Nagios", text: "established=412;;;0 time_wait=20\n", want: both},
		{name: "data of a plugin with bounds", source: "Nagios", text: "established=412;500;600;0 time_wait=20;@10:20;~:30\n", want: both},
		{name: "semicolons between", source: "a script", text: "ESTABLISHED=412;TIME_WAIT=20\n", want: both},
		{name: "a number more", source: "a script", text: "established=412;5 time_wait=20\n", says: "can be read"},
	}
}

// TestPastedUnlike: what looks like sockets and counts of them, and is none, or not all of it.
func TestPastedUnlike(t *testing.T) {
	for kind, pastes := range map[string][]paste{
		"switches": ofSwitches(), "ended": ofEnded(), "things": ofThings(), "settings": ofParameters(), "samples": ofSamples(), "halves": ofHalves(), "plain": ofPlainOnes(),
	} {
		t.Run(kind, func(t *testing.T) {
			for _, p := range pastes {
				t.Run(p.name, func(t *testing.T) { p.test(t) })
			}
		})
	}
}
