// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofOthersCounts are numbers by state that are no counts of sockets, or no plain
// ones.
func ofOthersCounts() []paste {
	const (
		strange = "no socket of the machine"
		unclear = "what its number counts"
	)
	return []paste{
		{name: "UDP in Prometheus", source: "an exporter of psutil", text: "net_conns{proto=\"udp\",state=\"listen\"} 8\nnet_conns{proto=\"tcp\",state=\"listen\"} 17\n", want: "LISTEN 17"},
		{name: "UDP alone in Prometheus", source: "an exporter of psutil", text: "net_conns{protocol=\"udp6\",state=\"listen\"} 8\n", says: "udp"},
		{name: "connection tracking in Prometheus", source: "conntrack exporter", text: "conntrack_entries_by_state{state=\"time_wait\"} 900\n", says: strange},
		{name: "connection tracking beside sockets in Prometheus", source: "node_exporter with textfiles", text: "node_nf_conntrack_state{state=\"time_wait\"} 900\nnode_tcp_connection_states{state=\"time_wait\"} 12\n", want: "TIME_WAIT 12", says: strange, lossy: true},
		{name: "a proxy in Prometheus", source: "haproxy exporter", text: "haproxy_server_sessions{state=\"established\"} 31\n", says: strange},
		{name: "an alert", source: "Prometheus ALERTS", text: "ALERTS{alertname=\"TooMany\",alertstate=\"firing\",state=\"close_wait\"} 1\n", says: strange},
		{name: "times in Prometheus", source: "a summary", text: "tcp_lifetime_seconds_sum{state=\"established\"} 412\ntcp_lifetime_seconds_count{state=\"established\"} 6\n", says: strange},
		{name: "more numbers than states", source: "a table that lost a heading", text: "TIME_WAIT LISTEN\n3 2044 17\n", says: unclear},
		{name: "a row with a name", source: "column -t", text: "TIME_WAIT LISTEN\ndb1 2044 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "null in JSON", source: "a script whose call failed", text: `{"TIME_WAIT":null,"LISTEN":17}`, want: "LISTEN 17", says: unclear, lossy: true},
		{name: "true in JSON", source: "a script", text: `{"TIME_WAIT":true,"LISTEN":17}`, want: "LISTEN 17", says: unclear, lossy: true},
		{name: "null in records of JSON", source: "a script", text: `[{"state":"TIME_WAIT","count":null},{"state":"LISTEN","count":17}]`, want: "LISTEN 17", says: "null", lossy: true},
		{name: "a bound", source: "an alert", text: "TIME_WAIT > 2000\n", want: "TIME_WAIT 2000", says: "rounded", lossy: true},
		{name: "a lower bound", source: "an alert", text: "TIME_WAIT >= 2000\nLISTEN: 17\n", want: "TIME_WAIT 2000, LISTEN 17", says: "rounded", lossy: true},
		{name: "an upper bound", source: "an alert", text: "TIME_WAIT < 2000\n", says: "no row and no count"},
		{name: "arrows", source: "a report", text: "TIME_WAIT -> 2044\nLISTEN => 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "another time", source: "a report", text: "TIME_WAIT: 2044 (was 1900)\n", want: "TIME_WAIT 2044", says: "of another time"},
		{name: "numbers of connections", source: "a debug log", text: "2025-02-03 04:05:06 conn 41 state TIME_WAIT\n2025-02-03 04:05:07 conn 42 state ESTABLISHED\n", says: unclear},
		{name: "a sum below a wide table", source: "a report", text: "host,TIME_WAIT,LISTEN\ndb1,40,9\ndb2,4,8\nTotal,44,17\n", want: "TIME_WAIT 44, LISTEN 17", says: "lines stand behind"},
		{name: "a wrong sum below a wide table", source: "a report", text: "host,TIME_WAIT,LISTEN\ndb1,40,9\ndb2,4,8\nTotal,54,17\n", want: "TIME_WAIT 44, LISTEN 17", says: "do not add up", lossy: true},
		{name: "a sum for a state", source: "a loop over ssh", text: "db1 TIME_WAIT 40\ndb2 TIME_WAIT 4\ntotal TIME_WAIT 44\n", want: "TIME_WAIT 44", says: "lines stand behind"},
		{name: "sums alone", source: "a report", text: "total TIME_WAIT 44\ntotal LISTEN 17\n", want: "TIME_WAIT 44, LISTEN 17"},
		{name: "another section", source: "a script that prints both", text: "conntrack:\nESTABLISHED 9100\nTIME_WAIT 650\n\nss:\nESTABLISHED 12\n", want: "ESTABLISHED 12", says: unclear, lossy: true},
		{name: "a section between marks", source: "a script that prints both", text: "=== conntrack ===\nTIME_WAIT 650\n=== ss ===\nTIME_WAIT 12\n", want: "TIME_WAIT 12", says: unclear, lossy: true},
		{name: "rows of IPVS", source: "ipvsadm -Lnc | grep TCP", text: "TCP 01:57  TIME_WAIT   203.0.113.7:40000 192.0.2.1:443 10.9.0.4:8443\n", says: "IPVS"},
		{name: "a table of IPVS", source: "ipvsadm -Lnc", text: "IPVS connection entries\npro expire state       source             virtual            destination\nTCP 14:58  ESTABLISHED 203.0.113.7:40000 192.0.2.1:443 10.9.0.4:8443\n", says: "IPVS"},
		{name: "changes of state", source: "tcpstates of bcc", text: "SKADDR           C-PID C-COMM     LADDR           LPORT RADDR           RPORT OLDSTATE    -> NEWSTATE    MS\nffff8d41c2d10000 911   redis-cli  192.0.2.9       0     192.0.2.20      6379  CLOSE       -> SYN_SENT    0.000\n", says: "changes of state"},
		{name: "changes of state without a heading", source: "tcpstates of bcc | grep", text: "ffff8d41c2d10000 911   redis-cli  192.0.2.9       51000 192.0.2.20      6379  SYN_SENT    -> ESTABLISHED 0.310\n", says: "changes of state"},
		{name: "a list of YAML", source: "yaml.dump of a list", text: "- state: TIME_WAIT\n  count: 2044\n- state: LISTEN\n  count: 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a list of YAML, by the alphabet", source: "yaml.dump of a list, keys sorted", text: "- count: 2044\n  state: TIME_WAIT\n- count: 17\n  state: LISTEN\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a list of YAML without a number", source: "damage", text: "- state: TIME_WAIT\n- state: LISTEN\n  count: 17\n", want: "LISTEN 17", says: "without its number", lossy: true},
		{name: "rows of MySQL", source: "mysql, SELECT state, COUNT(*) ... \\G", text: "*************************** 1. row ***************************\n   state: TIME_WAIT\ncount(*): 2044\n*************************** 2. row ***************************\n   state: LISTEN\ncount(*): 17\n2 rows in set (0.00 sec)\n", want: "TIME_WAIT 2044, LISTEN 17"},
	}
}

// TestPastedCounts: what is not a plain count of sockets of TCP is left out and
// told, or refused.
func TestPastedCounts(t *testing.T) {
	for _, p := range ofOthersCounts() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
