// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"slices"
	"strings"
)

// A way to spoil a text. Where it is whole, the numbers can still be right; else
// it must be reported that they are not.
type way struct {
	name  string
	whole bool
	spoil func(l *layout, all []datum, read func(how, text string))
}

func waysToSpoil() []way {
	return []way{
		{"names", true, spoilNames},
		{"numbers", true, spoilNumbers},
		{"keys", true, spoilKeys},
		{"line ends", true, spoilLineEnds},
		{"one line end", true, spoilOneLineEnd},
		{"before a line", true, spoilBefore},
		{"behind a line", true, spoilBehind},
		{"another line", false, spoilWithLine},
		{"another state", false, spoilWithState},
		{"limits", false, spoilByCommand},
		{"marks of an end", false, spoilByMark},
		{"cut", true, spoilByCut},
		{"glued", true, spoilByGlue},
	}
}

// spellings are what a state may be called by who is careless with it.
func spellings(name string) []string {
	lower, words := strings.ToLower(name), strings.ReplaceAll(name, "_", " ")
	title := ""
	for w := range strings.SplitSeq(lower, "_") {
		title += strings.ToUpper(w[:1]) + w[1:]
	}
	all := []string{
		words, strings.ToLower(words), strings.ReplaceAll(name, "_", "  "), strings.ReplaceAll(name, "_", "."), strings.ReplaceAll(name, "_", "/"), strings.ReplaceAll(name, "_", "+"),
		strings.ReplaceAll(name, "_", "__"), strings.ReplaceAll(name, "_", "\u2013"), strings.ReplaceAll(name, "_", "\u00a0"), strings.ReplaceAll(name, "_", `\_`), strings.ReplaceAll(name, "_", `\\_`), strings.ReplaceAll(name, "_", "%5F"),
		strings.ReplaceAll(name, "_", "&#95;"), strings.ReplaceAll(name, "_", "_ "), strings.ReplaceAll(name, "_", ":"),
		"#" + name, "# " + name, "*" + name + "*", "_" + name + "_", "`" + name + "`", "**" + name + "**", "~~" + name + "~~", "\u201c" + name + "\u201d", "<b>" + name + "</b>", "<td>" + name + "</td>", "[" + name + "]", "(" + name + ")",
		"tcp_" + lower, "TCP_" + name, "tcp." + lower, "tcp-" + strings.ReplaceAll(lower, "_", "-"), "tcp " + lower, "TCPS_" + name, "TCP" + title, "tcp" + title, "State." + title, "num_" + lower, "nb" + title, "n_" + name, "netstat." + lower, "conn_" + lower, "connections." + lower, "state_" + lower, "S_" + name, "CONN_" + name, "TcpState." + title, "MIB_TCP_STATE_" + name,
		name + " ", " " + name, name + ":", name + ".", name + "s", name + "?", name + "!", name + "*", name + "1)", lower + "_count", lower + "Count", title + "Total", name + " sockets", name + " (TCP)", name + "/tcp", name + " v4", name + "6", name + "_v6",
		name[:len(name)-1], name[1:], name[:len(name)-1] + strings.ToLower(name[len(name)-1:]), strings.Replace(name, "I", "1", 1), strings.Replace(name, "A", "4", 1), strings.Replace(name, "E", "\u0415", 1), name + name, strings.Replace(name, "T", "TT", 1), name[:2] + "\u200b" + name[2:], name[:3] + " " + name[3:], name[:3] + "-" + name[3:], name[:2] + "*" + name[3:],
		"OTHER", "other", "UNKNOWN", "TW", "unknown(13)", "13", "null", "-", "?", "", "\u7b49\u5f85", "SYN", "idle", "rest",
	}
	return all
}

func spoilNames(l *layout, all []datum, read func(how, text string)) {
	for i := range all {
		for _, spelled := range spellings(all[i].name) {
			changed := slices.Clone(all)
			changed[i].name = spelled
			read(fmt.Sprintf("name %q", spelled), l.write(changed))
		}
	}
}

func spoilNumbers(l *layout, all []datum, read func(how, text string)) {
	if l.rows {
		return
	}
	for i := range all {
		n := all[i].number
		for _, wrong := range []string{
			"null", "true", "lots", "many", "n/a", "NaN", "-", "?", "", "O", n + "?", "#" + n, n + " or so", "about " + n, "[" + n + "]", "{" + n + "}", `{"value":` + n + `}`, `{"value": {"n": ` + n + `}}`, `"` + n + `"`, `"` + n, "-" + n, "+" + n, n + "-" + n, n + "/" + n,
			n + " " + n, n + ".5", "0x1F", n + "%", n + " %", n + "/s", n + "!!", "**" + n + "**", "<b>" + n + "</b>", "<td>" + n + "</td>", "`" + n + "`", "~" + n, "\u2248" + n, ">" + n, "(" + n + ")", "=" + n, "$" + n, "five", n + "\u4e2a", n + " MB", `\` + n, n + `\`, n + "\u2191", "\u2191" + n,
		} {
			changed := slices.Clone(all)
			changed[i].number = wrong
			read(fmt.Sprintf("number %q", wrong), l.write(changed))
		}
	}
}

// spoilKeys calls what a state or a number stands under something else.
func spoilKeys(l *layout, all []datum, read func(how, text string)) {
	text := l.write(all)
	for _, key := range []string{"state", "State", "count", "Count", "Name", "name", "key", "doc_count", "value", "metric", "result", "tcp", "states", "LocalAddress", "RemoteAddress", "local_address", "proto", "protocol", "laddr"} {
		for _, mark := range []string{`"`, " ", ",", ":", "\n", "'", "|"} {
			for _, other := range []string{"stat", "st", "Status", "tcp_state", "STATE ", "zustand", "connections", "Connections", "Total", "total", "n", "hits", "num", "amount", "x", "", "value", "label", "timeout", "data"} {
				from := key + mark
				if strings.Contains(text, from) {
					read(fmt.Sprintf("key %q is %q", key, other), strings.Replace(text, from, other+mark, 1))
					read(fmt.Sprintf("keys %q are %q", key, other), strings.ReplaceAll(text, from, other+mark))
				}
			}
		}
	}
}

// joiners are what stands where line ends were.
func joiners() []string {
	return []string{
		"", " ", "  ", "\t", "<br>", "<br/>", "<br />", " <br> ", "<BR>", "</p><p>", "&#10;", "&#xA;", "&#13;&#10;", "&lt;br&gt;", `\n`, `\r\n`, `\\n`, `\x0a`, "%0A", "^M", "^J", "|", " | ", ";", "; ", ",", ", ", " / ", "//", "\u21b5", "\u23ce", "\u00b6", "\u2424", "<0x0a>", "$", "\x00", "\x1e", "\x0b", " \\ ", "\u2028", "\r", "+",
	}
}

func spoilLineEnds(l *layout, all []datum, read func(how, text string)) {
	text := l.write(all)
	for _, joiner := range joiners() {
		read(fmt.Sprintf("line ends are %q", joiner), strings.ReplaceAll(text, "\n", joiner))
		read(fmt.Sprintf("line ends are %q, with the last", joiner), strings.ReplaceAll(strings.TrimSpace(text), "\n", joiner)+"\n")
		head, rest, ok := strings.Cut(text, "\n")
		if ok {
			read(fmt.Sprintf("line ends behind the first are %q", joiner), head+"\n"+strings.ReplaceAll(rest, "\n", joiner))
		}
	}
}

func spoilOneLineEnd(l *layout, all []datum, read func(how, text string)) {
	lines := strings.SplitAfter(l.write(all), "\n")
	for i := range lines[:len(lines)-1] {
		for _, joiner := range joiners() {
			changed := slices.Clone(lines)
			changed[i] = strings.TrimSuffix(changed[i], "\n") + joiner
			read(fmt.Sprintf("line end %d is %q", i+1, joiner), strings.Join(changed, ""))
		}
	}
}

// decorations are what stands around rows and tells nothing of them.
func decorations() []string {
	return []string{
		"<pre>", "<pre class=\"x\">", "<code>", "<pre><code>", "<p>", "<td>", "```", "```text ", "~~~", "{code}", "[code]", "{noformat}", "+ ", "+", "- ", "* ", "> ", "| ", "# ", "## ", "#", "// ", ";", "-- ", "$ ", "% ", ": ", "\" ", "\u2022 ", "1. ", "1) ", "[1] ", "[1]+ ", "=> ", "-> ", "==> ",
		"ops@db2:~$ ", "[root@web1 ~]# ", "[root@web1 ~]#", "root@web1:~# ", "PS C:\\> ", "C:\\>", "bash-5.1$ ", "sh-4.2# ", "db2# ", "db2> ", "\u279c ~ ", "/ # ", "mysql> ", ">>> ", "In [1]: ", "Out[1]: ",
		"$ netstat -ant ", "$ netstat -ant", "netstat -ant ", "ss -tan ", "ops@db2:~$ ss -tan ", "$ netstat -ant | awk '{print $6}' | sort | uniq -c ", "$ netstat -ant | grep -c ", "ssh ", "echo ", "sudo ", "watch ", "show ", "docker ", "cat ", "date ", "time ", "for ", "PS C:\\> Get-NetTCPConnection ",
		"--More--", "-- More -- ", "--More--(42%) ", "lines 1-24 ", "lines 1-24/60 ", "(END) ", "Every 2.0s: ./states.sh ", "Last login: Mon Feb 3 ", "Connection to db2 closed. ", "Warning: ", "Total: ", "Total ", "% Total ", "[sudo] password for ops: ", "Script started ", "Script done ", "netstat: ", "#TYPE ", "# TYPE ", "# HELP ", "Name: ", "real 0m1.000s ", "(3 rows) ", "3 rows in set ", "db2 | CHANGED | rc=0 >> ", ":eyes: ", "\U0001f440 ", "EOF ", "Array ",
		"Active Internet connections (servers and established) ", "Proto Recv-Q Send-Q Local Address Foreign Address State ", "State Recv-Q Send-Q Local Address:Port Peer Address:Port ", "Active Connections ", "State ", "Count ", "\u5408\u8ba1 ", "note: ", "now: ", "web1 ", "web1: ", "2025-02-03 04:05:06 ", "INFO ", "not visible: ", "none in: ",
		"    cubic wscale:7,7 rto:204 ", "skmem:(r0,rb1) ", " x: ", "[svchost.exe] ", "Can not obtain ownership information ", "tcpvitals census ", "TCPVITALS OK - ", "$", ">", "<", "|", "(", "[", "{", "'", "\"", "\\", "\x1b[1m", "^[[1m", "\u200b", "\ufeff", "...", "\u2026", "***", "===", "---",
	}
}

func spoilBefore(l *layout, all []datum, read func(how, text string)) {
	lines := strings.SplitAfter(l.write(all), "\n")
	for i := range lines[:len(lines)-1] {
		for _, d := range decorations() {
			changed := slices.Clone(lines)
			changed[i] = d + changed[i]
			read(fmt.Sprintf("%q before line %d", d, i+1), strings.Join(changed, ""))
		}
	}
}

func spoilBehind(l *layout, all []datum, read func(how, text string)) {
	lines := strings.SplitAfter(l.write(all), "\n")
	for i := range lines[:len(lines)-1] {
		for _, d := range decorations() {
			changed := slices.Clone(lines)
			changed[i] = strings.TrimSuffix(changed[i], "\n") + " " + strings.TrimSpace(d) + "\n"
			if strings.HasPrefix(d, "--More--") || strings.HasPrefix(d, "lines") { // the rest of the text is there
				continue
			}
			read(fmt.Sprintf("%q behind line %d", d, i+1), strings.Join(changed, ""))
		}
	}
}

// spoilWithLine puts a line with another state and its number between the lines.
func spoilWithLine(l *layout, all []datum, read func(how, text string)) {
	lines := strings.SplitAfter(l.write(all), "\n")
	for i := range lines {
		if strings.HasPrefix(l.name, "netstat -s") && i < 2 {
			continue // the counters of netstat -s, some of which look like counts by state
		}
		for _, other := range []string{
			"netstat -ant | grep -c CLOSING: 30000", "$ netstat -ant | grep -c CLOSING 30000", "ops@db2:~$ ss -tan state closing | wc -l 30000", "[root@web1 ~]# CLOSING 30000", "[root@web1 ~]# 30000 CLOSING", "PS C:\\> CLOSING : 30000", "ssh CLOSING 30000", "echo CLOSING 30000", "sudo 30000 CLOSING", "for CLOSING 30000",
			"> netstat,host=db2 tcp_closing=30000i,tcp_listen=17i 1738555506000000000", "Last login: CLOSING 30000", "Every 2.0s: CLOSING 30000", "Warning: CLOSING 30000", "Total: 30000 CLOSING", "==> CLOSING 30000", "netstat: CLOSING 30000", "# CLOSING 30000", "## CLOSING: 30000", "// CLOSING 30000", "#TYPE CLOSING 30000", "<pre>CLOSING 30000", "<code>30000 CLOSING</code>", "```CLOSING 30000", "+ CLOSING 30000", "{code}CLOSING 30000", "3 rows in set, CLOSING 30000", "--More-- CLOSING #30000", "Script done, CLOSING 30000", "CLOSING is at 30000", "there were 30000 sockets in CLOSING", "30000 in CLOSING state!", "tcp_closing 30000 x", "Name: CLOSING, Length: 30000, dtype: int64", "[CLOSING 30000]", "time CLOSING 30000", "\U0001f440 CLOSING 30000 \U0001f440", "real 0m1.0s CLOSING 30000", "+ echo CLOSING 30000", "cubic rto:204 CLOSING 30000", "   cwnd:10 CLOSING 30000", "Mon Feb  3 04:05:06 CET 2025 CLOSING 30000", "x: CLOSING 30000", "(CLOSING 30000 rows)", "not visible: CLOSING 30000", "state=closing count=30000 x=y", "closing_count=30000 foo=bar baz", "<tr><td>CLOSING</td><td>30000</td></tr>", "sconn(fd=115, family=2, type=1, laddr=('10.0.0.1', 48776), raddr=('10.0.0.2', 80), status='CLOSING')",
		} {
			changed := slices.Insert(slices.Clone(lines), i, other+"\n")
			read(fmt.Sprintf("%q before line %d", other, i+1), strings.Join(changed, ""))
		}
	}
}

// spoilWithState adds a state that no kernel has, with its number.
func spoilWithState(l *layout, all []datum, read func(how, text string)) {
	if l.rows {
		return
	}
	for _, other := range []string{"OTHER", "other", "OTHERS", "TW", "rest", "UNKNOWN", "TIME WAI", "ESTAB LISHED", "SYN_RCVX", "misc", "FIN", "tcp_misc", "GEVESTIGD"} {
		for i := range len(all) + 1 {
			changed := slices.Insert(slices.Clone(all), i, datum{other, "30000"})
			read(fmt.Sprintf("%q at %d", other, i), l.write(changed))
		}
	}
}

// spoilByCommand puts the command before it that left something out.
func spoilByCommand(l *layout, all []datum, read func(how, text string)) {
	if strings.HasSuffix(l.name, "behind a prompt") || strings.Contains(l.name, "typescript") || l.name == "JSON rows of Ansible" {
		return // the text begins with another command
	}
	text := l.write(all)
	for _, prompt := range []string{"$ ", "ops@db2:~$ ", "[root@web1 ~]# ", "PS C:\\> ", "C:\\>", "# ", "bash-5.1$ ", ""} {
		for _, command := range []string{
			"ss -tan | head -2", "netstat -ant | head -n 3", "netstat -ant | tail -2", "netstat -ant | grep :443", "netstat -ant | grep 10.20.0.4", "netstat -ant | grep -v LISTEN", "netstat -ant | grep -i wait", "netstat -an | findstr 8443", "ss -tan | awk '$1==\"ESTAB\"'", "ss -tan state closing", "ss -tan sport = :443", "ss -tan '( dport = :443 )'", "ss -tn dst 10.0.0.1", "ss -un", "ss -uan", "ss -S", "ss -M", "ss -xan", "ss -wan", "ss --udp -an", "netstat -uan | grep -c LISTEN", "sudo ss -tan | sed -n 1,3p", "ss -tan | uniq | head -1", "Get-NetTCPConnection -State Listen", "Get-NetTCPConnection | select -First 3", "Get-NetTCPConnection | where State -eq Listen", "Get-NetTCPConnection -LocalPort 443", "docker exec web1 ss -tan | grep 443",
		} {
			if foreign := questionOf([]byte(command)).foreign != blank; foreign && !strings.HasPrefix(l.name, "ss") && !strings.HasPrefix(l.name, "lines") && l.name != "uniq -c" {
				continue // such a command does not print this
			}
			if q := questionOf([]byte(command)); q.lines > 0 && (!l.rows || strings.Contains(l.name, "JSON")) {
				continue // the text does not say how many lines were counted
			}
			read(fmt.Sprintf("%q above", prompt+command), prompt+command+"\n"+text)
		}
	}
}

// spoilByMark says at the end that there was more.
func spoilByMark(l *layout, all []datum, read func(how, text string)) {
	text := strings.TrimSuffix(l.write(all), "\n")
	for _, mark := range []string{
		"\n--More--", "\n-- More --", "\n--More--(42%)", "\nlines 1-24", "\nlines 1-24/60 40%", "\n:", "\n...", "\n\u2026", ", ...", ", \u2026", " ...", "\n, ...", "\n...and 12 more", "\nand 12 more", "\n+12 more", "\n(12 more)", "\n[truncated]", "\n[snip]", "\n<snip>", "\n... output truncated ...", "\netc.", ", etc.", " etc", "\n[12 lines omitted]", "\n(more below)", "\n\u7565", "\n\u4ee5\u4e0b\u7701\u7565", "\n\u7b49\u7b49", ", and more", "\n-- suite --", "\n^C", "\nKilled", "\nTerminated", "\nbash: write error: Broken pipe", "\nSegmentation fault (core dumped)", "\npacket_write_wait: Connection to 10.0.0.1 port 22: Broken pipe", "\n# more",
	} {
		read(fmt.Sprintf("%q at the end", mark), text+mark+"\n")
		read(fmt.Sprintf("%q at the end, no line end", mark), text+mark)
	}
}

// spoilByCut ends the text early, where that can be known: documents say where
// they end, numbers do not.
func spoilByCut(l *layout, all []datum, read func(how, text string)) {
	text := strings.TrimSpace(l.write(all))
	document := strings.HasSuffix(text, "}") || strings.HasSuffix(text, "]")
	if !document || strings.Contains(l.name, "one a line") || strings.Contains(l.name, "typescript") || l.name == "Group-Object" {
		return
	}
	for end := 1; end < len(text); end++ {
		read(fmt.Sprintf("cut at %d", end), text[:end])
		read(fmt.Sprintf("cut at %d, line end", end), text[:end]+"\n")
	}
}

// spoilByGlue joins two whole texts, and puts them into others.
func spoilByGlue(l *layout, all []datum, read func(how, text string)) {
	text := l.write(all)
	for _, around := range [][2]string{
		{"<pre>", "</pre>"}, {"<pre>\n", "</pre>\n"}, {"<html><body><pre>", "</pre></body></html>"}, {"<code>", "</code>"}, {"```\n", "```\n"}, {"```", "```"}, {"\"", "\""}, {"'", "'"}, {"(", ")"}, {"output: ", ""}, {"states=", ""}, {"{\"text\": \"", "\"}"}, {"<![CDATA[", "]]>"}, {"$(cat <<EOF\n", "EOF\n)"}, {"x = ", ";"}, {"return ", ""}, {"console.log(", ")"}, {"result: ", " (ok)"}, {"*", "*"}, {"[", "]"}, {"{", "}"},
	} {
		read(fmt.Sprintf("in %q", around), around[0]+text+around[1])
		read(fmt.Sprintf("in %q, no line end", around), around[0]+strings.TrimSpace(text)+around[1]+"\n")
	}
}
