// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

const (
	netstatHead = "Active Internet connections (w/o servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n"
	ssHead      = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
	procHead    = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	procHead6   = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	procTail    = " 00000000:00000000 00:00000000 00000000     0        0 31000 1 0000000000000000 100 0 0 10 0\n"
	powerHead   = "LocalAddress                        LocalPort RemoteAddress                       RemotePort State       AppliedSetting OwningProcess\n------------                        --------- -------------                       ---------- -----       -------------- -------------\n"
)

// waiting is n rows of netstat in CLOSE_WAIT; their ports count up from from.
func waiting(proto string, n, from int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s 8 0 192.0.2.9:8443 198.51.100.4:%d CLOSE_WAIT\n", proto, from+i)
	}
	return b.String()
}

func waitingSS(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "CLOSE-WAIT 8 0 192.0.2.9:8443 198.51.100.4:%d\n", 30000+i)
	}
	return b.String()
}

func behindEach(prefix, text string) string {
	return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix) + "\n"
}

// TestPartsOfAListing: several tables in one text are judged by the last one only if
// they are looks at one machine over time. If nothing tells how they are related, the
// doctor does not say that all is well. Text is the tables, each source says where
// such a text comes from, and closeWait is the number of judged sockets in CLOSE_WAIT.
func TestPartsOfAListing(t *testing.T) {
	const (
		alone  = ""
		looks  = "only the last one is judged"
		pieces = "their sum is judged"
		open   = "nothing tells whether they are looks"
		hosts  = "there may be several machines"
	)
	quiet := netstatHead + "tcp 0 0 192.0.2.9:22 203.0.113.5:51000 ESTABLISHED\n"
	for _, c := range []struct {
		name, source, text, says string
		closeWait                uint64
	}{
		{"one table", "netstat -ant", netstatHead + waiting("tcp", 40, 40000), alone, 40},
		{"protocols in counts", "netstat -ant | awk '{print $1, $6}' | sort | uniq -c", "  41 tcp CLOSE_WAIT\n   2 tcp6 CLOSE_WAIT\n  11 tcp ESTABLISHED\n", pieces, 43},
		{"families in counts", "a script", "ipv4 CLOSE_WAIT 41\nipv6 CLOSE_WAIT 2\n", pieces, 43},
		{"ports in counts of CSV", "a report", "port,state,count\n8443,CLOSE_WAIT,41\n80,CLOSE_WAIT,2\n", pieces, 43},
		{"protocols in counts of CSV", "a report", "proto,state,count\ntcp,CLOSE_WAIT,41\ntcp6,CLOSE_WAIT,2\n", pieces, 43},
		{"ports in counts of JSON", "a report", `[{"port":8443,"state":"CLOSE_WAIT","count":41},{"port":80,"state":"CLOSE_WAIT","count":2}]`, pieces, 43},
		{"protocols in objects", "a report", `{"tcp":{"CLOSE_WAIT":41},"tcp6":{"CLOSE_WAIT":2}}`, pieces, 43},
		{"ports in Prometheus", "an exporter", "conns{port=\"8443\",state=\"close_wait\"} 41\nconns{port=\"80\",state=\"close_wait\"} 2\nconns{port=\"80\",state=\"established\"} 9\n", pieces, 43},
		{"families in Prometheus", "an exporter", "conns{family=\"ipv4\",state=\"close_wait\"} 41\nconns{family=\"ipv6\",state=\"close_wait\"} 2\n", pieces, 43},
		{"a heading for each protocol", "OpenBSD netstat -an", netstatHead + waiting("tcp", 41, 40000) + "\n" + netstatHead + waiting("tcp6", 2, 40000), pieces, 43},
		{"both families by commands", "tickets", "$ ss -4tan\n" + ssHead + waitingSS(41) + "$ ss -6tan\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", pieces, 41},
		{"both files of the kernel", "tail -n +1 /proc/net/tcp /proc/net/tcp6", "==> /proc/net/tcp <==\n" + procHead + "   0: 090200C0:20FB 046433C6:7530 08" + procTail + "\n==> /proc/net/tcp6 <==\n" + procHead6 + "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A" + procTail, pieces, 1},

		{"a time between", "date; netstat -ant >> log", "10:00:01\n" + netstatHead + waiting("tcp", 41, 40000) + "10:05:01\n" + quiet, looks, 0},
		{"watch", "watch in a typescript", "Every 2.0s: ss -tan\n\n" + ssHead + waitingSS(41) + "Every 2.0s: ss -tan\n\n" + ssHead + "ESTAB 0 0 192.0.2.9:22 203.0.113.5:51000\n", looks, 0},
		{"the same command", "tickets", "[ops@db2 ~]$ ss -tan\n" + ssHead + waitingSS(41) + "[ops@db2 ~]$ ss -tan\n" + ssHead + "ESTAB 0 0 192.0.2.9:22 203.0.113.5:51000\n", looks, 0},
		{"the same rows", "netstat -c", strings.Repeat(netstatHead+waiting("tcp", 7, 40000), 3), looks, 7},
		{"times before counts", "a cron log", "2025-02-03 04:05:06 CLOSE_WAIT 41\n2025-02-03 04:10:06 CLOSE_WAIT 3\n", looks, 3},
		{"times beside counts", "a CSV that is appended to", "time,ESTABLISHED,CLOSE_WAIT\n10:00:01,9,41\n10:05:01,9,3\n", looks, 3},

		{"two options", "netstat -nt; netstat -lnt", netstatHead + waiting("tcp", 41, 40000) + "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\ntcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN\n", open, 41},
		{"pages", "pr, with a heading on each page", netstatHead + waiting("tcp", 41, 40000) + netstatHead + waiting("tcp", 5, 50000), open, 46},
		{"a rule between", "a ticket", netstatHead + waiting("tcp", 41, 40000) + "--------\n" + waiting("tcp", 5, 50000), open, 46},
		{"another prompt", "tickets", "[ops@db1 ~]$ ss -tan\n" + ssHead + waitingSS(41) + "[ops@db2 ~]$ ss -tan\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", open, 41},
		{"hosts of ansible", "ansible all -m command", "db1 | CHANGED | rc=0 >>\n" + ssHead + waitingSS(41) + "db2 | CHANGED | rc=0 >>\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", open, 41},
		{"times of two prompts", "tickets", "[ops@db1 ~]$ date\nMon Feb  3 04:05:06 CET 2025\n[ops@db1 ~]$ ss -tan\n" + ssHead + waitingSS(41) + "[ops@db2 ~]$ date\nMon Feb  3 04:15:06 CET 2025\n[ops@db2 ~]$ ss -tan\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", open, 41},
		{"times of two hosts", "ansible all -m shell -a 'date; ss -tan'", "db1 | CHANGED | rc=0 >>\nMon Feb  3 04:05:06 CET 2025\n" + ssHead + waitingSS(41) + "db2 | CHANGED | rc=0 >>\nMon Feb  3 04:15:06 CET 2025\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", open, 41},
		{"times before hosts", "a log of two machines", "10:00:01 db1 CLOSE_WAIT 41\n10:05:01 db2 CLOSE_WAIT 2\n", open, 43},
		{"lengths that look like families", "tickets", "$ head -41 a.txt\n" + ssHead + waitingSS(41) + "$ head -61 b.txt\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", open, 41},
		{"another directory", "tickets", "[ops@db2 ~]$ date\n10:00:01\n[ops@db2 ~]$ ss -tan\n" + ssHead + waitingSS(41) + "[ops@db2 /tmp]$ date\n10:15:01\n[ops@db2 /tmp]$ ss -tan\n" + ssHead + "LISTEN 0 128 [::]:22 [::]:*\n", looks, 0},
		{"hosts of pdsh", "pdsh -w db[1-2]", behindEach("db1: ", ssHead+waitingSS(41)) + behindEach("db2: ", ssHead+"LISTEN 0 128 [::]:22 [::]:*\n"), open, 41},
		{"containers", "docker compose logs", behindEach("api_1 | ", netstatHead+waiting("tcp", 41, 40000)) + behindEach("api_2 | ", quiet), open, 41},
		{"files", "tail -n +1 db*.txt", "==> db1.txt <==\n" + waiting("tcp", 41, 40000) + "\n==> db2.txt <==\n" + waiting("tcp", 5, 50000), open, 46},
		{"fences", "a page of markdown", "```\n" + netstatHead + waiting("tcp", 41, 40000) + "```\n\n```\n" + quiet + "```\n", open, 41},
		{"two tables of PowerShell", "Invoke-Command to two servers", powerHead + "192.0.2.9 8443 198.51.100.4 40000 CloseWait Internet 7\n\n" + powerHead + "192.0.2.8 22 203.0.113.5 51000 Established Internet 7\n", open, 1},
		{"two spellings", "netstat and ss, counted", "CLOSE_WAIT 41\nCLOSE-WAIT 7\n", open, 48},
		{"hosts before counts", "a loop over ssh", "db1 CLOSE_WAIT 41\ndb1 ESTABLISHED 9\ndb2 CLOSE_WAIT 2\n", open, 43},
		{"hosts beside counts", "a report", "host,ESTABLISHED,CLOSE_WAIT\ndb1,9,41\ndb2,9,2\n", open, 43},
		{"hosts of JSON", "a report", `{"db1":{"CLOSE_WAIT":41},"db2":{"CLOSE_WAIT":2}}`, open, 43},
		{"hosts that share no state", "a loop over ssh", "db1 CLOSE_WAIT 41\ndb2 ESTABLISHED 9\n", hosts, 41},
		{"jobs in Prometheus", "an exporter", "conns{job=\"a\",state=\"close_wait\"} 41\nconns{job=\"b\",state=\"close_wait\"} 2\n", open, 43},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Examine(t.Context(), engine.NewListing(strings.NewReader(c.text), "paste"), Examination{})
			if err != nil {
				t.Fatal(err)
			}
			says := ""
			if got.Judged != nil {
				says = knowledge.GapReason(*got.Judged)
			}
			if c.says == alone && says != "" || !strings.Contains(says, c.says) {
				t.Errorf("%s: says %q, want %q", c.source, says, c.says)
			}
			if n := got.Tally().Of(tcp.CloseWait).Total; n != c.closeWait {
				t.Errorf("%d CLOSE_WAIT are judged, want %d", n, c.closeWait)
			}
			if doubtful := c.says == open || c.says == hosts; got.Partial() != doubtful {
				t.Errorf("partial %v: %v", got.Partial(), got.Report.Gaps)
			}
			if slices.ContainsFunc(got.Report.Gaps, func(g problem.Gap) bool {
				return strings.Contains(g.Reason, "the sum of") || strings.Contains(g.Reason, "too high")
			}) {
				t.Errorf("two answers to what is judged: %v", got.Report.Gaps)
			}
		})
	}
}

// TestPartThatIsWorse: trouble on one of two machines is found even if it is small in
// the sum of both.
func TestPartThatIsWorse(t *testing.T) {
	const (
		sick = "db1 FIN_WAIT1 2000\ndb1 ESTABLISHED 10\n"
		well = "db2 ESTABLISHED 1000000\ndb2 FIN_WAIT1 3\ndb2 TIME_WAIT 5000000\n"
	)
	codes := func(text string) (all []string) {
		seen, err := Closeness{}.One(t.Context(), engine.NewListing(strings.NewReader(text), "paste"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range seen.Judge().Findings {
			all = append(all, f.Code)
		}
		return all
	}
	alone := codes(sick)
	if len(alone) == 0 {
		t.Fatal("nothing is the matter with the one")
	}
	for _, both := range []string{sick + well, well + sick} {
		found := codes(both)
		for _, code := range alone {
			if !slices.Contains(found, code) {
				t.Errorf("%s is found in one of two alone, and of both only %v", code, found)
			}
		}
	}
}

// TestRefusedCounts: counts by state that do not count sockets are not judged. Examine
// refuses them in the same words as census.
func TestRefusedCounts(t *testing.T) {
	for name, text := range map[string]string{
		"the summary of ss, cut at its commas": "TCP:   812 (estab 44\nclosed 700\norphaned 0\ntimewait 655)\n", // ss -s | tr , '\n'
		"names that were cut":                  "      7 ESTAB\n      5 CLOSE\n",                                // ss -tan | cut -c1-5 | sort | uniq -c
		"counters of netstat -s":               "    12 active connection openings\n    TIME_WAIT 9\n",
	} {
		_, err := Examine(t.Context(), engine.NewListing(strings.NewReader(text), "paste"), Examination{})
		_, counted := listing.Count(strings.NewReader(text), "paste")
		if err == nil || counted == nil || err.Error() != counted.Error() {
			t.Errorf("%s: %v, and counting says %v", name, err, counted)
		}
	}
}
