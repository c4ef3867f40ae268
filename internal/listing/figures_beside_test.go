// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"testing"
)

// ofTagged are states with numbers of which each says what it is of.
func ofTagged() []paste {
	const both, beside = "ESTABLISHED 412, CLOSE_WAIT 88", "beside its count"
	return []paste{
		{name: "a protocol in brackets behind each", source: "a report", text: "ESTABLISHED: 412 (tcp), 7 (udp)\nCLOSE_WAIT: 88\n", want: both},
		{name: "the other protocol first", source: "a report", text: "ESTABLISHED: 7 (udp), 412 (tcp)\nCLOSE_WAIT: 88\n", want: both},
		{name: "protocols with a stroke between", source: "a report", text: "ESTABLISHED: 412 tcp / 7 udp\nCLOSE_WAIT: 88 tcp / 0 udp\n", want: both},
		{name: "protocols as names", source: "a report", text: "ESTABLISHED tcp=400 tcp6=12 udp=7\nCLOSE_WAIT tcp=88 udp=0\n", want: both},
		{name: "families and their sum", source: "a report", text: "ESTABLISHED 412 (400 v4, 12 v6)\nCLOSE_WAIT 88\n", want: both},
		{name: "families and another sum", source: "a report", text: "ESTABLISHED 500 (400 v4, 12 v6)\nCLOSE_WAIT 88\n", want: both, says: "do not add up", lossy: true},
		{name: "families in brackets", source: "a report", text: "ESTABLISHED (v4) 400\nESTABLISHED (v6) 12\nCLOSE_WAIT (v4) 88\n", want: both},
		{name: "a part of another protocol", source: "a report", text: "412 ESTABLISHED (7 udp)\n88 CLOSE_WAIT\n", want: both, says: beside, lossy: true},
		{name: "a number without a tag", source: "a report", text: "ESTABLISHED: 412, 7 (udp)\nCLOSE_WAIT: 88\n", want: "CLOSE_WAIT 88", says: "can be read", lossy: true},
		{name: "a tag that is not known", source: "a report", text: "ESTABLISHED: 412 (tcp), 7 (blorp)\nCLOSE_WAIT: 88\n", want: both, says: beside, lossy: true},
		{name: "another protocol alone", source: "a report", text: "ESTABLISHED: 7 (udp)\nCLOSE_WAIT: 88\n", want: "CLOSE_WAIT 88"},
		{name: "columns of families", source: "a report", text: "state tcp tcp6\nESTABLISHED 400 12\nCLOSE_WAIT 88 0\n", want: both},
		{name: "columns of families and their sum", source: "a report", text: "state,ipv4,ipv6,total\nESTABLISHED,400,12,412\nCLOSE_WAIT,88,0,88\n", want: both},
		{name: "columns of families and another sum", source: "a report", text: "state,ipv4,ipv6,total\nESTABLISHED,400,12,412\nCLOSE_WAIT,88,0,90\n", want: both, says: "do not add up", lossy: true},
		{name: "columns of families and UDP", source: "a report", text: "| state | tcp | tcp6 | udp |\n|---|---|---|---|\n| ESTABLISHED | 400 | 12 | 7 |\n| CLOSE_WAIT | 88 | 0 | 0 |\n", want: both},
		{name: "protocols below each other", source: "a report", text: "proto ESTABLISHED CLOSE_WAIT\ntcp 400 80\ntcp6 12 8\nudp 7 0\n", want: both},
	}
}

// ofTotals are counts with their sum beside them.
func ofTotals() []paste {
	const both, other = "ESTABLISHED 412, CLOSE_WAIT 88", "do not add up"
	var all []paste
	for _, word := range []string{"Total", "Summe", "Gesamt", "Insgesamt", "Somme", "Suma", "Totale", "Totaal", "Totalt", "Razem", "Всего", "Итого", "合計", "总计", "합계", "toplam"} {
		all = append(all,
			paste{name: word, source: "a report", text: "ESTABLISHED 412\nCLOSE_WAIT 88\n" + word + " 500\n", want: both},
			paste{name: word + " with a colon", source: "a report", text: "ESTABLISHED: 412\nCLOSE_WAIT: 88\n" + word + ": 500\n", want: both},
			paste{name: word + " in a table", source: "a report", text: "State;Count\nESTABLISHED;412\nCLOSE_WAIT;88\n" + word + ";500\n", want: both},
			paste{name: word + " that is another", source: "a report", text: "ESTABLISHED 412\nCLOSE_WAIT 88\n" + word + " 600\n", want: both, says: other, lossy: true})
	}
	for _, line := range []string{"%d total: 412 ESTABLISHED, 88 CLOSE_WAIT", "Total %d: ESTABLISHED 412, CLOSE_WAIT 88", "Total: %d (412 ESTABLISHED, 88 CLOSE_WAIT)", "%d connections: 412 ESTABLISHED, 88 CLOSE_WAIT", "%d sockets in total (ESTABLISHED 412, CLOSE_WAIT 88)", "412 ESTABLISHED, 88 CLOSE_WAIT, %d total", "412 ESTABLISHED, 88 CLOSE_WAIT (%d total)"} {
		all = append(all,
			paste{name: line, source: "a report", text: fmt.Sprintf(line+"\n", 500), want: both},
			paste{name: line + " that is another", source: "a report", text: fmt.Sprintf(line+"\n", 600), want: both, says: other, lossy: true})
	}
	return all
}

// ofLabels are counts with what they are of beside the state.
func ofLabels() []paste {
	const both, beside = "ESTABLISHED 412, CLOSE_WAIT 88", "beside its count"
	return []paste{
		{name: "an address behind", source: "awk '{print $6, $5}' | sort | uniq -c", text: "    412 ESTABLISHED 10.30.0.1\n     88 CLOSE_WAIT 10.30.0.2\n", want: both},
		{name: "an address before", source: "awk '{print $5, $6}' | sort | uniq -c", text: "    412 10.30.0.1 ESTABLISHED\n     88 10.30.0.2 CLOSE_WAIT\n", want: both},
		{name: "an address of IPv6", source: "uniq -c", text: "412 ESTABLISHED 2001:db8::1\n88 CLOSE_WAIT ::1\n", want: both},
		{name: "both ends", source: "uniq -c", text: "    412 ESTABLISHED 10.20.0.4:8443 10.30.0.1:40988\n     88 CLOSE_WAIT 10.20.0.4:8443 10.30.0.2:40988\n", want: both},
		{name: "one state of two addresses", source: "uniq -c", text: "    400 ESTABLISHED 10.30.0.1\n     12 ESTABLISHED 10.30.0.2\n     88 CLOSE_WAIT 10.30.0.2\n", want: both, says: "up to 2 times"},
		{name: "queues and addresses", source: "awk '{print $2, $6, $5}'", text: "0 ESTABLISHED 10.30.0.1:80\n0 CLOSE_WAIT 10.30.0.2:80\n", says: "what its number counts"},
		{name: "a process", source: "awk '{print $6, $7}' | sort | uniq -c", text: "    412 ESTABLISHED 771/nginx: worker\n     88 CLOSE_WAIT -\n", want: both},
		{name: "a program", source: "uniq -c", text: "    412 ESTABLISHED nginx\n     88 CLOSE_WAIT java\n", want: both},
		{name: "a program without uniq -c", source: "a script", text: "412 ESTABLISHED nginx\n88 CLOSE_WAIT java\n", want: both, says: beside, lossy: true},
		{name: "thousands", source: "uniq -c", text: "    412 ESTABLISHED thousand\n     88 CLOSE_WAIT thousand\n", want: both, says: beside, lossy: true},
		{name: "a number before", source: "a script", text: "ESTABLISHED x412\nCLOSE_WAIT ×88\n", want: both},
		{name: "ranks", source: "a report", text: "#1 ESTABLISHED 412\n#2 CLOSE_WAIT 88\n", want: both},
		{name: "keys of Zabbix", source: "zabbix_sender -i", text: "web1 net.tcp.state[established] 412\nweb1 net.tcp.state[close_wait] 88\n", want: both},
		{name: "values of Zabbix", source: "zabbix_agentd -p", text: "net.tcp.state[established]   [u|412]\nnet.tcp.state[close_wait]   [u|88]\n", want: both},
		{name: "keys of something else", source: "zabbix_sender -i", text: "net.tcp.blorp[established] 412\nnet.tcp.blorp[close_wait] 88\n", says: "can be read"},
		{name: "an array", source: "a script", text: "S[\"ESTABLISHED\"]=412\nS[\"CLOSE_WAIT\"]=88\n", want: both},
		{name: "headings in French", source: "a spreadsheet", text: "Etat;Nombre\nESTABLISHED;412\nCLOSE_WAIT;88\n", want: both},
		{name: "headings in Japanese", source: "a report", text: "状態 件数\nESTABLISHED 412\nCLOSE_WAIT 88\n", want: both},
		{name: "headings in Russian", source: "a report", text: "Состояние | Количество\nESTABLISHED | 412\nCLOSE_WAIT | 88\n", want: both},
	}
}

// ofOtherFigures are numbers beside states that count no sockets now.
func ofOtherFigures() []paste {
	const row, unclear = "next to each other", "what its number counts"
	return []paste{
		{name: "processes", source: "awk '{print $6, $7}' | cut -d/ -f1", text: "ESTABLISHED 4051\nESTABLISHED 4052\nLISTEN 812\n", want: "ESTABLISHED 8103, LISTEN 812", says: row, lossy: true},
		{name: "listeners alone", source: "ss -tln | awk '{print $1, $3}'", text: "LISTEN 128\nLISTEN 511\n", want: "LISTEN 639", says: row, lossy: true},
		{name: "looks with dates", source: "while", text: "Mon Feb  3 04:05:06 UTC 2025\nESTABLISHED 412\nMon Feb  3 04:05:16 UTC 2025\nESTABLISHED 88\n", want: "ESTABLISHED 500", says: "up to 2 times"},
		{name: "machines", source: "pdsh", text: "web1: ESTABLISHED 412\nweb2: ESTABLISHED 88\n", want: "ESTABLISHED 500", says: "up to 2 times"},
		{name: "ports on either side", source: "awk '{print $4, $6, $5}'", text: "4051 TIME_WAIT 3306\n33812 ESTABLISHED 3306\n", want: "ESTABLISHED 3306, TIME_WAIT 3306", says: "ports or processes", lossy: true},
		{name: "three numbers", source: "a report", text: "ESTABLISHED 120 130 140\nTIME_WAIT 40 41 42\n", says: "several numbers"},
		{name: "a mean below a wide table", source: "a report", text: "host,ESTABLISHED,TIME_WAIT\nweb1,120,40\nweb2,130,50\naverage,125,45\n", want: "ESTABLISHED 250, TIME_WAIT 90", says: unclear, lossy: true},
		{name: "a bound below a wide table", source: "a report", text: "host ESTABLISHED TIME_WAIT\nweb1 120 40\nlimit 130 50\n", want: "ESTABLISHED 120, TIME_WAIT 40", says: unclear, lossy: true},
		{name: "a maximum in a table", source: "a report", text: "host,state,count\nweb1,ESTABLISHED,120\nmax,ESTABLISHED,500\n", want: "ESTABLISHED 120", says: unclear, lossy: true},
		{name: "a bound before a state", source: "a report", text: "ESTABLISHED 120\nlimit: ESTABLISHED 500\n", want: "ESTABLISHED 120", says: unclear, lossy: true},
	}
}

// ofColumns are headings of the tools, lists and items with a column, or a key, of
// numbers that no tool prints.
func ofColumns() []paste {
	const both, ones, under, unclear = "ESTABLISHED 412, CLOSE_WAIT 88", "ESTABLISHED 1, CLOSE_WAIT 1", "may count sockets, or may not", "what its number counts"
	netstat := func(name, a, b string) string {
		return "Proto Recv-Q Send-Q Local Address           Foreign Address         State       " + name + "\n" +
			"tcp        0      0 10.20.0.4:8443          10.30.0.1:40988         ESTABLISHED " + a + "\ntcp        0      0 10.20.0.4:8443          10.30.0.2:40988         CLOSE_WAIT  " + b + "\n"
	}
	var all []paste
	for _, name := range []string{"Count", "COUNT", "Total", "Hits", "Anzahl", "n", "Connections"} {
		all = append(all,
			paste{name: "netstat, " + name, source: "a script", text: netstat(name, "412", "88"), want: both},
			paste{name: "netstat -p, " + name, source: "a script", text: netstat("PID/Program name "+name, "771/nginx 412", "- 88"), want: both},
			paste{name: "netstat of Windows, " + name, source: "a script", text: "  Proto  Local Address  Foreign Address  State  PID  " + name + "\n  TCP  10.20.0.4:8443  10.30.0.1:40988  ESTABLISHED  771  412\n  TCP  10.20.0.4:8443  10.30.0.2:40988  CLOSE_WAIT  0  88\n", want: both},
			paste{name: "netstat of BSD, " + name, source: "a script", text: "Proto Recv-Q Send-Q  Local Address  Foreign Address  (state)  " + name + "\ntcp4  0  0  10.20.0.4.8443  10.30.0.1.40988  ESTABLISHED  412\ntcp4  0  0  10.20.0.4.8443  10.30.0.2.40988  CLOSE_WAIT  88\n", want: both},
			paste{name: "ss, " + name, source: "a script", text: "State Recv-Q Send-Q Local Address:Port Peer Address:Port " + name + "\nESTAB 0 0 10.20.0.4:8443 10.30.0.1:40988 412\nCLOSE-WAIT 0 0 10.20.0.4:8443 10.30.0.2:40988 88\n", want: both},
			paste{name: "PowerShell, " + name, source: "a script", text: "LocalAddress LocalPort RemoteAddress RemotePort State " + name + "\n------------ --------- ------------- ---------- ----- -----\n10.20.0.4 8443 10.30.0.1 40988 Established 412\n10.20.0.4 8443 10.30.0.2 40988 CloseWait 88\n", want: both},
			paste{name: "with a process that may be missing, " + name, source: "a script", text: "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process " + name + "\nESTAB 0 0 10.20.0.4:8443 10.30.0.1:40988 412\nCLOSE-WAIT 0 0 10.20.0.4:8443 10.30.0.2:40988 88\n", want: ones, says: under, lossy: true})
	}
	return append(all,
		paste{name: "another column of netstat", source: "a script", text: netstat("Blorp", "412", "88"), want: ones, says: under, lossy: true},
		paste{name: "a count that is missing in a row", source: "a script", text: netstat("Count", "412", ""), says: "two answers"},
		paste{name: "rows without a heading", source: "a script", text: "tcp 0 0 10.20.0.4:8443 10.30.0.1:40988 ESTABLISHED 412\ntcp 0 0 10.20.0.4:8443 10.30.0.2:40988 CLOSE_WAIT 88\n", want: ones, says: unclear, lossy: true},
		paste{name: "rows of ss without a heading", source: "a script", text: "ESTAB 0 0 10.20.0.4:8443 10.30.0.1:40988 412\nCLOSE-WAIT 0 0 10.20.0.4:8443 10.30.0.2:40988 88\n", want: ones, says: unclear, lossy: true},
		paste{name: "numbers of rows", source: "a spreadsheet", text: "#,proto,local,remote,state\n1,tcp,10.20.0.4:8443,10.30.0.1:40988,ESTABLISHED\n2,tcp,10.20.0.4:8443,10.30.0.2:40988,CLOSE_WAIT\n", want: ones},
		paste{name: "numbers of rows that leap", source: "a spreadsheet", text: "#,proto,local,remote,state\n1,tcp,10.20.0.4:8443,10.30.0.1:40988,ESTABLISHED\n88,tcp,10.20.0.4:8443,10.30.0.2:40988,CLOSE_WAIT\n", want: ones, says: under, lossy: true},
		paste{name: "YAML with a port", source: "a script", text: "- port: 8443\n  state: ESTABLISHED\n  total: 412\n- port: 5432\n  state: CLOSE_WAIT\n  total: 88\n", want: both},
		paste{name: "YAML of UDP", source: "a script", text: "- proto: udp\n  state: ESTABLISHED\n  total: 7\n- proto: tcp\n  state: CLOSE_WAIT\n  total: 88\n", want: "CLOSE_WAIT 88"},
		paste{name: "YAML with the protocol behind", source: "a script", text: "- state: ESTABLISHED\n  total: 412\n  proto: udp\n- state: CLOSE_WAIT\n  total: 88\n  proto: tcp\n", want: both, says: "protocol is unknown", lossy: true},
		paste{name: "rows of MySQL", source: "mysql \\G", text: "*************************** 1. row ***************************\n port: 8443\nstate: ESTABLISHED\ntotal: 412\n*************************** 2. row ***************************\n port: 5432\nstate: CLOSE_WAIT\ntotal: 88\n", want: both},
		paste{name: "a heading of two words", source: "a report", text: "| Port | État | Nombre de connexions |\n|---|---|---|\n| 8443 | ESTABLISHED | 412 |\n| 5432 | CLOSE_WAIT | 88 |\n", want: both},
		paste{name: "a mean in another language", source: "a report", text: "Zustand,Mittelwert\nESTABLISHED,412\nCLOSE_WAIT,88\n", says: unclear},
		paste{name: "osquery", source: "osquery, process_open_sockets", text: "+-----+--------+--------+----------+---------------+----------------+------------+-------------+-------------+---------------+\n| pid | socket | family | protocol | local_address | remote_address | local_port | remote_port | state       | net_namespace |\n+-----+--------+--------+----------+---------------+----------------+------------+-------------+-------------+---------------+\n| 771 | 22101  | 2      | 6        | 10.20.0.4     | 10.30.0.1      | 8443       | 40988       | ESTABLISHED | 4026531992    |\n| 771 | 22102  | 2      | 6        | 10.20.0.4     | 10.30.0.2      | 8443       | 40988       | CLOSE_WAIT  | 4026531992    |\n+-----+--------+--------+----------+---------------+----------------+------------+-------------+-------------+---------------+\n", want: ones},
		paste{name: "ss with its numbers in columns", source: "a script", text: "State,Recv-Q,Send-Q,Local Address:Port,Peer Address:Port,uid,ino,sk,rtt,cwnd,mss\nESTAB,0,36,10.20.0.4:8443,10.30.0.1:40988,0,22101,1,12.5,10,1448\nCLOSE-WAIT,0,0,10.20.0.4:8443,10.30.0.2:40988,0,22102,2,0,10,536\n", want: ones})
}

// TestFiguresBeside: a number beside a state is its count, its part, or its sum, by what
// stands beside it; another is reported.
func TestFiguresBeside(t *testing.T) {
	for group, pastes := range map[string][]paste{"tagged": ofTagged(), "totals": ofTotals(), "labels": ofLabels(), "others": ofOtherFigures(), "columns": ofColumns()} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}
