// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// damaged is a listing of three rows for each format; %d is where they differ.
var damaged = []struct {
	name    string
	heading string
	rows    [3]string
	state   tcp.State // of each row, or of the one that is damaged
}{
	{"netstat", "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n", three("tcp        0      0 10.20.0.4:8443          10.30.0.%d:40988        CLOSE_WAIT"), tcp.CloseWait},
	{"netstat -p", "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name\n", three("tcp6       0     36 fd00:20::4:8443         fd00:30::%d:40988       ESTABLISHED 771/caddy"), tcp.Established},
	{"netstat -eo", "Proto Recv-Q Send-Q Local Address           Foreign Address         State       User       Inode      Timer\n", three("tcp        0      0 10.20.0.4:8443          10.30.0.%d:40988        FIN_WAIT2   33         0          timewait (41.07/0/0)"), tcp.FinWait2},
	{"ss", "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port\n", three("CLOSE-WAIT 1      0         10.20.0.4:8443        10.30.0.%d:40988"), tcp.CloseWait},
	{"ss without queues", "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port\n", three("TIME-WAIT  0      0         10.20.0.4:8443        10.30.0.%d:40988"), tcp.TimeWait},
	{"ss with netid", "Netid State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n", three(`tcp   ESTAB      0      0         10.20.0.4:8443        10.30.0.%d:40988 users:(("caddy",pid=771,fd=9)) ino:88120 sk:1f`), tcp.Established},
	{"ss -Q", "State      Local Address:Port  Peer Address:Port\n", three("TIME-WAIT  10.20.0.4:8443        10.30.0.%d:40988"), tcp.TimeWait},
	{"proc", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n", three("   %d: 0400140A:20FB 0700190A:A01C 08 00000000:00000001 00:00000000 00000000    33        0 88120 1 00000000c1d2a3b4 20 4 30 10 -1"), tcp.CloseWait},
	{"BSD", "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n", three("tcp4       0      0  10.20.0.4.8443         10.30.0.%d.40988       LAST_ACK"), tcp.LastAck},
	{"Windows", "  Proto  Local Address          Foreign Address        State           PID\n", three("  TCP    10.20.0.4:8443         10.30.0.%d:40988       CLOSE_WAIT      771"), tcp.CloseWait},
	{"PowerShell", "LocalAddress LocalPort RemoteAddress RemotePort State     AppliedSetting OwningProcess\n", three("10.20.0.4    8443      10.30.0.%d     40988      CloseWait Internet       771"), tcp.CloseWait},
	{"PowerShell, three columns", "LocalPort State     OwningProcess\n", three("4044%d     CloseWait 771"), tcp.CloseWait},
	{"CSV", "proto,local,remote,state,pid\n", three("tcp,10.20.0.4:8443,10.30.0.%d:40988,CLOSE_WAIT,771"), tcp.CloseWait},
	{"markdown", "| Proto | Local Address | Foreign Address | State |\n|---|---|---|---|\n", three("| tcp | 10.20.0.4:8443 | 10.30.0.%d:40988 | CLOSE_WAIT |"), tcp.CloseWait},
	{"container log", "", three("web-1  | tcp        0      0 10.20.0.4:8443          10.30.0.%d:40988        CLOSE_WAIT"), tcp.CloseWait},
	{"counts", "", [3]string{"ESTABLISHED 412", "CLOSE_WAIT 5209", "TIME_WAIT 88"}, tcp.CloseWait},
	{"uniq -c", "", [3]string{"    412 ESTAB", "   5209 CLOSE-WAIT", "     88 TIME-WAIT"}, tcp.CloseWait},
	{"counts with shares", "", [3]string{"ESTABLISHED 412 7.2%", "CLOSE_WAIT 5209 91.2%", "TIME_WAIT 88 1.5%"}, tcp.CloseWait},
	{"counts behind a host", "", [3]string{"web1 ESTABLISHED 412", "web1 CLOSE_WAIT 5209", "web1 TIME_WAIT 88"}, tcp.CloseWait},
	{"counts behind a time", "", [3]string{"04:05:06 ESTABLISHED 412", "04:05:06 CLOSE_WAIT 5209", "04:05:06 TIME_WAIT 88"}, tcp.CloseWait},
	{"counts behind dots", "", [3]string{"ESTABLISHED .... 412", "CLOSE_WAIT .... 5209", "TIME_WAIT .... 88"}, tcp.CloseWait},
	{"counts in markdown", "| State | Count |\n|---|---|\n", [3]string{"| ESTABLISHED | 412 |", "| CLOSE_WAIT | 5209 |", "| TIME_WAIT | 88 |"}, tcp.CloseWait},
	{"counts with protocols", "", [3]string{"412 tcp ESTABLISHED", "5209 tcp CLOSE_WAIT", "88 tcp6 TIME_WAIT"}, tcp.CloseWait},
	{"a path of a metric", "", [3]string{"a.tcp.ESTABLISHED 412 1738555506", "a.tcp.CLOSE_WAIT 5209 1738555506", "a.tcp.TIME_WAIT 88 1738555506"}, tcp.CloseWait},
	{"a wide table", "time,ESTABLISHED,CLOSE_WAIT,TIME_WAIT\n", [3]string{"04:05:06,412,5209,88", "04:05:07,413,5210,89", "04:05:08,414,5211,90"}, tcp.CloseWait},
	{"exporter with ports", "", [3]string{`conns{port="8443",state="established"} 412`, `conns{port="8443",state="close_wait"} 5209`, `conns{port="80",state="time_wait"} 88`}, tcp.CloseWait},
	{"a list of YAML", "", [3]string{"- state: ESTABLISHED\n  count: 412", "- state: CLOSE_WAIT\n  count: 5209", "- state: TIME_WAIT\n  count: 88"}, tcp.CloseWait},
	{"rows of MySQL", "", [3]string{"****** 1. row ******\nstate: ESTABLISHED\ncount: 412", "****** 2. row ******\nstate: CLOSE_WAIT\ncount: 5209", "****** 3. row ******\nstate: TIME_WAIT\ncount: 88"}, tcp.CloseWait},
	{"exporter", "", [3]string{`node_tcp_connection_states{state="established"} 412`, `node_tcp_connection_states{state="close_wait"} 5209`, `node_tcp_connection_states{state="time_wait"} 88`}, tcp.CloseWait},
}

func three(row string) [3]string {
	return [3]string{fmt.Sprintf(row, 1), fmt.Sprintf(row, 2), fmt.Sprintf(row, 3)}
}

// loud reports whether a reading says that something was lost.
func loud(r Result) bool {
	for _, g := range r.Gaps {
		if !g.Structural {
			return true
		}
	}
	return r.Broken > 0
}

// TestDamageIsNeverSilent puts one character in, takes one out and replaces one
// at every position of a row among good ones, and joins two rows. The numbers
// are right, or it is reported, or the text is refused. What cannot be known is
// left out: a digit that becomes another one or goes, a row of another protocol.
func TestDamageIsNeverSilent(t *testing.T) {
	characters := []string{
		"#", "\uFFFD", " ", "\t", "x", "Z", "q", "-", "_", ".", ":", "*", "/", "\\", "(", ")", "[", "]", "{", "<", ">", "@", "!", "?", "~", "$", "%", "&", "+", "^", "`",
		"\x00", "\x1b", "\x7f", "\r", "\xff", "\u00a0", "\u3000", "\u200b", "\u2028", "\u00e9", "\u4e2d",
	}
	for _, tt := range damaged {
		t.Run(tt.name, func(t *testing.T) {
			good, err := Count(strings.NewReader(tt.heading+strings.Join(tt.rows[:], "\n")+"\n"), "good")
			if err != nil || loud(good) || good.Counts.Of(tt.state) == 0 {
				t.Fatalf("%s, %v, %+v", summary(&good.Counts), err, good.Gaps)
			}
			d := damageTest{t: t, heading: tt.heading, rows: tt.rows, good: good}
			row := tt.rows[1]
			for i := 0; i <= len(row); i++ {
				for _, c := range characters {
					d.read(d.around(row[:i] + c + row[i:]))
					if i < len(row) {
						d.replace(i, c)
					}
				}
				if i < len(row) {
					d.replace(i, "")
				}
			}
			d.read(tt.rows[0] + "\n" + tt.rows[1] + tt.rows[2] + "\n")
			d.read(tt.rows[0] + "\n" + tt.rows[1] + " " + tt.rows[2] + "\n")
			d.read(tt.rows[0] + tt.rows[1] + "\n" + tt.rows[2] + "\n")
			if d.silent > 0 {
				t.Errorf("%d of %d damages are silent", d.silent, d.tried)
			}
		})
	}
}

type damageTest struct {
	t             *testing.T
	heading       string
	rows          [3]string
	good          Result
	tried, silent int
}

// replace puts another character at a place. A digit that goes cannot be known.
func (d *damageTest) replace(at int, by string) {
	row := d.rows[1]
	if !isDigit(row[at]) {
		d.read(d.around(row[:at] + by + row[at+1:]))
	}
}

// around is a row among good ones.
func (d *damageTest) around(row string) string {
	return d.rows[0] + "\n" + row + "\n" + d.rows[2] + "\n"
}

func (d *damageTest) read(rows string) {
	d.tried++
	rd := NewReader(strings.NewReader(d.heading+rows), "damaged")
	rd.size = 4 << 10 // the usual buffer would take longer to allocate than this text to read
	got, err := rd.count()
	same := true
	for s := range tcp.AllStates.All() {
		same = same && got.Counts.Of(s) == d.good.Counts.Of(s)
	}
	if err != nil || same || loud(got) {
		return
	}
	if d.silent++; d.silent <= 12 {
		d.t.Errorf("silent: %q: %s, want %s", bytes.TrimSpace([]byte(rows)), summary(&got.Counts), summary(&d.good.Counts))
	}
}
