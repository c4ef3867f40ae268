// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// apart is counts of moments, hosts or files that share no state.
const apart = "ESTABLISHED 3, TIME_WAIT 10"

// twoLooks puts something before each of two looks that share no state.
func twoLooks(first, second string) string {
	return first + "TIME_WAIT 10\n" + second + "ESTABLISHED 3\n"
}

// ofMoments are several looks in one text that share no state and no row.
func ofMoments() []paste {
	const moments = "another time, file or document"
	return []paste{
		{name: "times", source: "echo \"--- $(date +%R)\" >> log", text: twoLooks("--- 10:00\n", "--- 10:05\n"), want: apart, says: moments},
		{name: "dates", source: "date >> log", text: twoLooks("Mon Feb  3 04:05:06 CET 2025\n", "Mon Feb  3 04:05:11 CET 2025\n"), want: apart, says: moments},
		{name: "dates in Chinese", source: "date under LANG=zh_CN.UTF-8", text: twoLooks("2025年 02月 03日 星期一 04:05:06 CST\n", "2025年 02月 03日 星期一 04:05:16 CST\n"), want: apart, says: moments},
		{name: "dates in German", source: "date under LANG=de_DE.UTF-8", text: twoLooks("Mo 3. Feb 04:05:06 CET 2025\n", "Mo 3. Feb 04:05:16 CET 2025\n"), want: apart, says: moments},
		{name: "seconds since 1970", source: "date +%s >> log", text: twoLooks("1738555506\n", "1738555516\n"), want: apart, says: moments},
		{name: "watch", source: "watch, in a typescript", text: twoLooks("Every 2.0s: ./count.sh   db2: Mon Feb  3 04:05:06 2025\n\n", "Every 2.0s: ./count.sh   db2: Mon Feb  3 04:05:08 2025\n\n"), want: apart, says: moments},
		{name: "times before each line", source: "a cron log", text: "2025-02-03 04:05:06 TIME_WAIT 10\n2025-02-03 04:10:06 ESTABLISHED 3\n", want: apart, says: moments},
		{name: "a second between", source: "docker logs -t", text: "2025-02-03T04:05:06.9Z TIME_WAIT 10\n2025-02-03T04:05:07.1Z ESTABLISHED 3\n", want: apart, says: "a second from the line before"},
		{name: "the same second", source: "docker logs -t", text: "2025-02-03T04:05:06.1Z TIME_WAIT 10\n2025-02-03T04:05:06.2Z ESTABLISHED 3\n", want: apart},
		{name: "rows", source: "date; ss -tan state ... >> log", text: "10:00:01\n" + rowB + "10:05:01\n" + rowC, want: "ESTABLISHED 1, CLOSE_WAIT 1", says: moments},
		{name: "rows behind times", source: "ts of moreutils", text: "Feb 03 04:05:06 " + rowB + "Feb 03 04:15:06 " + rowC, want: "ESTABLISHED 1, CLOSE_WAIT 1", says: moments},
		{name: "documents", source: "a script that appends JSON", text: "{\"TIME_WAIT\":10}\n{\"ESTABLISHED\":3}\n", want: apart, says: moments},
		{name: "elements", source: "a script", text: `[{"TIME_WAIT":10},{"ESTABLISHED":3}]`, want: apart, says: moments},
		{name: "records with times", source: "a log of records", text: "{\"time\":\"2025-02-03T04:05:06Z\",\"state\":\"TIME_WAIT\",\"count\":10}\n{\"time\":\"2025-02-03T04:15:06Z\",\"state\":\"ESTABLISHED\",\"count\":3}\n", want: apart, says: moments},
		{name: "lines with times", source: "docker's json-file, the time last", text: `{"log":"` + strings.TrimSpace(rowB) + `\n","time":"2025-02-03T04:05:06Z"}` + "\n" + `{"log":"` + strings.TrimSpace(rowC) + `\n","time":"2025-02-03T05:05:06Z"}` + "\n", want: "ESTABLISHED 1, CLOSE_WAIT 1", says: moments},
		{name: "a column of times", source: "a CSV that is appended to", text: "time,state,count\n10:00:01,TIME_WAIT,10\n10:05:01,ESTABLISHED,3\n", want: apart, says: moments},
		{name: "files", source: "tail -n +1 *.txt", text: twoLooks("==> a.txt <==\n", "\n==> b.txt <==\n"), want: apart, says: moments},
		{name: "hosts of ansible", source: "ansible all -m shell", text: twoLooks("web1 | CHANGED | rc=0 >>\n", "\nweb2 | CHANGED | rc=0 >>\n"), want: apart, says: moments},
		{name: "hosts before each line", source: "pdsh", text: "web1: TIME_WAIT 10\nweb2: ESTABLISHED 3\n", want: apart, says: "lines stand behind"},
		{name: "hosts without a colon", source: "a loop over ssh", text: "web1 TIME_WAIT 10\nweb2 ESTABLISHED 3\n", want: apart, says: "lines stand behind"},
		{name: "files before each line", source: "grep . *.txt", text: "a.txt:TIME_WAIT 10\nb.txt:ESTABLISHED 3\n", want: apart, says: "lines stand behind"},
		{name: "a column of hosts", source: "a report", text: "host,state,count\nweb1,TIME_WAIT,10\nweb2,ESTABLISHED,3\n", want: apart, says: "lines stand behind"},
		{name: "records of hosts", source: "a report", text: `[{"host":"web1","state":"TIME_WAIT","count":10},{"host":"web2","state":"ESTABLISHED","count":3}]`, want: apart, says: "lines stand behind"},
		{name: "objects of hosts", source: "a report", text: `{"web1":{"TIME_WAIT":10},"web2":{"ESTABLISHED":3}}`, want: apart, says: "lines stand behind"},
		{name: "objects of protocols", source: "a report", text: `{"tcp":{"TIME_WAIT":10},"tcp6":{"ESTABLISHED":3}}`, want: apart},
		{name: "instances of Prometheus", source: "promtool query instant", text: "node_tcp_connection_states{instance=\"a:9100\",state=\"time_wait\"} 10\nnode_tcp_connection_states{instance=\"b:9100\",state=\"established\"} 3\n", want: apart, says: "lines stand behind"},
		{name: "two commands", source: "tickets", text: twoLooks("$ netstat -ant | awk '{print $6}' | ./count\n", "$ ss -tan | awk '{print $1}' | ./count\n"), want: apart, says: "another command or a rule"},
		{name: "documents of YAML", source: "yaml", text: twoLooks("---\n", "---\n"), want: apart, says: "another command or a rule"},
		{name: "diff -y, left alone", source: "diff -y where the right side lacks lines", text: strings.TrimSpace(rowB) + "      <\n" + strings.TrimSpace(rowC) + "      <\n", says: "diff"},
		{name: "diff -y, right alone", source: "diff -y where the left side lacks lines", text: before("                                  > ", rowB+rowC), says: "diff"},
		{name: "diff -y of the same", source: "diff -y of equal files", text: strings.ReplaceAll(rowB, "\n", "\t\t") + rowB + strings.ReplaceAll(rowC, "\n", "\t\t") + rowC, want: "ESTABLISHED 2, CLOSE_WAIT 2", says: "2 times"},
	}
}

// ofProgrammes are counts and rows as other programs print them.
func ofProgrammes() []paste {
	return []paste{
		{name: "groups in JSON", source: "Group-Object State | select Count,Name | ConvertTo-Json", text: `[{"Count":2044,"Name":"TimeWait"},{"Count":17,"Name":"Listen"}]`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "groups in JSON with values", source: "Group-Object State -NoElement | ConvertTo-Json", text: `[{"Values":["TimeWait"],"Count":2044,"Group":null,"Name":"TimeWait"}]`, want: "TIME_WAIT 2044"},
		{name: "groups as a list with rows", source: "Group-Object State | fl", text: "\nValues : {TimeWait}\nCount  : 2\nGroup  : {MSFT_NetTCPConnection (InstanceID = \"x\"),\n         MSFT_NetTCPConnection...}\nName   : TimeWait\n", want: "TIME_WAIT 2"},
		{name: "buckets", source: "Elasticsearch terms aggregation", text: `{"aggregations":{"s":{"sum_other_doc_count":0,"buckets":[{"key":"TIME_WAIT","doc_count":2044},{"key":"LISTEN","doc_count":17}]}}}`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "buckets and others", source: "Elasticsearch terms aggregation", text: `{"aggregations":{"s":{"sum_other_doc_count":9,"buckets":[{"key":"TIME_WAIT","doc_count":2044}]}}}`, want: "TIME_WAIT 2044", says: "what its number counts", lossy: true},
		{name: "Prometheus API", source: "curl /api/v1/query", text: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"state":"time_wait"},"value":[1738555506.789,"2044"]},{"metric":{"state":"listen"},"value":[1738555506.789,"17"]}]}}`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Prometheus API, a range", source: "curl /api/v1/query_range", text: `{"data":{"resultType":"matrix","result":[{"metric":{"state":"time_wait"},"values":[[1738555506,"2044"],[1738555516,"1900"]]}]}}`, says: "what its number counts"},
		{name: "entries", source: "jq to_entries", text: "{\"key\":\"TIME_WAIT\",\"value\":2044}\n{\"key\":\"LISTEN\",\"value\":17}\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "pairs", source: "jq, Python's Counter.most_common", text: `[["TIME_WAIT",2044],["LISTEN",17]]`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "JSON of something else", source: "invented", text: `{"a":1}`, says: "nothing in it is a socket"},
		{name: "UDP in JSON", source: "a script", text: `{"tcp":{"TIME_WAIT":10},"udp":{"ESTABLISHED":5}}`, want: "TIME_WAIT 10"},
		{name: "UDP in records", source: "a script", text: `[{"proto":"tcp","state":"TIME_WAIT","count":10},{"proto":"udp","state":"ESTABLISHED","count":5}]`, want: "TIME_WAIT 10"},
		{name: "behind a pod", source: "kubectl logs --prefix", text: before("[pod/api-5f6d/api] ", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind a host", source: "clush -b", text: before("web1 ", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind a level", source: "log4j", text: before("INFO ", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind a level of Python", source: "logging.basicConfig", text: before("INFO:root:", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind seconds", source: "ts %s", text: before("1738555506 ", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind a name in a chat", source: "IRC", text: before("<bob> ", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind a time in a chat", source: "WhatsApp", text: before("[03.02.25, 04:05:06] Bob: ", "TIME_WAIT 2044\nLISTEN 17\n"), want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "behind pictures", source: "chats", text: "🔴 TIME_WAIT 2044\n🟢 LISTEN 17\n:eyes:\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "bold", source: "Slack", text: "*TIME_WAIT*: 2044\n*LISTEN*: 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "an escaped underscore", source: "markdown", text: "TIME\\_WAIT 2044\nLISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "blanks in a number", source: "printf %'d under LANG=fr_FR", text: "TIME_WAIT 2\u202f044\nLISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "plain blanks in a number", source: "the same, through a terminal", text: "TIME_WAIT 2 044\nLISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17", says: "thousands sign", lossy: true},
		{name: "a dash between", source: "Word", text: "TIME_WAIT – 2044\nLISTEN – 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "dots between", source: "reports", text: "TIME_WAIT ........ 2044\nLISTEN ........... 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "dots without blanks", source: "reports", text: "TIME_WAIT........2044\nLISTEN...........17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a point and nought", source: "spreadsheets", text: "TIME_WAIT 2044.0\nLISTEN 17.0\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a counting word", source: "Chinese reports", text: "TIME_WAIT 2044个\nLISTEN 17个\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "more than", source: "chats", text: "TIME_WAIT >2000\nLISTEN 17\n", want: "TIME_WAIT 2000, LISTEN 17", says: "rounded", lossy: true},
		{name: "a share between", source: "a report", text: "  2044 (99.2%) TIME_WAIT\n    17 ( 0.8%) LISTEN\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Ruby", source: "Hash#inspect", text: "{\"TIME_WAIT\"=>2044, \"LISTEN\"=>17}\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Go", source: "fmt.Println of a map", text: "map[LISTEN:17 TIME_WAIT:2044]\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Go, with types", source: "fmt.Printf %#v", text: "map[string]int{\"LISTEN\":17, \"TIME_WAIT\":2044}\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Go, structs", source: "fmt.Println of a slice", text: "[{TIME_WAIT 2044} {LISTEN 17}]\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "PHP", source: "print_r", text: "Array\n(\n    [TIME_WAIT] => 2044\n    [LISTEN] => 17\n)\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Perl", source: "Data::Dumper", text: "$VAR1 = {\n          'TIME_WAIT' => 2044,\n          'LISTEN' => 17\n        };\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "bash", source: "declare -p", text: "declare -A S=([TIME_WAIT]=\"2044\" [LISTEN]=\"17\" )\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "pandas", source: "value_counts", text: "TIME_WAIT    2044\nLISTEN         17\nName: state, dtype: int64\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "Graphite", source: "carbon's plain protocol", text: "servers.web1.tcp.TIME_WAIT 2044 1738555506\nservers.web1.tcp.LISTEN 17 1738555506\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "logfmt", source: "logfmt", text: "level=info state=TIME_WAIT count=2044\nlevel=info state=LISTEN count=17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a wide table", source: "column -t of a monitoring script", text: "ESTABLISHED TIME_WAIT LISTEN\n311 2044 17\n", want: byABC},
		{name: "a wide table with times", source: "the same, every minute", text: "time,ESTABLISHED,TIME_WAIT,LISTEN\n10:00:01,311,2044,17\n10:01:01,1,2,3\n", want: "ESTABLISHED 312, TIME_WAIT 2046, LISTEN 20", says: "2 times"},
		{name: "a wide table of hosts", source: "a report in markdown", text: "| host | ESTABLISHED | TIME_WAIT | LISTEN |\n|---|---|---|---|\n| web1 | 311 | 2044 | 17 |\n", want: byABC},
		{name: "a wide table without a row", source: "invented", text: "ESTABLISHED TIME_WAIT LISTEN\n", says: "no row and no count"},
		{name: "protocols counted", source: "awk '{print $1,$6}' | sort | uniq -c", text: "22 tcp6 TIME_WAIT\n17 tcp LISTEN\n4 udp\n", want: "TIME_WAIT 22, LISTEN 17"},
		{name: "a list of rows", source: "markdown", text: before("- ", rowB+rowC), want: "ESTABLISHED 1, CLOSE_WAIT 1"},
		{name: "YAML", source: "a script", text: "tcp:\n  time_wait: 2044\n  listen: 17\n", want: "TIME_WAIT 2044, LISTEN 17", says: "1 was left out"},
		{name: "timeouts in YAML", source: "settings", text: "timeouts:\n  time_wait: 120\n  close_wait: 60\n", says: "what its number counts"},
		{name: "a client of MySQL", source: "mysql -t", text: "+-----------+-------+\n| state     | count |\n+-----------+-------+\n| TIME_WAIT |  2044 |\n| LISTEN    |    17 |\n+-----------+-------+\n2 rows in set (0.00 sec)\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "psql", source: "psql", text: "   state   | count \n-----------+-------\n TIME_WAIT |  2044\n LISTEN    |    17\n(2 rows)\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a box", source: "duckdb, clickhouse-client", text: "┌───────────┬───────┐\n│ state     │ count │\n├───────────┼───────┤\n│ TIME_WAIT │  2044 │\n│ LISTEN    │    17 │\n└───────────┴───────┘\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a bold total", source: "a wiki", text: "| State | Count |\n|---|---|\n| TIME_WAIT | 2044 |\n| LISTEN | 17 |\n| **Total** | **2061** |\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a bold total that is wrong", source: "a wiki", text: "| State | Count |\n|---|---|\n| TIME_WAIT | 2044 |\n| LISTEN | 17 |\n| **Total** | **3061** |\n", want: "TIME_WAIT 2044, LISTEN 17", says: "do not add up", lossy: true},
		{name: "a grand total", source: "a pivot table of Excel", text: "State\tCount of State\nTIME_WAIT\t2044\nLISTEN\t17\nGrand Total\t2061\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a grand total that is wrong", source: "a pivot table of Excel", text: "State\tCount of State\nTIME_WAIT\t2044\nLISTEN\t17\nGrand Total\t3061\n", want: "TIME_WAIT 2044, LISTEN 17", says: "do not add up", lossy: true},
		{name: "what a login prints", source: "sshd, sudo, kubectl exec", text: "Last login: Mon Feb  3 04:05:06 2025 from 10.0.0.9\n[sudo] password for bob: \nDefaulted container \"web\" out of: web, proxy\n" + abc, want: counts},
		{name: "a table of Jira", source: "Jira", text: "||State||Count||\n|TIME_WAIT|2044|\n|LISTEN|17|\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "the end of less", source: "less", text: "TIME_WAIT 2044\nLISTEN 17\n(END)\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a prompt of more", source: "more on a console", text: "--More--" + rowB + "--More--(33%)\r        \r" + rowC + "lines 1-23" + rowA, want: counts},
		{name: "ansible", source: "ansible -m command", text: "web1 | CHANGED | rc=0 >>\n" + abc, want: counts},
		{name: "two words above", source: "a page about TCP", text: "State Machine\nTIME_WAIT 2044\nLISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17", says: "1 was left out"},
		{name: "ports and states", source: "select LocalPort,State, renamed", text: "PORT STATE\n8080 LISTEN\n40222 CLOSE_WAIT\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "states and queues", source: "awk '{print $1,$2}' with the heading", text: "State Recv-Q\nLISTEN 128\nESTAB 36\n", says: "what its number counts"},
		{name: "numbers and states", source: "ps-like tables", text: "ID STATE\n8080 LISTEN\n443 TIME_WAIT\n", says: "what its number counts"},
		{name: "before and after", source: "a report", text: "state before after\nTIME_WAIT 10 500\nLISTEN 3 5\n", want: "TIME_WAIT 10500", says: "may stand between two numbers", lossy: true},
		{name: "left out", source: "tickets", text: titles + rowA + "...\n" + rowC, want: "ESTABLISHED 1, LISTEN 1", says: "lines were left out", lossy: true},
		{name: "rows in a list of Python", source: "print(lines)", text: "['" + strings.ReplaceAll(strings.TrimSpace(titles), "\n", "', '") + "', '" + strings.TrimSpace(rowB) + "']\n", says: "behind its heading"},
		{name: "a text in JSON", source: "json.dumps of the output", text: `"` + strings.ReplaceAll(titles+rowA+rowB, "\n", `\n`) + "\"\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "a time that looks like a state", source: "echo %time% of Windows", text: " 4:05:06.78\n" + rowB + rowA, want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "0C", source: "a program that reads the kernel's structures", text: "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:1F90 0200007F:0010 0C 00000000:00000000 00:00000000 00000000 0 0 1 1 0 100 0 0 10 0\n", want: "SYN_RECV 1"},
		{name: "German Windows, rare states", source: "Checkmk, tests of netstat and of its agent", text: strings.NewReplacer("CLOSE_WAIT", "ZULETZT_ACK", "ESTABLISHED", "SYN_EMPFANGEN", "LISTENING", "ABHOEREN").Replace(winABC), want: "SYN_RECV 1, LAST_ACK 1, LISTEN 1"},
		{name: "rows marked by cat -A", source: "cat -A", text: strings.ReplaceAll(abc, "\n", "$\n"), want: counts},
		{name: "a scan of ports", source: "nmap", text: "PORT   STATE SERVICE\n22/tcp open  ssh\n80/tcp closed http\n", says: "scan of ports"},
	}
}

func TestPastedMore(t *testing.T) {
	for group, pastes := range map[string][]paste{"moments": ofMoments(), "programmes": ofProgrammes()} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}
