// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// foreign are rows of other protocols as ss prints them under -a.
var foreign = map[string]string{
	"udp":           "udp    UNCONN  0  0  192.0.2.44:5353  0.0.0.0:*",
	"udp, in use":   "udp    ESTAB  0  0  192.0.2.44%wg0:51820  198.51.100.9:51820",
	"udp6":          "udp6   UNCONN  0  0  [::]:5353  [::]:*",
	"udplite":       "udplite UNCONN 0 0 192.0.2.44:99 0.0.0.0:*",
	"raw":           "raw    UNCONN  0  0  *:ospf  *:*",
	"icmp6":         "icmp6  UNCONN  0  0  *:ipv6-icmp  *:*",
	"sctp":          "sctp   LISTEN  0  64  192.0.2.44:3868  *:*",
	"dccp":          "dccp   LISTEN  0  5  192.0.2.44:5001  0.0.0.0:*",
	"mptcp":         "mptcp  ESTAB  0  0  192.0.2.44:8443  198.51.100.9:40404",
	"tipc":          "ti_st  ESTAB  0  0  1401:77  1401:78",
	"unix":          "u_str  ESTAB  0  0  /run/dbus/system_bus_socket 31337  * 31338",
	"unix, no path": "u_seq  LISTEN  0  128  * 5511  * 0",
	"netlink":       "nl     UNCONN  0  0  route:kernel  *",
	"packet":        "p_dgr  UNCONN  0  0  arp:eth1  *",
	"vsock":         "v_str  LISTEN  0  0  *:9999  *:*",
	"netstat unix":  "unix  3      [ ]         STREAM     CONNECTED     31337    /run/systemd/journal/stdout",
	"Windows udp":   "UDP    192.0.2.44:5353  *:*",
}

// TestForeignBehindPrefix holds that the protocol decides after a prefix as it
// does without one.
func TestForeignBehindPrefix(t *testing.T) {
	const ours = "tcp    LISTEN  0  511  127.0.0.53%lo:domain  0.0.0.0:*"
	for source, prefix := range map[string]string{
		"a mail": "> ", "pdsh": "db7: ", "clush": "db7 ", "compose": "cache-1  | ", "grep -H": "old/ss.log:", "grep -n": "12:", "kubectl": "[pod/cache-0/cache] ",
		"journal": "Mar 04 05:06:07 db7 probe[812]: ", "docker logs -t": "2025-03-04T05:06:07.89Z ", "date": "2025-03-04 05:06:07 ", "ts": "05:06:07 ", "chat": "<ann> ",
	} {
		for proto, foreign := range foreign {
			rd := NewReader(strings.NewReader(prefix+ours+"\n"+prefix+foreign+"\n"), "paste")
			got, err := rd.count()
			if err != nil || summary(&got.Counts) != "LISTEN 1" || !got.Whole() || got.Ignored.rows() != 1 {
				t.Errorf("%s behind %s (%q): %s, %v, %+v %+v", proto, source, prefix, summary(&got.Counts), err, got.Ignored, got.Gaps)
			}
			for _, g := range got.Gaps {
				if g.Source == "several sources" {
					t.Errorf("%s behind %s: %s", proto, source, knowledge.GapReason(g))
				}
			}
			if got, err := Count(strings.NewReader(prefix+foreign+"\n"), "paste"); err == nil {
				t.Errorf("%s alone behind %s: %s", proto, source, summary(&got.Counts))
			}
		}
	}
}

// ofBrokenText are texts that lost part of a row, or have other lines between the rows.
func ofBrokenText() []paste {
	const under = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
	return []paste{
		{name: "all protocols behind file names", source: "ss -a, grep . *", text: before("ss.txt:", under+"nl  UNCONN 0 0 route:kernel *\nu_dgr UNCONN 0 0 * 311 * 0\nudp ESTAB 0 0 192.0.2.44:68 192.0.2.1:67\ntcp CLOSE-WAIT 1 0 192.0.2.44:8080 198.51.100.9:40404\n"), want: "CLOSE_WAIT 1"},
		{name: "UDP between", source: "echo $(netstat -an)", text: strings.TrimSpace(rowB) + " udp 0 0 0.0.0.0:5353 0.0.0.0:* " + strings.TrimSpace(rowC) + " udp 0 0 192.0.2.44:68 192.0.2.1:67 ESTABLISHED " + rowA, want: counts},
		{name: "UDP before a damaged row", source: "echo $(netstat -an)", text: rowB + "udp 0 0 0.0.0.0:5353 0.0.0.0:* tcp 0 0 192.0.2.44:80 198.51.100.9:404O4 EST\n", want: "CLOSE_WAIT 1", says: "behind its row", lossy: true},
		{name: "what ss -i adds, behind a prefix", source: "ss -tani | sed", text: before("web4: ", "ESTAB 0 0 192.0.2.44:8080 198.51.100.9:40404\n\t cubic wscale:7,9 rto:212 rtt:11.2/3 mss:1448 cwnd:10\nCLOSE-WAIT 1 0 192.0.2.44:8080 198.51.100.9:40405\n\t skmem:(r0,rb87380,t0,tb46080,f0,w0,o0,bl0,d0)\n"), want: "ESTABLISHED 1, CLOSE_WAIT 1"},
		{name: "rows counted, with their heading", source: "netstat -ant | sort | uniq -c", text: "      1 Proto Recv-Q Send-Q Local Address           Foreign Address         State\n      1 " + rowB + "     31 " + rowC, says: "behind a count"},
		{name: "rows counted, with the heading of ss", source: "ss -tan | sort | uniq -c", text: "     31 CLOSE-WAIT 1 0 192.0.2.44:8080 198.51.100.9:40404\n      7 ESTAB 0 0 192.0.2.44:8080 198.51.100.9:40405\n      1 State Recv-Q Send-Q Local Address:Port Peer Address:Port\n", says: "behind a count"},
		{name: "the rest of an address", source: "a terminal that was too narrow", text: rowB + "0.17.4:25\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "the rest of a timer", source: "netstat -o, the same", text: rowB + " (17.09/0/0)\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "a netstat that was killed", source: "the kernel, short of memory", text: abc + "netstat: Killed\n", want: counts, says: "broke off", lossy: true},
		{name: "a job that was killed", source: "bash", text: abc + "bash: line 7:  4411 Killed                  netstat -ant\n", want: counts, says: "broke off", lossy: true},
		{name: "a file that cannot be read on", source: "net-tools", text: rowA + rowB + "netstat: read error: Input/output error\n", want: "CLOSE_WAIT 1, LISTEN 1", says: "broke off", lossy: true},
		{name: "a file that is not there", source: "busybox", text: "netstat: /proc/net/tcp6: No such file or directory\n" + rowA, want: "LISTEN 1", says: "broke off", lossy: true},
		{name: "a dump that was too large", source: "iproute2", text: ssABC + "RTNETLINK answers: No buffer space available\n", want: counts, says: "broke off", lossy: true},
		{name: "a list that needs memory", source: "FreeBSD", text: "tcp4 0 0 192.0.2.44.8443 198.51.100.9.40404 CLOSE_WAIT\nnetstat: sysctl: net.inet.tcp.pcblist: Cannot allocate memory\n", want: "CLOSE_WAIT 1", says: "broke off", lossy: true},
		{name: "a connection that was closed", source: "OpenSSH", text: abc + "Connection to db7.example.net closed by remote host.\n", want: counts, says: "broke off", lossy: true},
		{name: "a connection that ended", source: "OpenSSH", text: abc + "Connection to db7.example.net closed.\n", want: counts},
		{name: "a protocol that is not there", source: "net-tools", text: abc + "netstat: no support for `AF INET (sctp)' on this system.\n", want: counts},
		{name: "how often, behind a row", source: "tickets", text: strings.TrimSpace(rowB) + " (x 40)\n" + rowA, want: "CLOSE_WAIT 1, LISTEN 1", says: "how often", lossy: true},
		{name: "how often, without brackets", source: "chats", text: strings.TrimSpace(rowB) + " x40\n" + rowA, want: "CLOSE_WAIT 1, LISTEN 1", says: "how often", lossy: true},
		{name: "how often, in words", source: "consoles of browsers", text: strings.Replace(ssABC, "40222\n", "40222 [40 times]\n", 1), want: counts, says: "how often", lossy: true},
		{name: "how often, behind a PID", source: "tickets", text: strings.Replace(winABC, "CLOSE_WAIT      812", "CLOSE_WAIT      812 (×40)", 1), want: counts, says: "how often", lossy: true},
		{name: "the last message", source: "syslogd", text: "Mar  4 05:06:07 db7 probe: " + rowB + "Mar  4 05:06:08 db7 last message repeated 40 times\n", want: "CLOSE_WAIT 1", says: "left out", lossy: true},
		{name: "rows that were alike", source: "tickets", text: winABC + "[40 similar lines removed]\n", want: counts, says: "left out", lossy: true},
		{name: "a prompt in a row of ss", source: "a terminal with two programs", text: strings.Replace(ssABC, "CLOSE-WAIT", "CLOSann@db7:~/bin$ E-WAIT", 1), want: "ESTABLISHED 1, LISTEN 1", says: "can be read", lossy: true},
		{name: "a prompt in a row of netstat", source: "the same", text: rowA + strings.Replace(rowB, "tcp ", "tc[ann@db7 bin]# p ", 1), want: "LISTEN 1", says: "can be read", lossy: true},
		{name: "a filter behind a prompt", source: "ss", text: "ann@db7:~$ ss -tan src 192.0.2.44:8080 dst 198.51.100.9:40404\n" + ssABC, want: counts, says: "leaves some out", lossy: true},
		{name: "rests of rows of Windows", source: "a terminal that was too narrow", text: winABC + "E_WAIT\r\nLISHED\r\n", want: counts, says: "can be read", lossy: true},
		{name: "a state alone behind rows of Windows", source: "a paste", text: winABC + "ESTABLISHED\r\n", want: counts, says: "can be read", lossy: true},
		{name: "services of Windows", source: "netstat -abn", text: strings.Replace(winABC, "LISTENING       812", "LISTENING       812\r\n  Dnscache\r\n [svchost.exe]", 1) + " Can not obtain ownership information\r\n", want: counts},
		{name: "a row with fewer cells", source: "Export-Csv, edited", text: "\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\"\n\"192.0.2.44\",\"8080\",\"198.51.100.9\",\"40404\",\"CloseWait\"\n\"192.0.2.44\",\"8080\",\"TimeWait\"\n", want: "CLOSE_WAIT 1", says: "number of columns", lossy: true},
		{name: "a row with more cells", source: "Export-Csv, edited", text: "LocalAddress,LocalPort,RemoteAddress,RemotePort,State\n192.0.2.44,8080,198.51.100.9,40404,CloseWait\n192.0.2.44,8080,192.0.2.44,8081,198.51.100.9,40404,TimeWait\n", want: "CLOSE_WAIT 1", says: "number of columns", lossy: true},
		{name: "a row with its last cell empty", source: "a spreadsheet", text: "State,Local,Remote,PID\nLISTEN,192.0.2.44:80,*:*,\n", want: "LISTEN 1"},
		{name: "numbers that may count", source: "uniq -c of coreutils", text: "      1 " + rowB + "      2 " + rowC, want: "ESTABLISHED 1, CLOSE_WAIT 1", says: "may be counts", lossy: true},
		{name: "numbers of lines", source: "cat -n", text: "     1\t" + rowB + "     2\t" + rowC, want: "ESTABLISHED 1, CLOSE_WAIT 1"},
		{name: "a last row that was cut", source: "head -c", text: ssABC + "LAST-ACK   0\n", want: counts, says: "ends before its addresses", lossy: true},
		{name: "a pane of tmux", source: "tmux", text: "│" + strings.ReplaceAll(strings.TrimSuffix(abc, "\n"), "\n", "      │\n│") + "      │\n", want: counts},
		{name: "bold counts", source: "markdown", text: "| State | Count |\n|---|---|\n| **TIME_WAIT** | **2044** |\n| **LISTEN** | **17** |\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "bold counts without a heading", source: "markdown", text: "| **TIME_WAIT** | **2044** |\n| **LISTEN** | **17** |\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "one state, as the command says", source: "ss state", text: "ann@db7:~$ ss -tan state close-wait\nRecv-Q Send-Q Local Address:Port Peer Address:Port Process\n1      0      192.0.2.44:8080 198.51.100.9:40404\n1      0      192.0.2.44:8080 198.51.100.9:40405\n", want: "CLOSE_WAIT 2", says: "leaves some out", lossy: true},
		{name: "two states, as the command says", source: "ss state", text: "ann@db7:~$ ss -tan state close-wait state last-ack | head\nRecv-Q Send-Q Local Address:Port Peer Address:Port Process\n1      0      192.0.2.44:8080 198.51.100.9:40404\n", says: "no State column"},
		{name: "another command before", source: "ss state", text: "ann@db7:~$ ss -tan state close-wait\nann@db7:~$ ss -tan state connected\nRecv-Q Send-Q Local Address:Port Peer Address:Port Process\n1      0      192.0.2.44:8080 198.51.100.9:40404\n", says: "no State column"},
		{name: "protocols in brackets", source: "monitoring scripts", text: "[udp] ESTAB 0 0 192.0.2.44:68 192.0.2.1:67\n(sctp) LISTEN 0 64 192.0.2.44:3868 *:*\nproto=raw UNCONN 0 0 192.0.2.44:1 0.0.0.0:*\nudp: ESTAB 0 0 192.0.2.44:68 192.0.2.1:67\n[tcp] CLOSE-WAIT 1 0 192.0.2.44:8080 198.51.100.9:40404\n", want: "CLOSE_WAIT 1"},
		{name: "a prompt of zsh", source: "oh-my-zsh, robbyrussell", text: "➜  ~ netstat -ant\n" + abc + "➜  ~\n", want: counts},
		{name: "both files of the kernel", source: "cat /proc/net/tcp /proc/net/udp", text: "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 2C0200C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20000 1 0000000000000000 100 0 0 10 0\n   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n  812: 2C0200C0:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20001 2 0000000000000000 0\n", want: "LISTEN 1"},
		{name: "the rest of a row of macOS", source: "netstat -anv, the same", text: "tcp4  0  0  192.0.2.44.8443  198.51.100.9.40404  CLOSE_WAIT  131072 131072 812 0 00100 00000106\n   FIN_WAIT_2  131072 131072 812 0 00100 00000106\n", want: "CLOSE_WAIT 1", says: "ends before its addresses", lossy: true},
	}
}

// psJSON is two sockets as ConvertTo-Json of Windows PowerShell prints them.
const psJSON = "[\n    {\n        \"Caption\":  null,\n        \"LocalAddress\":  \"192.0.2.44\",\n        \"LocalPort\":  50123,\n        \"OwningProcess\":  3312,\n        \"RemoteAddress\":  \"198.51.100.9\",\n        \"RemotePort\":  8443,\n        \"State\":  8,\n        \"AppliedSetting\":  1,\n        \"CimClass\":  {\n                         \"CimSuperClassName\":  \"CIM_StatisticalData\"\n                     }\n    },\n" +
	"    {\n        \"Caption\":  null,\n        \"LocalAddress\":  \"::\",\n        \"LocalPort\":  5985,\n        \"OwningProcess\":  4,\n        \"RemoteAddress\":  \"::\",\n        \"RemotePort\":  0,\n        \"State\":  2\n    }\n]\n"

// ofMembers are JSON that is not alone, or not whole.
func ofMembers() []paste {
	const both = "CLOSE_WAIT 1, LISTEN 1"
	const from = "Get-NetTCPConnection | ConvertTo-Json"
	list := "\r\nLocalAddress   : 192.0.2.44\r\nLocalPort      : 50123\r\nRemoteAddress  : 198.51.100.9\r\nRemotePort     : 8443\r\nState          : CloseWait\r\nAppliedSetting : Internet\r\n"
	all := []paste{
		{name: "alone", text: psJSON, want: both},
		{name: "UTF-16", text: "\ufeff" + psJSON, want: both},
		{name: "a prompt", text: "PS C:\\> " + from + "\n" + psJSON + "PS C:\\>\n", want: both},
		{name: "a fence", text: "```json\n" + psJSON + "```\n", want: both},
		{name: "watch", text: "Every 5.0s: pwsh -c c.ps1       db7: Tue Mar  4 05:06:07 2025\n\n" + psJSON, want: both},
		{name: "ansible", text: "db7 | CHANGED | rc=0 >>\n" + psJSON, want: both},
		{name: "a typescript", text: "Script started on 2025-03-04 05:06:07+01:00 [TERM=\"xterm\"]\n" + strings.ReplaceAll(psJSON, "\n", "\r\n") + "\nScript done on 2025-03-04 05:06:09+01:00 [COMMAND_EXIT_CODE=\"0\"]\n", want: both},
		{name: "colours", text: "\x1b[1;39m" + strings.ReplaceAll(psJSON, "\"State\"", "\x1b[34m\"State\"\x1b[0m"), want: both},
		{name: "no-break spaces", text: strings.ReplaceAll(psJSON, "  ", "\u00a0\u00a0"), want: both},
		{name: "a mail", text: before("> ", psJSON), want: both},
		{name: "a text in JSON", text: `{"rc":0,"stdout":"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(psJSON) + `"}`, want: both},
		{name: "docker's json-file", text: `{"log":"` + strings.ReplaceAll(strings.NewReplacer(`"`, `\"`).Replace(psJSON[:len(psJSON)-1]), "\n", "\\n\",\"stream\":\"stdout\"}\n{\"log\":\"") + "\\n\"}\n", want: both},
		{name: "behind a listing", text: rowB + psJSON, want: "CLOSE_WAIT 2, LISTEN 1", says: "are counted together"},
		{name: "without its first bracket", text: psJSON[1:], want: both},
		{name: "the end alone", text: psJSON[strings.Index(psJSON, `"LocalAddress"`):], want: both},
		{name: "cut before a state", text: "here\n" + psJSON[:strings.LastIndex(psJSON, `"State"`)], want: "CLOSE_WAIT 1", says: "without its state", lossy: true},
		{name: "an unknown number", text: "here\n" + strings.Replace(psJSON, "8,\n        \"App", "77,\n        \"App", 1), want: "LISTEN 1", says: "readable state", lossy: true},
		{name: "an unknown word", text: "\"LocalAddress\": \"192.0.2.44\",\n\"State\": \"Blorp\"\n", says: "Blorp"},
		{name: "a number alone", text: "\"State\": 5\n", says: "what its number counts"},
		{name: "UDP", text: "the sockets:\n{\n\"protocol\": \"17\",\n\"local_address\": \"192.0.2.44\",\n\"state\": \"\"\n},\n{\n\"protocol\": \"6\",\n\"local_address\": \"192.0.2.44\",\n\"state\": \"LISTEN\"\n}\n", want: "LISTEN 1"},
		{name: "a document in a line", text: "PS C:\\> " + from + " -Compress\n" + `[{"LocalAddress":"192.0.2.44","LocalPort":50123,"RemoteAddress":"198.51.100.9","RemotePort":8443,"State":8},{"LocalAddress":"::","LocalPort":80,"State":2}]` + "\n", want: both},
		{name: "a document a line", text: "sockets of db7:\n" + `{"LocalAddress":"192.0.2.44","LocalPort":50123,"RemoteAddress":"198.51.100.9","RemotePort":8443,"State":8}` + "\n" + `{"LocalAddress":"::","LocalPort":80,"State":2}` + "\n", want: both},
		{name: "a document that was cut", text: rowB + `[{"LocalAddress":"192.0.2.44","LocalPort":50123,"State":8},{"Local` + "\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "YAML behind a listing", text: rowB + "\n- LocalAddress: 192.0.2.44\n  LocalPort: 50123\n  State: 8\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "hashes behind a listing", text: rowB + "\n@{LocalAddress=192.0.2.44; LocalPort=50123; State=8}\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "names and values behind a listing", text: rowB + "\nLocalAddress=192.0.2.44\nState=8\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "XML behind a listing", text: rowB + "\n<Property Name=\"LocalAddress\" Type=\"System.String\">192.0.2.44</Property>\n<Property Name=\"State\" Type=\"x\">8</Property>\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "what Python prints behind a listing", text: rowB + "\n[{'LocalAddress': '192.0.2.44',\n  'LocalPort': 443,\n  'State': 5}]\n", want: "CLOSE_WAIT 1", says: "can be read", lossy: true},
		{name: "a list as Python prints it", text: "'" + strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(list+list) + "'\n", want: "CLOSE_WAIT 2"},
		{name: "a list with bullets", text: before("- ", strings.ReplaceAll(list, "\r", "")), want: "CLOSE_WAIT 1"},
		{name: "a list that was cut", text: list + list[:strings.Index(list, "State")], want: "CLOSE_WAIT 1", says: "without its state", lossy: true},
		{name: "a list cut behind State", text: list + list[:strings.Index(list, "State")] + "State\n", want: "CLOSE_WAIT 1", says: "without its state", lossy: true},
		{name: "osquery", text: `[{"local_address":"192.0.2.44","local_port":"22","protocol":"6","state":"LISTEN"},{"local_address":"192.0.2.44","protocol":"17","state":""}]`, want: "LISTEN 1"},
	}
	for i := range all {
		all[i].source = from
		if all[i].name == "UTF-16" {
			all[i].text = wide(all[i].text, binary.LittleEndian)
		}
	}
	return all
}

func TestPastedUnseen(t *testing.T) {
	for group, pastes := range map[string][]paste{"broken": ofBrokenText(), "members": ofMembers()} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}
