// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A paste is a text in a shape that people paste, and what is right. The
// addresses and numbers are invented; source says whose shape it is.
type paste struct {
	name, source, text string
	want               string // the counts, "" when it must be refused
	says               string // words that a refusal contains, or else a gap
	lossy              bool   // a gap must say that something was lost
}

const (
	titles = "Active Internet connections (servers and established)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n"
	rowA   = "tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN\n"
	rowB   = "tcp        0      0 10.9.8.7:8080           172.20.3.4:40222        CLOSE_WAIT\n"
	rowC   = "tcp6       0     36 fd00:9::7:8080          fd00:20::4:40223        ESTABLISHED\n"
	abc    = titles + rowA + rowB + rowC
	counts = "ESTABLISHED 1, CLOSE_WAIT 1, LISTEN 1"
	ssABC  = "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port\nLISTEN     0      128          0.0.0.0:8080       0.0.0.0:*\nCLOSE-WAIT 1      0           10.9.8.7:8080    172.20.3.4:40222\nESTAB      0      36          10.9.8.7:8080    172.20.3.5:40223\n"
	winABC = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n  TCP    0.0.0.0:8080           0.0.0.0:0              LISTENING       812\r\n  TCP    10.9.8.7:8080          172.20.3.4:40222       CLOSE_WAIT      812\r\n  TCP    10.9.8.7:8080          172.20.3.5:40223       ESTABLISHED     812\r\n"
	byABC  = "ESTABLISHED 311, TIME_WAIT 2044, LISTEN 17"
)

// before puts something in front of every line.
func before(prefix, text string) string {
	return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix) + "\n"
}

// wide writes text in UTF-16.
func wide(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// withPrefixes are a listing after what stands before every line elsewhere.
func withPrefixes() []paste {
	var all []paste
	for source, prefix := range map[string]string{
		"docker compose logs":                "api-1  | ",
		"docker-compose logs 1.x":            "api_1                 | ",
		"kubectl logs --prefix":              "[pod/api-5f6d/api] ",
		"kubectl logs --timestamps":          "2025-02-03T04:05:06.789012345Z ",
		"docker logs -t":                     "2025-02-03T04:05:06.7890Z ",
		"ts of moreutils":                    "Feb 03 04:05:06 ",
		"journalctl":                         "Feb 03 04:05:06 db2 netstat[4411]: ",
		"journalctl -o short-iso":            "2025-02-03T04:05:06+0100 db2 netstat[4411]: ",
		"rsyslog with a priority":            "<30>Feb  3 04:05:06 db2 netstat: ",
		"dmesg":                              "[ 8123.456789] ",
		"pdsh":                               "db2: ",
		"clush":                              "db2.example.net: ",
		"salt":                               "    ",
		"grep -H":                            "/var/tmp/before.log:",
		"grep -n":                            "44:",
		"rg with a column":                   "before.log:44:1:",
		"mail, quoted":                       "> ",
		"mail, quoted twice":                 ">> ",
		"reply in a forum":                   "| ",
		"markdown list":                      "* ",
		"a log with a level":                 "INFO  [main] ",
		"Jenkins timestamper":                "04:05:06  ",
		"GitHub Actions log":                 "2025-02-03T04:05:06.7890123Z ##[group]",
		"GitLab CI log":                      "04:05:06.789 ",
		"tmux or screen with a status":       "db2$ ",
		"Ansible, one line of stdout each":   "    ok: ",
		"CloudWatch":                         "1738555506789 ",
		"Splunk, raw":                        "2025-02-03 04:05:06,789 ",
		"Windows event forwarding":           "\"",
		"indented by a wiki":                 "\t\t",
		"a note with full-width punctuation": "日志：",
	} {
		all = append(all, paste{name: "prefix of " + source, source: source, text: before(prefix, abc), want: counts})
	}
	return all
}

// inOtherCharacters are a listing as other systems write characters and lines.
func inOtherCharacters() []paste {
	blank := func(to string) string { return strings.ReplaceAll(abc, "  ", to) }
	lines := func(to string) string { return strings.ReplaceAll(abc, "\n", to) }
	return []paste{
		{name: "no-break spaces", source: "web pages", text: blank("\u00a0 "), want: counts},
		{name: "ideographic spaces", source: "Chinese editors", text: strings.ReplaceAll(abc, " ", "\u3000"), want: counts},
		{name: "em spaces", source: "word processors", text: blank("\u2003 "), want: counts},
		{name: "thin spaces", source: "typeset pages", text: blank("\u2009\u202f"), want: counts},
		{name: "zero width", source: "chats", text: strings.ReplaceAll(abc, "tcp", "\u200btcp\u2060"), want: counts},
		{name: "byte order mark inside", source: "files joined by copy /b", text: titles + rowA + "\ufeff" + rowB + rowC, want: counts},
		{name: "soft hyphens", source: "web pages", text: strings.ReplaceAll(abc, "_", "_\u00ad"), want: counts},
		{name: "hyphens of a word processor", source: "Word", text: strings.ReplaceAll(ssABC, "CLOSE-WAIT", "CLOSE\u2011WAIT"), want: counts},
		{name: "full-width digits and letters", source: "Japanese input", text: strings.ReplaceAll(abc, "LISTEN", "ＬＩＳＴＥＮ"), want: counts},
		{name: "wide blanks of GBK", source: "Chinese Windows", text: strings.ReplaceAll(abc, "  ", "\xa1\xa1"), want: counts},
		{name: "no-break spaces of Latin-1", source: "old web pages", text: strings.ReplaceAll(abc, "  ", " \xa0"), want: counts},
		{name: "CR LF", source: "Windows", text: lines("\r\n"), want: counts},
		{name: "CR CR LF", source: "ssh -t through a log", text: lines("\r\r\n"), want: counts},
		{name: "LF CR", source: "serial consoles", text: lines("\n\r"), want: counts},
		{name: "CR", source: "old Macs, typescripts", text: lines("\r"), want: counts},
		{name: "line separators", source: "chats", text: lines("\u2028"), want: counts},
		{name: "paragraph separators", source: "word processors", text: lines("\u2029"), want: counts},
		{name: "next line", source: "mainframes", text: lines("\u0085"), want: counts},
		{name: "form feeds", source: "printers", text: lines("\f"), want: counts},
		{name: "vertical tabs", source: "spreadsheets", text: lines("\v"), want: counts},
		{name: "line ends as text", source: "JSON strings, printf", text: lines(`\n`), want: counts},
		{name: "CR LF as text", source: "JSON strings of Windows", text: lines(`\r\n`), want: counts},
		{name: "lines joined", source: "echo $(netstat -ant)", text: lines(" "), want: counts},
		{name: "lines joined, of ss", source: "echo $(ss -tan)", text: strings.ReplaceAll(ssABC, "\n", " "), want: counts},
		{name: "lines joined, of Windows", source: "a form without line ends", text: strings.ReplaceAll(winABC, "\r\n", " "), want: counts},
		{name: "escapes", source: "grep --color=always", text: strings.ReplaceAll(abc, "tcp", "\x1b[01;31m\x1b[Ktcp\x1b[m\x1b[K"), want: counts},
		{name: "escapes of cat -v", source: "cat -v", text: strings.ReplaceAll(abc, "tcp", "^[[01;31m^[[Ktcp^[[m^[[K"), want: counts},
		{name: "escapes as octal", source: "printf %q", text: strings.ReplaceAll(abc, "tcp", `\033[1mtcp\033[0m`), want: counts},
		{name: "escapes as hexadecimal", source: "repr of Python", text: strings.ReplaceAll(abc, "tcp", `\x1b[1mtcp\x1b[0m`), want: counts},
		{name: "escapes that lost their first character", source: "copied from a terminal log", text: strings.ReplaceAll(abc, "tcp", "[1mtcp[0m"), want: counts},
		{name: "bracketed paste", source: "script(1), bash 5.1", text: "\x1b[?2004hroot@db2:~# netstat -ant\r\n\x1b[?2004l\r" + lines("\r\n") + "\x1b[?2004hroot@db2:~# exit\r\n", want: counts},
		{name: "window title", source: "script(1) in xterm", text: "\x1b]0;root@db2: ~\x07root@db2:~# netstat -ant\r\n" + lines("\r\n"), want: counts},
		{name: "UTF-16 with a mark", source: "PowerShell 5 >", text: "\xff\xfe" + wide(winABC, binary.LittleEndian), want: counts},
		{name: "UTF-16, big-endian", source: "Notepad", text: "\xfe\xff" + wide(winABC, binary.BigEndian), want: counts},
		{name: "UTF-16, then ASCII", source: "PowerShell 5 >, then cmd >>", text: "\xff\xfe" + wide(winABC, binary.LittleEndian) + winABC, want: "ESTABLISHED 2, CLOSE_WAIT 2, LISTEN 2", says: "2 times"},
		{name: "ASCII, then UTF-16", source: "cmd >, then PowerShell 5 >>", text: winABC + wide(winABC, binary.LittleEndian), want: "ESTABLISHED 2, CLOSE_WAIT 2, LISTEN 2", says: "2 times"},
		{name: "UTF-16 in Chinese", source: "Chinese Windows", text: "\xff\xfe" + wide("\r\n活动连接\r\n\r\n  协议  本地地址          外部地址        状态\r\n  TCP    10.9.8.7:8080    172.20.3.4:40222    CLOSE_WAIT\r\n", binary.LittleEndian), want: "CLOSE_WAIT 1"},
	}
}

// ofOtherTools are listings of other tools, and with other options.
func ofOtherTools() []paste {
	return []paste{
		{name: "ss -Q", source: "iproute2 man page ss(8), --no-queues", text: "State      Local Address:Port  Peer Address:Port\nLISTEN          0.0.0.0:8080       0.0.0.0:*\nCLOSE-WAIT     10.9.8.7:8080    172.20.3.4:40222\nESTAB          10.9.8.7:8080    172.20.3.5:40223\n", want: counts},
		{name: "ss -H, glued", source: "iproute2 4.15 to 4.19", text: "tcpLISTEN 0 128 0.0.0.0:8080 0.0.0.0:*\ntcpCLOSE-WAIT 1 0 10.9.8.7:8080 172.20.3.4:40222\ntcpESTAB 0 36 10.9.8.7:8080 172.20.3.5:40223\n", want: counts},
		{name: "ss of an old iproute2", source: "CentOS 6", text: ssABC + "TIME-WAIT  0      0           10.9.8.7:8080    172.20.3.6:40224    users:((\"httpd\",811,4))\n", want: "ESTABLISHED 1, TIME_WAIT 1, CLOSE_WAIT 1, LISTEN 1"},
		{name: "ss of UDP", source: "ss -uan", text: "State   Recv-Q  Send-Q   Local Address:Port     Peer Address:Port\nUNCONN  0       0        0.0.0.0:67             0.0.0.0:*\nESTAB   0       0        10.9.8.7:51000         10.9.8.1:53\n", says: "ss -u prints UDP"},
		{name: "ss of vsock", source: "ss --vsock", text: ssABC + "ESTAB      0      0                   2:1024              3:5000\n", want: counts},
		{name: "ss of one state", source: "ss -Htn state close-wait", text: "0 0 10.9.8.7:8080 172.20.3.4:40222\n0 9 10.9.8.7:8080 172.20.3.5:40223\n", says: "cannot be read"},
		{name: "ss wrapped", source: "a narrow page", text: "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port\nLISTEN     0      128          0.0.0.0:8080\n                           0.0.0.0:*\nCLOSE-WAIT 1      0           10.9.8.7:8080\n  172.20.3.4:40222\nESTAB      0      36          10.9.8.7:8080    172.20.3.5:40223\n", want: counts},
		{name: "netstat wrapped in a word", source: "a terminal of 80 columns", text: titles + rowA + strings.Replace(rowB, "CLOSE_WAIT", "CLOSE_\nWAIT", 1) + rowC, want: counts},
		{name: "netstat in capitals", source: "a translated page", text: strings.ReplaceAll(abc, "tcp ", "TCP "), want: counts},
		{name: "netstat numbered", source: "cat -n", text: "     1\tActive Internet connections (servers and established)\n     2\tProto Recv-Q Send-Q Local Address           Foreign Address         State\n     3\t" + rowA + "     4\t" + rowB + "     5\t" + rowC, want: counts},
		{name: "netstat behind counts", source: "sort | uniq -c of whole rows", text: "      4 " + rowB + "      1 " + rowC, says: "behind a count"},
		{name: "netstat twice", source: "netstat -c", text: abc + abc, want: "ESTABLISHED 2, CLOSE_WAIT 2, LISTEN 2", says: "2 times"},
		{name: "rows twice", source: "netstat -ant | grep tcp >> log", text: rowA + rowB + rowC + rowA + rowB + rowC, want: "ESTABLISHED 2, CLOSE_WAIT 2, LISTEN 2", says: "2 times"},
		{name: "German netstat", source: "net-tools po/de.po", text: strings.ReplaceAll(abc, "ESTABLISHED", "VERBUNDEN"), want: counts},
		{name: "Portuguese netstat", source: "net-tools po/pt_BR.po", text: strings.NewReplacer("ESTABLISHED", "ESTABELECIDA", "CLOSE_WAIT", "ESPERANDO_FECHAR", "LISTEN", "OUÇA").Replace(abc), want: counts},
		{name: "Portuguese netstat in Latin-1", source: "net-tools po/pt_BR.po", text: strings.NewReplacer("ESTABLISHED", "ESTABELECIDA", "CLOSE_WAIT", "ESPERANDO_FECHAR", "LISTEN", "OU\xc7A").Replace(abc), want: counts},
		{name: "Swedish netstat", source: "net-tools po/sv.po", text: strings.NewReplacer("ESTABLISHED", "ETABLERAD", "CLOSE_WAIT", "STÄNG_VÄNTA", "LISTEN", "LYSSNAR").Replace(abc), want: counts},
		{name: "Czech netstat", source: "net-tools po/cs.po", text: strings.NewReplacer("ESTABLISHED", "SPOJENO", "LISTEN", "NASLOUCHÁ").Replace(abc), want: counts},
		{name: "German Windows", source: "sebhildebrandt/systeminformation lib/network.js", text: strings.NewReplacer("Active Connections", "Aktive Verbindungen", "LISTENING", "ABHÖREN  ", "ESTABLISHED", "HERGESTELLT", "CLOSE_WAIT", "SCHLIESSEN_WARTEN", "Local Address ", "Lokale Adresse", "Foreign Address", "Remoteadresse  ", "State", "Status").Replace(winABC), want: counts},
		{name: "German Windows, code page 850", source: "cmd > file", text: strings.NewReplacer("LISTENING", "ABH\x99REN  ", "ESTABLISHED", "HERGESTELLT").Replace(winABC), want: counts},
		{name: "German Windows, a question mark", source: "a tool without the code page", text: strings.NewReplacer("LISTENING", "ABH?REN  ", "ESTABLISHED", "HERGESTELLT").Replace(winABC), want: counts},
		{name: "a state in an unknown language", source: "invented", text: strings.ReplaceAll(abc, "ESTABLISHED", "GEVESTIGD"), want: "CLOSE_WAIT 1, LISTEN 1", says: `"GEVESTIGD" is no state`, lossy: true},
		{name: "old Windows", source: "netstat of Windows XP", text: strings.Replace(winABC, "  TCP    10.9.8.7:8080          172.20.3.5:40223 ", "  TCPv6  [fd00::7]:8080         [fd00::5]:40223  ", 1), want: counts},
		{name: "Windows with programs", source: "netstat -anob", text: winABC + "  RpcSs\r\n [svchost.exe]\r\n Can not obtain ownership information\r\n", want: counts},
		{name: "PowerShell, list", source: "Get-NetTCPConnection | Format-List", text: "\r\nLocalAddress   : 10.9.8.7\r\nLocalPort      : 8080\r\nRemoteAddress  : 172.20.3.4\r\nRemotePort     : 40222\r\nState          : CloseWait\r\nAppliedSetting : Internet\r\nOwningProcess  : 812\r\nCreationTime   : 2/3/2025 4:05:06 AM\r\nOffloadState   : InHost\r\n\r\nLocalAddress   : ::\r\nLocalPort      : 135\r\nRemoteAddress  : ::\r\nRemotePort     : 0\r\nState          : Listen\r\nAppliedSetting :\r\nOwningProcess  : 944\r\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "PowerShell, chosen columns", source: "select LocalPort,State", text: "\r\nLocalPort     State\r\n---------     -----\r\n     8080    Listen\r\n    40222 CloseWait\r\n    40223 CloseWait\r\n", want: "CLOSE_WAIT 2, LISTEN 1"},
		{name: "PowerShell, state first", source: "select State,OwningProcess", text: "State     OwningProcess\n-----     -------------\nListen              812\nCloseWait           812\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "PowerShell without states", source: "select LocalAddress,LocalPort,OwningProcess", text: "\r\nLocalAddress LocalPort OwningProcess\r\n------------ --------- -------------\r\n0.0.0.0           8080           812\r\n10.9.8.7           139             4\r\n", says: "no State column"},
		{name: "PowerShell, CSV", source: "Export-Csv", text: "#TYPE Microsoft.Management.Infrastructure.CimInstance#root/standardcimv2/MSFT_NetTCPConnection\r\n\"State\",\"AppliedSetting\",\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"OwningProcess\"\r\n\"CloseWait\",\"Internet\",\"10.9.8.7\",\"8080\",\"172.20.3.4\",\"40222\",\"812\"\r\n\"Listen\",,\"::\",\"135\",\"::\",\"0\",\"944\"\r\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "PowerShell, JSON", source: "ConvertTo-Json, states as numbers", text: `[{"LocalAddress":"10.9.8.7","LocalPort":8080,"RemoteAddress":"172.20.3.4","RemotePort":40222,"State":8,"OwningProcess":812},{"LocalAddress":"::","LocalPort":135,"State":2}]`, want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "PowerShell, groups", source: "Group-Object State", text: "\r\nCount Name                      Group\r\n----- ----                      -----\r\n   17 Listen                    {MSFT_NetTCPConnection (InstanceID = \"::++8080...)}\r\n  311 Established               {MSFT_NetTCPConnection (InstanceID = \"10.9.8.7++...), MSFT...}\r\n 2044 TimeWait                  {MSFT_NetTCPConnection (Ins...}\r\n", want: byABC},
		{name: "netsh", source: "netsh interface ipv4 show tcpconnections", text: "MIB-TCP connection state is as follows:\r\n\r\nLocal Address  Local Port  Remote Address  Remote Port  State\r\n-------------  ----------  --------------  -----------  -----------\r\n0.0.0.0        8080        0.0.0.0         0            Listen\r\n10.9.8.7       8080        172.20.3.4      40222        CloseWait\r\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "CSV with semicolons", source: "Excel in Europe", text: "Proto;Local Address;Foreign Address;State\r\ntcp;0.0.0.0:8080;0.0.0.0:*;LISTEN\r\ntcp;10.9.8.7:8080;172.20.3.4:40222;CLOSE_WAIT\r\nudp;0.0.0.0:53;*:*;\r\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "CSV without a heading", source: "awk with OFS=,", text: "tcp,0,0,0.0.0.0:8080,0.0.0.0:*,LISTEN\ntcp,0,0,10.9.8.7:8080,172.20.3.4:40222,CLOSE_WAIT\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "markdown", source: "a wiki", text: "| Proto | Recv-Q | Send-Q | Local Address | Foreign Address | State |\n|-------|-------:|-------:|:--------------|-----------------|-------|\n| tcp | 0 | 0 | 0.0.0.0:8080 | 0.0.0.0:* | LISTEN |\n| tcp | 0 | 0 | 10.9.8.7:8080 | 172.20.3.4:40222 | CLOSE_WAIT |\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "Ansible", source: "ansible debug", text: "db2 | CHANGED => {\n    \"changed\": true,\n    \"rc\": 0,\n    \"stdout_lines\": [\n        \"" + strings.ReplaceAll(strings.TrimSuffix(abc, "\n"), "\n", "\",\n        \"") + "\"\n    ]\n}\n", want: counts},
		{name: "Ansible, JSON", source: "ansible with the json callback", text: `{"plays":[{"tasks":[{"hosts":{"db2":{"cmd":"netstat -ant","stdout":"` + strings.ReplaceAll(abc, "\n", `\n`) + `","stdout_lines":["` + strings.ReplaceAll(strings.TrimSuffix(abc, "\n"), "\n", `","`) + `"]}}}]}]}`, want: counts},
		{name: "container log", source: "docker json-file driver", text: `{"log":"` + strings.TrimSpace(rowB) + `\n","stream":"stdout","time":"2025-02-03T04:05:06Z"}` + "\n" + `{"log":"` + strings.TrimSpace(rowA) + `\n","stream":"stdout"}` + "\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "journal", source: "journalctl -o json", text: `{"MESSAGE":"` + strings.TrimSpace(rowB) + `","_PID":"4411"}` + "\n" + `{"MESSAGE":"` + strings.TrimSpace(rowA) + `","_PID":"4411"}` + "\n", want: "CLOSE_WAIT 1, LISTEN 1"},
		{name: "macOS with other tables", source: "netstat -an of macOS", text: "Active Internet connections (including servers)\nProto Recv-Q Send-Q  Local Address          Foreign Address        (state)\ntcp4       0      0  10.9.8.7.52100         172.20.3.4.443         CLOSE_WAIT\nudp4       0      0  *.5353                 *.*\nActive Multipath Internet connections\nProto/ID  Flags      Local Address          Foreign Address        (state)\nmptcp/3   [----]     10.9.8.7.52101         172.20.3.4.443         ESTABLISHED\n", want: "CLOSE_WAIT 1"},
		{name: "rows joined by a break", source: "a web page", text: "tcp 0 0 0.0.0.0:8080 0.0.0.0:* LISTEN      <br>tcp 0 0 10.9.8.7:8080 172.20.3.4:40222 CLOSE_WAIT<br>tcp 0 0 10.9.8.7:8080 172.20.3.5:40223 ESTABLISHED   \n", want: counts},
		{name: "rows of ss joined by semicolons", source: "a form", text: "ESTAB 0 0 10.9.8.7:8080 172.20.3.4:40222;CLOSE-WAIT 0 0 10.9.8.7:8080 172.20.3.5:40223;LISTEN 0 9 *:8080 *:*\n", want: "ESTABLISHED 1, LISTEN 1", says: "may be a row", lossy: true},
		{name: "CSV whose line ends are blanks", source: "a form", text: `"LocalAddress","LocalPort","RemoteAddress","RemotePort","State" "::","135","::","0","Listen" "10.9.8.7","8080","172.20.3.4","40222","CloseWait"` + "\n", says: "behind its heading"},
		{name: "heading and nothing that can be read", source: "invented", text: titles + "no such luck\n", says: "cannot be read"},
		{name: "remarks in a ticket", source: "tickets", text: "The pool runs dry:\n\n```\n$ netstat -ant\n" + abc + "```\n\nThanks!\n", want: counts, says: "2 were left out"},
	}
}

// ofCounts are counts by state in all notations.
func ofCounts() []paste {
	plain := "TIME_WAIT 2044\nESTABLISHED 311\nLISTEN 17\n"
	return []paste{
		{name: "awk", source: "the one-liner", text: plain, want: byABC},
		{name: "uniq -c", source: "sort | uniq -c", text: "   2044 TIME-WAIT\n    311 ESTAB\n     17 LISTEN\n      1 State\n", want: byABC},
		{name: "a remark behind one", source: "tickets", text: "TIME_WAIT 2044\nESTABLISHED 311   # was 40 yesterday\nLISTEN 17\n", want: byABC},
		{name: "a remark in Chinese", source: "tickets", text: "TIME_WAIT 2044 主动关闭\nESTABLISHED 311\nLISTEN 17\n", want: byABC},
		{name: "a remark in brackets", source: "tickets", text: "TIME_WAIT 2044 (was 3)\nESTABLISHED 311\nLISTEN 17\n", want: byABC},
		{name: "an arrow behind one", source: "tickets", text: "TIME_WAIT 2044 <-- look\nESTABLISHED 311\nLISTEN 17\n", want: byABC},
		{name: "wide blanks", source: "Chinese pages", text: strings.ReplaceAll(plain, " ", "\u3000\u3000"), want: byABC},
		{name: "wide colons", source: "Chinese pages", text: strings.ReplaceAll(plain, " ", "："), want: byABC},
		{name: "/t", source: "the one-liner, miscopied", text: strings.ReplaceAll(plain, " ", " /t "), want: byABC},
		{name: "tab as text", source: "the one-liner, quoted", text: strings.ReplaceAll(plain, " ", `\t`), want: byABC},
		{name: "equals signs", source: "shell scripts", text: strings.ReplaceAll(plain, " ", "="), want: byABC},
		{name: "arrows", source: "Perl and Ruby", text: strings.ReplaceAll(plain, " ", " => "), want: byABC},
		{name: "dashes", source: "chats", text: strings.ReplaceAll(plain, " ", " -> "), want: byABC},
		{name: "brackets", source: "lsof one-liners", text: "(TIME_WAIT) 2044\n(ESTABLISHED) 311\n(LISTEN) 17\n", want: byABC},
		{name: "shares", source: "awk with a share", text: "TIME_WAIT 2044 86.2%\nESTABLISHED 311 13.1%\nLISTEN 17 0.7%\n", want: byABC},
		{name: "all on one line", source: "xargs", text: strings.ReplaceAll(plain, "\n", " ") + "\n", want: byABC},
		{name: "pairs on one line", source: "monitoring", text: "TIME_WAIT=2044, ESTABLISHED=311, LISTEN=17\n", want: byABC},
		{name: "JSON on one line", source: "low-level discovery", text: `{"TIME_WAIT": 2044, "ESTABLISHED": 311, "LISTEN": 17}`, want: byABC},
		{name: "JSON on many lines", source: "jq", text: "{\n  \"TIME_WAIT\": 2044,\n  \"ESTABLISHED\": 311,\n  \"LISTEN\": 17\n}\n", want: byABC},
		{name: "Python", source: "collections.Counter", text: "Counter({'TIME_WAIT': 2044, 'ESTABLISHED': 311, 'LISTEN': 17})\n", want: byABC},
		{name: "leading zeros", source: "printf %08d", text: "00002044 TIME_WAIT\n00000311 ESTABLISHED\n00000017 LISTEN\n", want: byABC},
		{name: "commas", source: "numfmt --grouping", text: "TIME_WAIT 2,044\nESTABLISHED 311\nLISTEN 17\n", want: byABC},
		{name: "apostrophes", source: "Swiss locale", text: "TIME_WAIT 2'044\nESTABLISHED 311\nLISTEN 17\n", want: byABC},
		{name: "a dot", source: "German locale", text: "TIME_WAIT 2.044\nESTABLISHED 311\nLISTEN 17\n", want: byABC, says: "thousands sign"},
		{name: "a power of ten", source: "awk", text: "TIME_WAIT 2.044e+03\nESTABLISHED 311\nLISTEN 17\n", want: byABC, says: "power of ten"},
		{name: "rounded", source: "a dashboard", text: "TIME_WAIT 2.1k\nLISTEN 17\n", want: "TIME_WAIT 2100, LISTEN 17", says: "rounded", lossy: true},
		{name: "words between", source: "reports", text: "TIME_WAIT connections: 2044\nNumber of ESTABLISHED sockets: 311\n17 connections in LISTEN state\n", want: byABC},
		{name: "states alone", source: "awk '{print $6}'", text: "LISTEN\nTIME_WAIT\nTIME_WAIT\n", want: "TIME_WAIT 2, LISTEN 1"},
		{name: "a log of moments", source: "while; do date; …; done >> log", text: "Mon Feb  3 04:05:06 CET 2025\n" + plain + "Mon Feb  3 04:05:11 CET 2025\n" + plain, want: "ESTABLISHED 622, TIME_WAIT 4088, LISTEN 34", says: "up to 2 times"},
		{name: "state and queue", source: "awk '{print $1, $3}'", text: "ESTAB 0\nESTAB 36\nLISTEN 128\n", want: "ESTABLISHED 36, LISTEN 128", says: "next to each other", lossy: true},
		{name: "German", source: "the one-liner under LANG=de_DE", text: "VERBUNDEN 311\nTIME_WAIT 2044\nLISTEN 17\n", want: byABC},
		{name: "an unknown word", source: "invented", text: "GEVESTIGD 311\nTIME_WAIT 2044\nLISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17", says: "GEVESTIGD", lossy: true},
		{name: "cut states", source: "cut -c1-10", text: "ESTABLISHE 311\nTIME_WAIT 2044\nLISTEN 17\n", says: "cut short"},
		{name: "UNCONN", source: "ss -tan counted, Linux 6.8", text: "    311 ESTAB\n     17 LISTEN\n      4 UNCONN\n", want: "ESTABLISHED 311, LISTEN 17, BOUND 4", says: "UNCONN", lossy: true},
		{name: "UDP counted", source: "ss -uan counted", text: "      3 ESTAB\n     14 UNCONN\n", says: "ss -u prints UDP"},
		{name: "with times before", source: "a cron log", text: "2025-02-03 04:05:06 TIME_WAIT 2044\n2025-02-03 04:05:06 LISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "in a system log", source: "logger", text: "Feb  3 04:05:06 db2 cron[77]: TIME_WAIT 2044\nFeb  3 04:05:06 db2 cron[77]: LISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "grep -H of counts", source: "grep . *.txt", text: "now.txt:TIME_WAIT 2044\nnow.txt:LISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a list", source: "chats", text: "- TIME_WAIT: 2044\n- ESTABLISHED: 311\n- LISTEN: 17\n", want: byABC},
		{name: "node_exporter", source: "prometheus/node_exporter collector/tcpstat_linux.go", text: "# HELP node_tcp_connection_states Number of connection states.\n# TYPE node_tcp_connection_states gauge\nnode_tcp_connection_states{state=\"established\"} 311\nnode_tcp_connection_states{state=\"listen\"} 17\nnode_tcp_connection_states{state=\"rx_queued_bytes\"} 512\nnode_tcp_connection_states{state=\"time_wait\"} 2044\n", want: byABC},
		{name: "windows_exporter", source: "windows_exporter collector tcp", text: "windows_tcp_connections_state_count{af=\"ipv4\",state=\"TIME_WAIT\"} 2044\nwindows_tcp_connections_state_count{af=\"ipv4\",state=\"LISTEN\"} 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "cAdvisor", source: "container_network_tcp_usage_total", text: "container_network_tcp_usage_total{id=\"/\",tcp_state=\"timewait\"} 2044 1738555506789\ncontainer_network_tcp_usage_total{id=\"/\",tcp_state=\"listen\"} 17 1738555506789\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "FreeBSD netstat -s", source: "usr.bin/netstat/inet.c", text: "tcp:\n\t912 packets sent\n\t3 connections in CLOSED state\nTCP connection count by state:\n\t0 connections in CLOSED     state\n\t17 connections in LISTEN     state\n\t311 connections in ESTABLISHED state\n\t2044 connections in TIME_WAIT state\n", want: byABC},
		{name: "groups as a list", source: "Group-Object State | select Name,Count | fl", text: "\r\nName  : TimeWait\r\nCount : 2044\r\n\r\nName  : Listen\r\nCount : 17\r\n\r\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "groups as a list, the number first", source: "Group-Object State | fl", text: "Values : {TimeWait}\nCount  : 2044\nName   : TimeWait\n\nValues : {Listen}\nCount  : 17\nName   : Listen\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "groups as a list, in Chinese", source: "a script", text: "Status : TIME_WAIT\n数量 : 2044\n\nStatus : LISTEN\n数量 : 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "a list whose number has a strange name", source: "a script", text: "Name : TimeWait\nMenge : 2044\n\nName : Listen\nCount : 17\n", want: "LISTEN 17", says: "no count of a state", lossy: true},
		{name: "a list without one number", source: "a script", text: "Name : TimeWait\n\nName : Listen\nCount : 17\n", want: "LISTEN 17", says: "a state without its number", lossy: true},
		{name: "a list with State first", source: "a script", text: "State : TimeWait\nCount : 2044\n\nState : Listen\nCount : 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "records", source: "a script", text: `[{"state":"TIME_WAIT","sockets":2044},{"state":"LISTEN","count":17}]`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "records with a count called n", source: "a script", text: `[{"state":"TIME_WAIT","n":2044},{"state":"LISTEN","n":17}]`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "records with a strange key", source: "a script", text: `[{"state":"TIME_WAIT","foo":2044},{"state":"LISTEN","foo":17}]`, says: "what its number counts"},
		{name: "records with a German key, one a line", source: "a script", text: "{\"state\":\"TIME_WAIT\",\"Anzahl\":\"2044\"}\n{\"state\":\"LISTEN\",\"count\":17}\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "records with a strange key, one a line", source: "a script", text: "{\"state\":\"TIME_WAIT\",\"Ding\":\"2044\"}\n{\"state\":\"LISTEN\",\"count\":17}\n", want: "LISTEN 17", says: "what its number counts", lossy: true},
		{name: "records of a port", source: "a script", text: `[{"state":"ESTABLISHED","local_port":8080,"total":311},{"state":"LISTEN","count":17}]`, want: "ESTABLISHED 311, LISTEN 17"},
		{name: "a number in an object", source: "a script", text: `{"tcp":{"LISTEN":17,"ESTABLISHED":{"value":311},"TIME_WAIT":{"count":2044}}}`, want: "ESTABLISHED 311, TIME_WAIT 2044, LISTEN 17", says: "what its number counts", lossy: true},
		{name: "a number in an array", source: "a script", text: `{"tcp":{"LISTEN":17,"ESTABLISHED":[311]}}`, want: "LISTEN 17", says: "what its number counts", lossy: true},
		{name: "texts for numbers", source: "a script", text: `{"TIME_WAIT":"2,044","LISTEN":"17"}`, want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "timeouts", source: "settings of a proxy", text: `{"timeouts":{"TIME_WAIT":75,"LISTEN":17}}`, says: "what its number counts"},
		{name: "shares alone", source: "a dashboard", text: "TIME_WAIT 86 %\nESTABLISHED 13 percent\nLISTEN 1 %\n", says: "what its number counts"},
		{name: "shares before", source: "a dashboard", text: "86 % TIME_WAIT\n13 % ESTABLISHED\n", says: "cannot be read"},
		{name: "a column of shares", source: "a dashboard", text: "State,Share %\nTIME_WAIT,86\nLISTEN,14\n", says: "what its number counts"},
		{name: "a column of shares between blanks", source: "a dashboard", text: "state percent\nTIME_WAIT 86\nLISTEN 14\n", says: "what its number counts"},
		{name: "a share with a blank behind a count", source: "a dashboard", text: "TIME_WAIT 2044 86.2 %\nESTABLISHED 311 13.1 %\nLISTEN 17 0.7 %\n", want: byABC},
		{name: "seconds", source: "settings of a firewall", text: "TIME_WAIT 75 seconds\nESTABLISHED 5 days\nLISTEN 17 ms\n", says: "what its number counts"},
		{name: "seconds in Chinese", source: "settings of a firewall", text: "TIME_WAIT: 75 秒\nLISTEN: 17\n", want: "LISTEN 17", says: "what its number counts", lossy: true},
		{name: "a unit in brackets", source: "settings of a firewall", text: "TIME_WAIT 75 (seconds)\nLISTEN 17\n", want: "LISTEN 17", says: "what its number counts", lossy: true},
		{name: "memory", source: "a script", text: "TIME_WAIT 14 MB\nLISTEN 17\n", want: "LISTEN 17", says: "what its number counts", lossy: true},
		{name: "a rate", source: "a dashboard", text: "TIME_WAIT 44 per second\nLISTEN 17\n", want: "LISTEN 17", says: "what its number counts", lossy: true},
		{name: "a column of times", source: "settings of a firewall", text: "State,Seconds\nTIME_WAIT,75\nLISTEN,17\n", says: "what its number counts"},
		{name: "a column of owners", source: "awk", text: "State UID\nLISTEN 117\nESTABLISHED 33\n", says: "what its number counts"},
		{name: "a column of sockets", source: "a report", text: "State Sockets\nTIME_WAIT 2044\nESTABLISHED 311\nLISTEN 17\n", want: byABC},
		{name: "numbers of lines", source: "cat -n of a column of states", text: "     1\tCLOSE_WAIT\n     2\tESTABLISHED\n     3\tLISTEN\n", want: "ESTABLISHED 2, CLOSE_WAIT 1, LISTEN 3", says: "what its number counts", lossy: true},
		{name: "a total", source: "a report", text: plain + "Total 2372\n", want: byABC},
		{name: "another total", source: "a report", text: plain + "Total 3372\n", want: byABC, says: "do not add up", lossy: true},
		{name: "counts and rows", source: "a page of a how-to", text: plain + "\n" + abc, says: "two answers"},
	}
}

// ofSomethingElse cannot be counts of sockets.
func ofSomethingElse() []paste {
	return []paste{
		{name: "ss -s", source: "iproute2", text: "Total: 180\nTCP:   44 (estab 12, closed 20, orphaned 1, timewait 19)\n\nTransport Total     IP        IPv6\nTCP\t  24        20        4\n", says: "summary of ss -s"},
		{name: "ss -s in pieces", source: "ss -s | tr , '\\n'", text: "Total: 180\nTCP:   44 (estab 12\n closed 20\n orphaned 1\n timewait 19/0)\n", says: "summary of ss -s"},
		{name: "ss -s as variables", source: "monitoring scripts", text: "ESTAB=\"12\"\nCLOSED=\"20\"\nTIMEWAIT=\"19/0\"\n", says: "summary of ss -s"},
		{name: "unified diff", source: "diff -u", text: "--- a\n+++ b\n@@ -1,2 +1,2 @@\n " + rowA + "-" + rowB + "+" + rowC, says: "diff"},
		{name: "plain diff", source: "diff", text: "2c2\n< " + rowB + "---\n> " + rowC, says: "diff"},
		{name: "diff without its heading", source: "a part of a diff", text: "-" + rowB + "+" + rowC, says: "diff"},
		{name: "diff in two columns", source: "diff -y", text: strings.TrimSpace(rowB) + "    | " + rowC + strings.TrimSpace(rowA) + "      " + rowA, says: "diff"},
		{name: "conntrack", source: "conntrack -L", text: "tcp      6 299 ESTABLISHED src=10.9.8.7 dst=172.20.3.4 sport=40222 dport=443 src=172.20.3.4 dst=10.9.8.7 sport=443 dport=40222 [ASSURED] mark=0 use=1\n", says: "connection tracking"},
		{name: "nf_conntrack", source: "/proc/net/nf_conntrack", text: "ipv4     2 tcp      6 112 TIME_WAIT src=10.9.8.7 dst=172.20.3.4 sport=40222 dport=443 src=172.20.3.4 dst=10.9.8.7 sport=443 dport=40222 [ASSURED] mark=0 zone=0 use=2\n", says: "connection tracking"},
		{name: "sockstat", source: "/proc/net/sockstat", text: "sockets: used 180\nTCP: inuse 24 orphan 0 tw 19 alloc 30 mem 3\nUDP: inuse 4 mem 1\n", says: "/proc/net/sockstat"},
		{name: "snmp", source: "/proc/net/snmp", text: "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens\nTcp: 1 200 120000 -1 812 903\n", says: "counters of the kernel"},
		{name: "nstat", source: "nstat -az", text: "#kernel\nTcpActiveOpens                  812                0.0\n", says: "counters of the kernel"},
		{name: "netstat -s", source: "net-tools", text: "Tcp:\n    812 active connection openings\n    903 passive connection openings\n    61 connections established\n", says: "netstat -s"},
		{name: "netstat -s of Windows", source: "netstat -s -p tcp", text: "TCP Statistics for IPv4\r\n\r\n  Active Opens                        = 812\r\n  Current Connections                 = 61\r\n", says: "netstat -s"},
		{name: "lsof", source: "lsof -nPi", text: "COMMAND  PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\ncaddy    771  web    9u  IPv4  88120      0t0  TCP 10.9.8.7:443->172.20.3.4:40222 (ESTABLISHED)\n", says: "lsof"},
		{name: "lsof without its heading", source: "lsof | grep", text: "caddy    771  web    9u  IPv4  88120      0t0  TCP *:443 (LISTEN)\n", says: "lsof"},
		{name: "sockstat of FreeBSD", source: "sockstat -4", text: "USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         FOREIGN ADDRESS       STATE\nwww      caddy      771   9   tcp4   10.9.8.7:443          172.20.3.4:40222      ESTABLISHED\n", says: "sockstat of FreeBSD"},
		{name: "netstat -L", source: "FreeBSD, macOS", text: "Current listen queue sizes (qlen/incqlen/maxqlen)\nProto Listen                           Local Address\ntcp4  0/0/128                          *.443\n", says: "queues of listening"},
		{name: "netstat -x", source: "FreeBSD", text: "Active Internet connections\nProto Recv-Q Send-Q Local Address          Foreign Address        R-HIWA S-HIWA R-LOWA S-LOWA\ntcp4       0      0 10.9.8.7.443           172.20.3.4.40222       65700  65700      1   2048\n", says: "without states"},
		{name: "Solaris", source: "netstat -an", text: "TCP: IPv4\n   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State\n-------------------- -------------------- ----- ------ ----- ------ -----------\n10.9.8.7.443         172.20.3.4.40222     49640      0 49640      0 ESTABLISHED\n", says: "Solaris"},
		{name: "telegraf", source: "inputs.netstat", text: "> netstat,host=db2 tcp_close=0i,tcp_established=311i,tcp_listen=17i 1738555506000000000\n", says: "telegraf"},
		{name: "sysctl", source: "sysctl.conf", text: "net.ipv4.tcp_tw_reuse = 1\nnet.core.somaxconn = 4096\n", says: "kernel parameters"},
		{name: "routes", source: "netstat -rn", text: "Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n", says: "routes"},
		{name: "tcpdump", source: "tcpdump -n", text: "04:05:06.789 IP 10.9.8.7.443 > 172.20.3.4.40222: Flags [F.], seq 1, ack 1, length 0\n", says: "capture of packets"},
		{name: "by address", source: "awk '{print $5}'", text: "     41 172.20.3.4\n      7 172.20.3.5\n", says: "counts by address"},
		{name: "by program", source: "awk '{print $NF}' of netstat -p", text: "- 2044\n771/caddy 311\n", says: "by program"},
		{name: "by queue", source: "cut -f2 of ss", text: "    311 0\n      4 36\n", says: "counts of numbers"},
		{name: "a number", source: "find /c", text: "---------- NETSTAT.TXT: 311\r\n", says: "without states"},
		{name: "XML", source: "Export-Clixml", text: "<Objs Version=\"1.1.0.1\">\n<Obj><Props><S N=\"State\">TimeWait</S></Props></Obj>\n</Objs>\n", says: "XML"},
		{name: "logfmt", source: "go-kit/log", text: "ts=2025-02-03T04:05:06Z level=info msg=states time_wait=2044 established=311\n", want: "ESTABLISHED 311, TIME_WAIT 2044"},
		{name: "a monitoring plugin", source: "check_tcp_states", text: "TCP OK - 2355 connections | ESTABLISHED=311;500;600 TIME_WAIT=2044;;\n", says: "monitoring plugin"},
		{name: "collectd", source: "collectdctl, plugin tcpconns", text: "PUTVAL \"db2/tcpconns-all/tcp_connections-TIME_WAIT\" interval=10 1738555506:2044\n", says: "collectd"},
		{name: "a walk of SNMP", source: "snmpwalk, TCP-MIB", text: "TCP-MIB::tcpConnState.10.9.8.7.80.172.20.3.4.40222 = INTEGER: timeWait(11)\n", says: "SNMP"},
		{name: "objects of psutil", source: "print(psutil.net_connections())", text: "[sconn(fd=9, family=2, type=1, laddr=addr(ip='10.9.8.7', port=80), raddr=addr(ip='172.20.3.4', port=40222), status='TIME_WAIT', pid=771)]\n", says: "psutil"},
		{name: "prose", source: "mail", text: "The server is slow since Monday.\nPlease have a look.\n", says: "not a listing"},
	}
}

func TestPasted(t *testing.T) {
	for group, pastes := range map[string][]paste{
		"prefixes": withPrefixes(), "characters": inOtherCharacters(), "tools": ofOtherTools(), "counts": ofCounts(), "others": ofSomethingElse(),
	} {
		for _, p := range pastes {
			t.Run(group+"/"+p.name, func(t *testing.T) { p.test(t) })
		}
	}
}

func (p paste) test(t *testing.T) {
	t.Helper()
	if p.source == "" {
		t.Error("the shape has no source")
	}
	rd := NewReader(strings.NewReader(p.text), "paste")
	rd.size = 16 << 10
	got, err := rd.count()
	if p.want == "" {
		var input *problem.InputError
		switch {
		case !errors.As(err, &input):
			t.Errorf("%s, %v: want it refused", summary(&got.Counts), err)
		case !strings.Contains(input.Msg, p.says) || input.Hint == "" || input.Zh == "" || input.HintZh == "":
			t.Errorf("refused as %q (%q; %q, %q), want %q", input.Msg, input.Hint, input.Zh, input.HintZh, p.says)
		}
		return
	}
	if err != nil || summary(&got.Counts) != p.want || got.Whole() == p.lossy {
		t.Errorf("%s, %v\nwant %s, lossy %v\n%+v", summary(&got.Counts), err, p.want, p.lossy, got.Gaps)
	}
	told := false
	for _, g := range got.Gaps {
		told = told || strings.Contains(knowledge.GapReason(g), p.says)
		if text := knowledge.GapText(g); text.Zh == text.En {
			t.Errorf("gap %+v has no Chinese", g)
		}
	}
	if p.says != "" && !told {
		t.Errorf("%q is not told: %+v", p.says, got.Gaps)
	}
}
