// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file writes the same counts, or the same sockets, in every layout that is
// read, and spoils the structure of each in every way that it knows: see spoil_test.go
// for the ways. What one state is called, and what its number is, is a cell.

// A cell is a state in a text: what it is called there and how many there are.
type datum struct {
	name, number string
}

// A layout writes data as a text.
type layout struct {
	name  string
	rows  bool // each datum is one socket
	wraps bool // another layout in something that is put around it: a third of the ways is tried
	write func([]datum) string
}

// lines writes each datum as one line; in format, %[1]s is the name, %[2]s the
// number and %[3]d a number of its own.
func perLine(head, format, between, foot string) func([]datum) string {
	return func(all []datum) string {
		var b strings.Builder
		b.WriteString(head)
		for i, d := range all {
			if i > 0 {
				b.WriteString(between)
			}
			text := strings.NewReplacer("NAME", d.name, "NUMBER", d.number, "ID", strconv.Itoa(i+1)).Replace(format)
			b.WriteString(text)
		}
		b.WriteString(foot)
		return b.String()
	}
}

// wideLayout writes the names in one line and the numbers in the next.
func wideLayout(start, mark, end, rule, label, value string) func([]datum) string {
	return func(all []datum) string {
		names, numbers := label, value
		for i, d := range all {
			if i > 0 || label != "" {
				names, numbers = names+mark, numbers+mark
			}
			names, numbers = names+d.name, numbers+d.number
		}
		return start + names + end + rule + start + numbers + end
	}
}

// countLayouts are the layouts of counts by state.
func countLayouts() []layout {
	quoted := func(s string) string { return strings.ReplaceAll(s, "'", `"`) }
	return []layout{
		{name: "lines", write: perLine("", "NAME NUMBER\n", "", "")},
		{name: "uniq -c", write: perLine("", "  NUMBER NAME\n", "", "")},
		{name: "lines with colons", write: perLine("", "NAME: NUMBER\n", "", "")},
		{name: "lines behind a prompt", write: perLine("ops@db2:~$ ./states.sh\n", "NAME NUMBER\n", "", "ops@db2:~$\n")},
		{name: "inline", write: perLine("", "NAME NUMBER", ", ", "\n")},
		{name: "inline, number first", write: perLine("", "NUMBER NAME", ", ", "\n")},
		{name: "inline, equals", write: perLine("", "NAME=NUMBER", " ", "\n")},
		{name: "CSV", write: perLine("state,count\n", "NAME,NUMBER\n", "", "")},
		{name: "CSV with quotes", write: perLine("\"Name\",\"Count\"\n", "\"NAME\",\"NUMBER\"\n", "", "")},
		{name: "markdown", write: perLine("| State | Count |\n|---|---|\n", "| NAME | NUMBER |\n", "", "")},
		{name: "MySQL", write: perLine("+-------+-------+\n| state | count |\n+-------+-------+\n", "| NAME | NUMBER |\n", "", "+-------+-------+\n3 rows in set (0.00 sec)\n")},
		{name: "rows of MySQL", write: perLine("", "****** ID. row ******\nstate: NAME\ncount: NUMBER\n", "", "")},
		{name: "a list of YAML", write: perLine("", "- state: NAME\n  count: NUMBER\n", "", "")},
		{name: "a map of YAML", write: perLine("tcp:\n", "  NAME: NUMBER\n", "", "")},
		{name: "Format-List of groups", write: perLine("\n", "Name  : NAME\nCount : NUMBER\n", "\n", "\n")},
		{name: "Format-List of groups, count first", write: perLine("\n", "Count : NUMBER\nName  : NAME\n", "\n", "\n")},
		{name: "Group-Object", write: perLine("\nCount Name Group\n----- ---- -----\n", "  NUMBER NAME {MSFT_NetTCPConnection (InstanceID = \"x\")}\n", "", "\n")},
		{name: "exporter", write: perLine("", "node_tcp_connection_states{state=\"NAME\"} NUMBER\n", "", "")},
		{name: "graphite", write: perLine("", "servers.tcp.NAME NUMBER 1738555506\n", "", "")},
		{name: "JSON", write: perLine("{", quoted("'NAME': NUMBER"), ", ", "}\n")},
		{name: "JSON, indented", write: perLine("{\n", quoted("  'NAME': NUMBER"), ",\n", "\n}\n")},
		{name: "JSON, nested", write: perLine(quoted("{'host':'db2','tcp':{'states':{"), quoted("'NAME':NUMBER"), ",", "}}}\n")},
		{name: "JSON with texts", write: perLine("{", quoted("'NAME': 'NUMBER'"), ", ", "}\n")},
		{name: "JSON records", write: perLine("[", quoted("{'state':'NAME','count':NUMBER}"), ",", "]\n")},
		{name: "JSON records, one a line", write: perLine("", quoted("{'state':'NAME','count':NUMBER}\n"), "", "")},
		{name: "JSON records, indented", write: perLine("[\n", quoted("  {\n    'state': 'NAME',\n    'count': NUMBER\n  }"), ",\n", "\n]\n")},
		{name: "JSON groups", write: perLine("[", quoted("{'Count':NUMBER,'Name':'NAME'}"), ",", "]\n")},
		{name: "JSON buckets", write: perLine(quoted("{'aggregations':{'s':{'sum_other_doc_count':0,'buckets':["), quoted("{'key':'NAME','doc_count':NUMBER}"), ",", "]}}}\n")},
		{name: "JSON pairs", write: perLine("[", quoted("['NAME',NUMBER]"), ",", "]\n")},
		{name: "JSON entries", write: perLine("[", quoted("{'key':'NAME','value':NUMBER}"), ",", "]\n")},
		{name: "JSON behind a word", write: perLine("states: {", quoted("'NAME': NUMBER"), ", ", "}\n")},
		{name: "JSON behind a prompt", write: perLine("ops@db2:~$ ./states.sh --json\n{\n", quoted("  'NAME': NUMBER"), ",\n", "\n}\n")},
		{name: "JSON of Prometheus", write: perLine(quoted("{'status':'success','data':{'resultType':'vector','result':["), quoted("{'metric':{'state':'NAME'},'value':[1738555506.7,'NUMBER']}"), ",", "]}}\n")},
		{name: "JSON of MongoDB's shell, one a line", write: perLine("", "{ _id: 'NAME', n: NUMBER }\n", "", "")},
		{name: "psql, expanded", write: perLine("", "-[ RECORD ID ]----\nstate | NAME\ncount | NUMBER\n", "", "")},
		{name: "lines of SQLite", write: perLine("", "state = NAME\ncount = NUMBER\n", "\n", "")},
		{name: "Format-List with a total", write: perLine("\n", "State : NAME\nTotal : NUMBER\n", "\n", "\n")},
		{name: "attributes of XML", write: perLine("<tcp>\n", quoted("  <state name='NAME' count='NUMBER'/>\n"), "", "</tcp>\n")},
		{name: "elements of XML", write: perLine("<tcp>\n", "  <NAME>NUMBER</NAME>\n", "", "</tcp>\n")},
		{name: "grep -n", write: perLine("", "ID:NAME NUMBER\n", "", "")},
		{name: "cat -n", write: perLine("", "     ID\tNAME NUMBER\n", "", "")},
		{name: "a table of two protocols", write: perLine("state,tcp,udp\n", "NAME,NUMBER,7\n", "", "")},
		{name: "a dict of Python", write: perLine("{", "'NAME': NUMBER", ", ", "}\n")},
		{name: "pairs of Python", write: perLine("[", "('NAME', NUMBER)", ", ", "]\n")},
		{name: "a map of Go", write: perLine("map[", "NAME:NUMBER", " ", "]\n")},
		{name: "columns", write: wideLayout("", " ", "\n", "", "", "")},
		{name: "columns of CSV", write: wideLayout("", ",", "\n", "", "", "")},
		{name: "columns of CSV behind a time", write: wideLayout("", ",", "\n", "", "time", "04:05:06")},
		{name: "columns of CSV behind a host", write: wideLayout("", ";", "\n", "", "host", "db2")},
		{name: "columns with tabs", write: wideLayout("", "\t", "\n", "", "", "")},
		{name: "columns of markdown", write: wideLayout("| ", " | ", " |\n", "|---|---|---|\n", "", "")},
		{name: "columns of MySQL", write: wideLayout("| ", " | ", " |\n", "+----+----+----+\n", "host", "db2")},
	}
}

// rowLayouts are the layouts of sockets.
func rowLayouts() []layout {
	quoted := func(s string) string { return strings.ReplaceAll(s, "'", `"`) }
	const list = "LocalAddress   : 10.20.0.4\nLocalPort      : 8443\nRemoteAddress  : 10.30.0.ID\nRemotePort     : 40988\nState          : NAME\nAppliedSetting : Internet\nOwningProcess  : 771\n"
	return []layout{
		{name: "netstat", rows: true, write: perLine("Proto Recv-Q Send-Q Local Address           Foreign Address         State\n", "tcp        0      0 10.20.0.4:8443          10.30.0.ID:40988        NAME\n", "", "")},
		{name: "ss", rows: true, write: perLine("State      Recv-Q Send-Q Local Address:Port  Peer Address:Port\n", "NAME 1      0         10.20.0.4:8443        10.30.0.ID:40988\n", "", "")},
		{name: "ss -p", rows: true, write: perLine("State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n", "NAME 1      0         10.20.0.4:8443        10.30.0.ID:40988 users:((\"caddy\",pid=771,fd=7))\n", "", "")},
		{name: "Windows", rows: true, write: perLine("  Proto  Local Address          Foreign Address        State           PID\n", "  TCP    10.20.0.4:8443         10.30.0.ID:40988       NAME      771\n", "", "")},
		{name: "PowerShell", rows: true, write: perLine("LocalAddress LocalPort RemoteAddress RemotePort State     AppliedSetting OwningProcess\n", "10.20.0.4    8443      10.30.0.ID     40988      NAME Internet       771\n", "", "")},
		{name: "Format-List", rows: true, write: perLine("\n", list, "\n", "\n")},
		{name: "rows of CSV", rows: true, write: perLine("proto,local,remote,state,pid\n", "tcp,10.20.0.4:8443,10.30.0.ID:40988,NAME,771\n", "", "")},
		{name: "rows of markdown", rows: true, write: perLine("| Proto | Local Address | Foreign Address | State |\n|---|---|---|---|\n", "| tcp | 10.20.0.4:8443 | 10.30.0.ID:40988 | NAME |\n", "", "")},
		{name: "JSON rows", rows: true, write: perLine("[", quoted("{'proto':'tcp','local_address':'10.20.0.4','local_port':8443,'remote_address':'10.30.0.ID','remote_port':40988,'state':'NAME'}"), ",", "]\n")},
		{name: "JSON rows, indented", rows: true, write: perLine("[\n", quoted("  {\n    'LocalAddress': '10.20.0.4',\n    'LocalPort': 8443,\n    'RemoteAddress': '10.30.0.ID',\n    'RemotePort': 40988,\n    'State': 'NAME'\n  }"), ",\n", "\n]\n")},
		{name: "JSON rows behind a prompt", rows: true, write: perLine("PS C:\\> gntc\n[\n", quoted("  {\n    'LocalAddress': '10.20.0.4',\n    'LocalPort': 8443,\n    'RemoteAddress': '10.30.0.ID',\n    'RemotePort': 40988,\n    'State': 'NAME'\n  }"), ",\n", "\n]\n")},
		{name: "JSON rows, one a line", rows: true, write: perLine("", quoted("{'protocol':'tcp','laddr':'10.20.0.4:8443','raddr':'10.30.0.ID:40988','state':'NAME','pid':771}\n"), "", "")},
	}
}

// wrappedLayouts are layouts in what logs, terminals and other programs put around
// them, and those of less usual tools.
func wrappedLayouts() []layout {
	quoted := func(s string) string { return strings.ReplaceAll(s, "'", `"`) }
	const (
		row  = "tcp        0      0 10.20.0.4:8443          10.30.0.ID:40988        NAME"
		head = "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
	)
	typed := func(command string) (string, string) {
		return "Script started on 2025-02-03 04:05:06+01:00 [TERM=\"xterm\"]\n\x1b[?2004hops@db2:~$ " + command + "\r\n\x1b[?2004l\r", "\x1b[?2004hops@db2:~$ exit\r\n\nScript done on 2025-02-03 04:05:09+01:00 [COMMAND_EXIT_CODE=\"0\"]\n"
	}
	counting, counted := typed("./states.sh")
	listing, listed := typed("netstat -ant")
	all := []layout{
		{name: "typescript", write: perLine(counting, "NAME NUMBER\r\n", "", counted)},
		{name: "a log of a container", write: perLine("", "api-1  | NAME NUMBER\n", "", "")},
		{name: "a log of Kubernetes", write: perLine("", "2025-02-03T04:05:06.789012345Z stdout F NAME NUMBER\n", "", "")},
		{name: "a journal", write: perLine("", "Feb 03 04:05:06 db2 states[4411]: NAME NUMBER\n", "", "")},
		{name: "a journal in JSON, one a line", write: perLine("", quoted("{'MESSAGE':'NAME NUMBER','SYSLOG_FACILITY':'3'}\n"), "", "")},
		{name: "Splunk, exported", write: perLine("\"_time\",state,count\n", "\"2025-02-03T04:05:06.000+0100\",NAME,NUMBER\n", "", "")},
		{name: "Splunk in JSON, one a line", write: perLine("", quoted("{'preview':false,'result':{'state':'NAME','count':'NUMBER'}}\n"), "", "")},
		{name: "a quoted mail", write: perLine("", "> NAME NUMBER\n", "", "")},
		{name: "a table of HTML", write: perLine("<table>\n<tr><th>State</th><th>Count</th></tr>\n", "<tr><td>NAME</td><td>NUMBER</td></tr>\n", "", "</table>\n")},
		{name: "netstat -s of FreeBSD", write: perLine("tcp:\n\tTCP connection count by state:\n", "\t\tNUMBER connections in NAME state\n", "", "")},
		{name: "logfmt", write: perLine("", "level=info state=NAME count=NUMBER\n", "", "")},
		{name: "its own check", write: perLine("TCPVITALS OK - 5709 sockets | ", "NAME=NUMBER", " ", "\n")},
		{name: "JSON lines of Ansible", write: perLine(quoted("{'changed':true,'stdout_lines':["), quoted("'NAME NUMBER'"), ",", "]}\n")},
	}
	rows := []layout{
		{name: "rows in a typescript", write: perLine(listing+strings.ReplaceAll(head, "\n", "\r\n"), row+"\r\n", "", listed)},
		{name: "rows in a log of a container", write: perLine("", "api-1  | "+row+"\n", "", "")},
		{name: "rows in a journal", write: perLine("", "Feb 03 04:05:06 db2 netstat[4411]: "+row+"\n", "", "")},
		{name: "rows of Splunk, raw", write: perLine("", "2025-02-03 04:05:06,789 "+row+"\n", "", "")},
		{name: "rows of grep -Hn", write: perLine("", "before.log:ID:"+row+"\n", "", "")},
		{name: "rows of cat -n", write: perLine("", "     ID\t"+row+"\n", "", "")},
		{name: "JSON rows of Ansible", write: perLine(quoted("{'changed':true,'stdout_lines':["), quoted("'"+row+"'"), ",", "]}\n")},
		{name: "rows of esxcli", write: perLine("Proto  Recv Q  Send Q  Local Address       Foreign Address     State        World ID  CC Algo  World Name\n-----  ------  ------  ------------------  ------------------  -----------  --------  -------  ----------\n", "tcp         0       0  10.20.0.4:8443      10.30.0.ID:40988    NAME  2099543   newreno  hostd-IO\n", "", "")},
		{name: "rows of Export-Csv", write: perLine("\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\",\"OwningProcess\"\r\n", "\"10.20.0.4\",\"8443\",\"10.30.0.ID\",\"40988\",\"NAME\",\"771\"\r\n", "", "")},
		{name: "rows of ss with netid", write: perLine("Netid State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n", "tcp   NAME 0      0         10.20.0.4:8443        10.30.0.ID:40988 users:((\"caddy\",pid=771,fd=7)) ino:88120 sk:1f\n", "", "")},
		{name: "rows of netstat -p", write: perLine(strings.TrimSuffix(head, "\n")+"       PID/Program name\n", row+"        771/caddy\n", "", "")},
	}
	for i := range rows {
		rows[i].rows = true
	}
	all = append(all, rows...)
	for i := range all {
		all[i].wraps = true
	}
	return all
}

func layouts() []layout { return slices.Concat(countLayouts(), rowLayouts(), wrappedLayouts()) }

// shapedStates are the states that one text has: s and two more.
func shapedStates(s tcp.State) [3]tcp.State {
	around := []tcp.State{tcp.Established, tcp.LastAck, tcp.CloseWait}
	all, n := [3]tcp.State{1: s}, 0
	for _, other := range around {
		if other != s && n < 2 {
			all[2*n] = other
			n++
		}
	}
	return all
}

// shapedNumber is how many there are of the state at i.
func shapedNumber(i int) uint64 { return [3]uint64{412, 5209, 88}[i] }

// shapedData are the data of a text about s, and the counts that are right.
func shapedData(l *layout, s tcp.State) (all []datum, want [tcp.Bound + 1]uint64) {
	for i, state := range shapedStates(s) {
		n := shapedNumber(i)
		all = append(all, datum{state.String(), strconv.FormatUint(n, 10)})
		if l.rows {
			n = 1
		}
		want[state] = n
	}
	return all, want
}

// A verdict of a reading of a text whose counts are known.
type shapeTest struct {
	t             *testing.T
	want          [tcp.Bound + 1]uint64
	tried, silent int
}

// read reads a text that was spoiled: its numbers are right, or it is reported that
// they are not, or it is refused. Texts that are not whole must be reported.
func (d *shapeTest) read(how, text string, whole bool) {
	d.tried++
	got, err := countSmall(text)
	if err != nil || loud(got) || (whole || got.Counts.Of(tcp.Closing) >= 30000) && d.right(&got.Counts) {
		return
	}
	if d.silent++; d.silent <= 6 {
		d.t.Errorf("silent, %s: %q: %s", how, text, summary(&got.Counts))
	}
}

func (d *shapeTest) right(c *Counts) bool {
	for s := range tcp.AllStates.All() {
		if n := c.Of(s); n != d.want[s.Reported()] && (n != d.want[s.Reported()]+30000 || s != tcp.Closing) {
			return false
		}
	}
	return true
}

// countSmall is Count with a small buffer, which takes less time to make.
func countSmall(text string) (Result, error) {
	rd := NewReader(strings.NewReader(text), "shape")
	rd.size = 4 << 10
	return rd.count()
}

// TestLayouts: what is whole is read, and nothing is said to be lost.
func TestLayouts(t *testing.T) {
	for _, l := range layouts() {
		t.Run(l.name, func(t *testing.T) {
			for s := range tcp.AllStates.All() {
				if s == tcp.Close || s == tcp.NewSynRecv {
					continue // no row of ss; another spelling of SYN_RECV
				}
				all, want := shapedData(&l, s)
				text := l.write(all)
				d := shapeTest{t: t, want: want}
				if got, err := countSmall(text); err != nil || loud(got) || !d.right(&got.Counts) {
					t.Errorf("%q: %s, %v, %+v", text, summary(&got.Counts), err, got.Gaps)
				}
			}
		})
	}
}

// TestOddByte takes one byte out of a text in UTF-16, or puts one in, at every
// place: what follows cannot be read as it was written.
func TestOddByte(t *testing.T) {
	text := "\xff\xfe" + wide(winABC+strings.Repeat("  TCP    10.9.8.7:8080          172.20.3.9:40229       TIME_WAIT       812\r\n", 3), binary.LittleEndian)
	d := shapeTest{t: t}
	good, err := countSmall(text)
	if err != nil || loud(good) {
		t.Fatal(err, good.Gaps)
	}
	for s := range tcp.AllStates.All() {
		d.want[s.Reported()] = good.Counts.Of(s)
	}
	for i := 2; i < len(text)-4; i++ {
		if !isDigit(text[i]) {
			d.read(fmt.Sprintf("byte %d is gone", i), text[:i]+text[i+1:], true)
		}
		d.read(fmt.Sprintf("a byte before %d", i), text[:i]+"\x00"+text[i:], true)
		d.read(fmt.Sprintf("a letter before %d", i), text[:i]+"x"+text[i:], true)
	}
}

// TestSpoiledShapes spoils each layout in every way: for one state after the
// other, or, with TCPVITALS_EXHAUSTIVE set, for every state each.
func TestSpoiledShapes(t *testing.T) {
	every := []tcp.State{tcp.TimeWait, tcp.Listen, tcp.FinWait1, tcp.SynRecv, tcp.CloseWait, tcp.FinWait2, tcp.Closing, tcp.SynSent, tcp.Established, tcp.LastAck, tcp.Bound}
	for i, way := range waysToSpoil() {
		for k, l := range layouts() {
			states := every[(i*len(layouts())+k)%len(every):][:1]
			if os.Getenv("TCPVITALS_EXHAUSTIVE") != "" {
				states = every
			}
			if l.wraps && (i+k)%3 != 0 && os.Getenv("TCPVITALS_SOAK")+os.Getenv("TCPVITALS_EXHAUSTIVE") == "" {
				continue
			}
			t.Run(way.name+"/"+l.name, func(t *testing.T) {
				t.Parallel()
				d := shapeTest{t: t}
				for _, s := range states {
					all, want := shapedData(&l, s)
					d.want = want
					way.spoil(&l, all, func(how, text string) { d.read(fmt.Sprintf("%s, %s", s, how), text, way.whole) })
				}
				if d.silent > 0 {
					t.Errorf("%d of %d are silent", d.silent, d.tried)
				}
			})
		}
	}
}
