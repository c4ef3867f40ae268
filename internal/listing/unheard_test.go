// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofUnheard are what tools around sockets print, of which a word, a label or a column
// says that the numbers are of something else.
func ofUnheard() []paste {
	const counts, beside, unclear = "TIME_WAIT 120, LISTEN 3", "beside its count", "what its number counts"
	vector := func(labels, more string) string {
		return `{"status":"success",` + more + `"data":{"resultType":"vector","result":[{"metric":{` + labels + `"state":"time_wait"},"value":[1738555506.1,"120"]},{"metric":{"state":"listen"},"value":[1738555506.1,"3"]}]}}`
	}
	return []paste{
		{name: "Prometheus", source: "HTTP API", text: vector(`"__name__":"node_tcp_connection_states","instance":"a:9100",`, ""), want: counts, says: ""},
		{name: "Prometheus, a statistic", source: "HTTP API", text: vector(`"stat":"max",`, ""), want: counts, says: unclear, lossy: true},
		{name: "Prometheus, another metric", source: "HTTP API", text: vector(`"__name__":"conntrack_entries",`, ""), want: counts, says: unclear, lossy: true},
		{name: "Prometheus, a warning", source: "HTTP API", text: vector("", `"warnings":["results truncated due to limit"],`), want: counts, lossy: true},
		{name: "Elasticsearch", source: "an aggregation", text: `{"timed_out":false,"_shards":{"total":5,"failed":0},"aggregations":{"states":{"sum_other_doc_count":0,"buckets":[{"key":"TIME_WAIT","doc_count":120},{"key":"LISTEN","doc_count":3}]}}}`, want: counts},
		{name: "Elasticsearch, shards that failed", source: "an aggregation", text: `{"timed_out":false,"_shards":{"total":5,"failed":2},"aggregations":{"states":{"sum_other_doc_count":0,"buckets":[{"key":"TIME_WAIT","doc_count":120},{"key":"LISTEN","doc_count":3}]}}}`, want: counts, says: "there is more", lossy: true},
		{name: "columns of JSON", source: "a database over HTTP", text: `{"columns":["state","count"],"rows":[["TIME_WAIT",120],["LISTEN",3]]}`, want: counts},
		{name: "columns of JSON with a unit", source: "a database over HTTP", text: `{"columns":["state","count_k"],"rows":[["TIME_WAIT",120],["LISTEN",3]]}`, want: counts, says: unclear, lossy: true},
		{name: "a note in JSON", source: "a report", text: `{"note":"values in thousands","states":{"TIME_WAIT":120,"LISTEN":3}}`, want: counts, says: unclear, lossy: true},
		{name: "rates in JSON", source: "a report", text: `{"rates":{"TIME_WAIT":120,"LISTEN":3}}`, says: unclear},
		{name: "states in thousands", source: "a report", text: `{"states_k":{"TIME_WAIT":120,"LISTEN":3}}`, says: unclear},
		{name: "a wide table with units", source: "a report", text: "host,TIME_WAIT,LISTEN,unit\nweb1,120,3,k\n", want: counts, says: beside, lossy: true},
		{name: "a wide table of statistics", source: "a report", text: "stat,TIME_WAIT,LISTEN\nmax,120,3\n", want: counts, says: beside, lossy: true},
		{name: "a wide table of protocols", source: "a report", text: "transport,TIME_WAIT,LISTEN\nudp,7,9\ntcp,120,3\n", want: counts},
		{name: "a sentence", source: "chats", text: "There are 120 TIME_WAIT and 3 LISTEN sockets.\n", want: counts},
		{name: "Splunk", source: "stats … by state", text: "state count percent\nTIME_WAIT 120 97.560976\nLISTEN 3 2.439024\n", want: counts},
		{name: "Splunk, a mean", source: "stats avg(count) by state", text: "\"state\",\"avg(count)\"\n\"TIME_WAIT\",\"120\"\n\"LISTEN\",\"3\"\n", want: "TIME_WAIT 1, LISTEN 1", says: "avg(count)", lossy: true},
		{name: "a remark below", source: "chats", text: "TIME_WAIT 120\nLISTEN 3\nall numbers in thousands\n", want: counts, lossy: true},
		{name: "a remark below, apart", source: "chats", text: "TIME_WAIT 120\nLISTEN 3\n\nNote: numbers are scaled by 1000.\n", want: counts, says: "above or below counts", lossy: true},
		{name: "a footnote", source: "reports", text: "TIME_WAIT 120\nLISTEN 3\n\n* thousands\n", want: counts, says: "above or below counts", lossy: true},
		{name: "a title in JSON", source: "a dashboard", text: `{"title":"TCP states (%)","states":{"TIME_WAIT":120,"LISTEN":3}}`, want: counts, says: unclear, lossy: true},
		{name: "a rate in JSON", source: "a dashboard", text: `{"kind":"rate","per":"second","states":{"TIME_WAIT":120,"LISTEN":3}}`, want: counts, says: unclear, lossy: true},
		{name: "rows below a protocol", source: "a script", text: `{"connections":{"udp":[{"state":"ESTABLISHED","local":"192.0.2.44:68","remote":"192.0.2.1:67"}],"tcp":[{"state":"LISTEN","local":"0.0.0.0:80","remote":"0.0.0.0:0"}]}}`, want: "LISTEN 1"},
		{name: "a protocol that is an object", source: "a script", text: `[{"proto":{"name":"udp"},"state":"ESTABLISHED","count":12},{"proto":{"name":"tcp"},"state":"TIME_WAIT","count":120},{"state":"LISTEN","count":3}]`, want: counts},
		{name: "a protocol with its family", source: "a script", text: "type,local,remote,state\nIPv4/UDP,192.0.2.44:68,192.0.2.1:67,ESTABLISHED\nudp/ipv6,192.0.2.44:68,192.0.2.1:67,ESTABLISHED\nIPv4/TCP,0.0.0.0:80,0.0.0.0:0,LISTEN\n", want: "LISTEN 1"},
		{name: "awk that divides", source: "tickets", text: "$ ss -tan | awk '{a[$1]++} END {for (s in a) print s, a[s]/1000}'\nTIME-WAIT 120\nLISTEN 3\n", want: counts, lossy: true},
		{name: "HP-UX", source: "netstat -an", text: "Active Internet connections (including servers)\nProto Recv-Q Send-Q  Local Address           Foreign Address         (state)\ntcp        0      0  10.9.8.7.80             172.20.3.4.40222        FIN_WAIT_2\ntcp        0      0  *.22                    *.*                     LISTEN\nudp        0      0  *.514                   *.*\n", want: "FIN_WAIT2 1, LISTEN 1"},
		{name: "InfluxDB", source: "influx -execute", text: "name: netstat\ntime                tcp_time_wait tcp_listen\n----                ------------- ----------\n1738555506000000000 120           3\n", want: counts},
		{name: "InfluxDB, means", source: "influx -execute", text: "name: netstat\ntime                mean_tcp_time_wait mean_tcp_listen\n----                ------------------ ---------------\n1738555506000000000 120                3\n", says: "no line of it"},
		{name: "Jira", source: "a ticket", text: "||State||Count||\n|TIME_WAIT|120|\n|LISTEN|3|\n", want: counts},
	}
}

func TestUnheard(t *testing.T) {
	for _, p := range ofUnheard() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
