// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// A readableForm is a form of text that the page promises to be read.
type readableForm struct {
	what, by knowledge.Text
	text     string // an example
	want     string // its counts
}

// readableForms are what the page says is read. Each has an example, which is
// read without a loss.
func readableForms() []readableForm {
	const b = "`"
	all := func(en, zh, by, text, want string) readableForm {
		return readableForm{knowledge.Text{En: en, Zh: zh}, knowledge.Text{En: b + strings.ReplaceAll(by, ", ", b+", "+b) + b, Zh: b + strings.ReplaceAll(by, ", ", b+"、"+b) + b}, text, want}
	}
	words := func(en, zh, byEn, byZh, text, want string) readableForm {
		return readableForm{knowledge.Text{En: en, Zh: zh}, knowledge.Text{En: byEn, Zh: byZh}, text, want}
	}
	const three = "TIME_WAIT 2044\nESTABLISHED 311\nLISTEN 17\n"
	const object = `{"TIME_WAIT":2044,"ESTABLISHED":311,"LISTEN":17}`
	return []readableForm{
		all("netstat of Linux (net-tools, busybox, toybox)", "Linux 的 netstat（net-tools、busybox、toybox）", "netstat -ant, netstat -antpoe, netstat -an", abc, counts),
		all("ss, old and new", "ss，新旧版本", "ss -tan, ss -tanpoiem, ss -tanH, ss -tanQ", ssABC, counts),
		all("the kernel's own table", "内核自己的表", "cat /proc/net/tcp /proc/net/tcp6", "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 138102 1 0000000000000000 100 0 0 10 0\n   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 138103 1 0000000000000000 100 0 0 10 0\n", "LISTEN 2"),
		all("netstat of the BSDs, macOS, AIX, HP-UX and Junos", "BSD、macOS、AIX、HP-UX、Junos 的 netstat", "netstat -an, netstat -anv, netstat -anA", "tcp4       0      0  10.9.8.7.52100       172.20.3.4.443        TIME_WAIT\ntcp46      0      0  *.8080               *.*                   LISTEN\n", "TIME_WAIT 1, LISTEN 1"),
		all("netstat of Windows", "Windows 的 netstat", "netstat -an, netstat -ano, netstat -anob", winABC, counts),
		all("PowerShell: tables, lists, CSV and JSON", "PowerShell：表格、列表、CSV 与 JSON", "Get-NetTCPConnection, Format-List, Export-Csv, ConvertTo-Json, Group-Object State", "\r\nLocalPort     State\r\n---------     -----\r\n     8080    Listen\r\n    40222 CloseWait\r\n", "CLOSE_WAIT 1, LISTEN 1"),
		words("counts by state, in either order", "各状态的计数，顺序不限", "`awk '{print $6}' | sort | uniq -c`, `awk '{++S[$NF]} END {for(a in S) print a, S[a]}'`", "`awk '{print $6}' | sort | uniq -c`、`awk '{++S[$NF]} END {for(a in S) print a, S[a]}'`", three, byABC),
		words("counts with marks, shares or remarks", "带符号、占比或备注的计数", "scripts, reports, chats", "脚本、报告、聊天", "TIME_WAIT: 2,044 (86.2%)\n(ESTABLISHED) ... 311\nLISTEN = 17\n", byABC),
		words("tables whose heading names a column of states", "表头含有状态列的表格", "CSV, markdown, MySQL, psql, spreadsheets, esxcli", "CSV、markdown、MySQL、psql、电子表格、esxcli", "| Proto | Local Address | Foreign Address | State |\n|---|---|---|---|\n| tcp | 10.9.8.7:80 | 172.20.3.4:40222 | TIME_WAIT |\n", "TIME_WAIT 1"),
		words("tables with a column of numbers beside states, as the heading says: counts in any language, also a column for each family; numbers of one socket", "状态旁边有一列数字的表格，含义依表头而定：任何语言的计数（也可按地址族分列），或单个套接字的数值", "reports, spreadsheets, `GROUP BY`, a column behind those of netstat, ss or PowerShell", "报告、电子表格、`GROUP BY`、netstat、ss 或 PowerShell 各列之后另加的一列", "| Port | Zustand | Anzahl |\n|---|---|---|\n| 8080 | TIME_WAIT | 2044 |\n| 8081 | ESTABLISHED | 311 |\n| 8080 | LISTEN | 17 |\n", byABC),
		words("counts with an address, a process, a protocol or a family beside the state", "状态旁边带有地址、进程、协议或地址族的计数", "`uniq -c`, reports, keys of Zabbix", "`uniq -c`、报告、Zabbix 的键", "   2044 TIME_WAIT 10.9.8.1\n    311 ESTABLISHED 10.9.8.2\n     17 LISTEN 0.0.0.0\n", byABC),
		words("tables with states for headings", "以状态为列名的表格", "monitoring scripts", "监控脚本", "time,TIME_WAIT,ESTABLISHED,LISTEN\n10:00:01,2044,311,17\n", byABC),
		words("JSON: states as keys, records, buckets, samples, lines in texts", "JSON：以状态为键、记录、分桶、样本、文本中的行", "jq, gopsutil, Elasticsearch, the API of Prometheus, Ansible, Docker, journald", "jq、gopsutil、Elasticsearch、Prometheus API、Ansible、Docker、journald", object, byABC),
		words("YAML, XML, and what Go, Python, Ruby, Perl, PHP and bash print of a map", "YAML、XML，以及 Go、Python、Ruby、Perl、PHP、bash 打印的映射", "scripts", "脚本", "tcp:\n  TIME_WAIT: 2044\n  ESTABLISHED: 311\n  LISTEN: 17\n", byABC),
		words("metrics with a state", "带状态的指标", "node_exporter, windows_exporter, telegraf, Graphite, statsd", "node_exporter、windows_exporter、telegraf、Graphite、statsd", "node_tcp_connection_states{state=\"time_wait\"} 2044\nnode_tcp_connection_states{state=\"established\"} 311\nnode_tcp_connection_states{state=\"listen\"} 17\n", byABC),
		all("the count by state of FreeBSD", "FreeBSD 的各状态计数", "netstat -s -p tcp", "tcp:\n\tTCP connection count by state:\n\t\t17 connections in LISTEN state\n\t\t311 connections in ESTABLISHED state\n\t\t2044 connections in TIME_WAIT state\n", byABC),
		all("its own output, in every format", "本程序自己的输出，任何格式", "tcpvitals census, tcpvitals list, tcpvitals check", "TCPVITALS OK - 2372 sockets | time_wait=2044 established=311 listen=17\n", byABC),
		words("any of these behind what a log, a mail or a shell puts before lines", "以上任意一种，行首带有日志、邮件或 shell 的前缀", "docker compose logs, kubectl logs, journalctl, pdsh, grep -Hn, quotes, timestamps", "docker compose logs、kubectl logs、journalctl、pdsh、grep -Hn、引用、时间戳", before("api-1  | ", abc), counts),
		words("any of these as other systems write characters and line ends", "以上任意一种，其他系统的字符与换行", "UTF-16, GBK, wide blanks, colours, typescripts, CR, lost line ends", "UTF-16、GBK、全角空格、颜色、script 记录、CR、丢失的换行", strings.ReplaceAll(abc, " ", "\u3000"), counts),
	}
}

// A toldForm is something that the page promises to be reported.
type toldForm struct {
	what knowledge.Text
	text string // an example
	lost bool   // the command ends with exit code 3
}

func toldForms() []toldForm {
	return []toldForm{
		{knowledge.Text{En: "a line that may be a socket or a count and cannot be read: its number, and the word that is wrong", Zh: "可能是套接字或计数但读不懂的行：行号以及出错的词"}, abc + strings.ReplaceAll(rowB, "CLOSE_WAIT", "CLO#E_WAIT"), true},
		{knowledge.Text{En: "lines left out, and a text that breaks off", Zh: "省略的行，以及中途断开的文本"}, abc + "...\n" + rowB, true},
		{knowledge.Text{En: "a command that leaves sockets out: grep, head, a filter", Zh: "略去了套接字的命令：grep、head、过滤"}, "$ netstat -ant | grep :8080\n" + abc, true},
		{knowledge.Text{En: "a command that lists UDP or other sockets too, where what it printed does not say which are of TCP", Zh: "同时列出 UDP 或其他套接字的命令，而其输出未说明哪些属于 TCP"}, "$ ss -an | awk '{print $2}' | sort | uniq -c\n      7 ESTAB\n", true},
		{knowledge.Text{En: "CLOSE where a narrow column or screen may have cut CLOSE_WAIT", Zh: "可能由 CLOSE_WAIT 被过窄的列或屏幕截成的 CLOSE"}, rowB[:len(rowB)-len("_WAIT\n")] + "\n", true},
		{knowledge.Text{En: "udp, unix and the like where a name of a machine may stand, and the states do not tell", Zh: "出现在可能是机器名位置的 udp、unix 等词，而状态无法说明是哪一种"}, "udp: ESTABLISHED 7\nweb1: ESTABLISHED 2\n", true},
		{knowledge.Text{En: "a machine that gave no answer (Ansible, Salt, pdsh, ssh)", Zh: "没有应答的机器（Ansible、Salt、pdsh、ssh）"}, "web1: ESTABLISHED 7\nssh: connect to host web2 port 22: Connection timed out\n", true},
		{knowledge.Text{En: "UNCONN among counts, where no command says that they are of TCP: UDP has it as well", Zh: "计数中的 UNCONN，且没有命令说明其为 TCP：UDP 也有这个状态"}, "     12 ESTAB\n      9 LISTEN\n      3 UNCONN\n", true},
		{knowledge.Text{En: "a row of counts that is the sum of the others and does not say so", Zh: "某一行计数是其余各行之和，但没有注明"}, "port,state,count\n80,ESTABLISHED,5\n443,ESTABLISHED,7\n*,ESTABLISHED,12\n", true},
		{knowledge.Text{En: "in JSON: an error, a filter, a divisor, a key that is there twice, a name above counts that says nothing of TCP", Zh: "JSON 中的错误、过滤条件、除数、重复的键，以及计数上方与 TCP 无关的名称"}, `{"filter":"port 80","states":{"ESTABLISHED":7}}`, true},
		{knowledge.Text{En: "lines that stand for several machines at once (clush -b, dshbak -c)", Zh: "同时代表多台机器的行（clush -b、dshbak -c）"}, "web[1-3]: ESTABLISHED 7\n", true},
		{knowledge.Text{En: "rounded numbers", Zh: "约数"}, "TIME_WAIT 2k\nLISTEN 17\n", true},
		{knowledge.Text{En: "a word beside or above counts that may say what they are of", Zh: "计数旁边或上方可能说明其含义的词"}, "TIME_WAIT 2044 thousands\nLISTEN 17\n", true},
		{knowledge.Text{En: "a column of numbers, beside states, of which it is not known whether they count sockets: by its name, and each row is counted once", Zh: "状态旁边的一列数字，而不知道它们是否为套接字数：给出列名，每行只计一次"}, "proto,state,seen\ntcp,TIME_WAIT,2044\ntcp,LISTEN,17\n", true},
		{knowledge.Text{En: "a state on lines next to each other with a number on each: they may be ports, processes or queues", Zh: "同一状态出现在相邻的行中，各带一个数字：可能是端口、进程号或队列"}, "LISTEN 128\nLISTEN 511\nESTABLISHED 36\n", true},
		{knowledge.Text{En: "numbers beside states that are all the codes of those states: it may be a list of codes", Zh: "状态旁边的数字正好都是这些状态的编号：可能是编号表"}, "CLOSED=1, LISTEN=2, SYN_SENT=3\n", true},
		{knowledge.Text{En: "in metrics: one series at several times, which are added, and a series without the name of its metric", Zh: "指标中：同一序列的多个时刻（已相加），以及没有指标名的序列"}, "tcp_connections{state=\"time_wait\"} 2044 1738555506000\ntcp_connections{state=\"time_wait\"} 2045 1738555566000\n", true},
		{knowledge.Text{En: "a number equal to a time among the kernel parameters beside it", Zh: "与旁边内核参数中的时间相等的数字"}, "net.ipv4.tcp_fin_timeout = 60\nFIN_WAIT2 60\n", true},
		{knowledge.Text{En: "nothing but closed things behind a name or a time: they may be doors, or events", Zh: "名称或时间之后只有 closed：可能是门，也可能是事件"}, "door-1 CLOSED\ndoor-2 CLOSED\n", true},
		{knowledge.Text{En: "means, bounds, and numbers of another time among counts: they are left out", Zh: "计数之中的平均值、上下限和其他时间的数字：已略去"}, "host,TIME_WAIT,LISTEN\nweb1,2044,17\naverage,1022,8\n", true},
		{knowledge.Text{En: "rows of one side of a diff", Zh: "差异（diff）一侧的行"}, before("+", abc), true},
		{knowledge.Text{En: "counts that do not add up to the total in the text", Zh: "与文中总数不符的计数"}, "TIME_WAIT 2044\nLISTEN 17\ntotal 3000\n", true},
		{knowledge.Text{En: "lines that are no socket, with the first of them", Zh: "不是套接字的行，并给出第一行"}, "The server is slow since Monday, please have a look.\n" + abc, false},
		{knowledge.Text{En: "the same twice, several moments, machines or tables: the counts are their sum; doctor and check judge the last look", Zh: "重复的内容、多个时刻、机器或表格：计数是总和；doctor 与 check 只判断最后一次"}, abc + abc, false},
		{knowledge.Text{En: "numbers beside states in JSON that count something else", Zh: "JSON 中状态旁边不是套接字数的数字"}, `{"interval":60,"ESTABLISHED":7}`, false},
		{knowledge.Text{En: "what the options of the program left out: listeners, one family", Zh: "程序选项略去的内容：监听套接字、某个地址族"}, rowB, false},
	}
}

// TestListingPages keeps the page about pasted text what is so: each form that it
// names is read, told or refused, and its tables are those of the code.
func TestListingPages(t *testing.T) {
	for _, f := range readableForms() {
		got, err := countSmall(f.text)
		if err != nil || !got.Whole() || summary(&got.Counts) != f.want {
			t.Errorf("%s: %s, %v, want %s: %+v", f.what.En, summary(&got.Counts), err, f.want, got.Gaps)
		}
	}
	for _, f := range toldForms() {
		got, err := countSmall(f.text)
		if err != nil || len(got.Gaps) == 0 || got.Whole() == f.lost {
			t.Errorf("%s: %v, lost %v: %+v", f.what.En, err, !got.Whole(), got.Gaps)
		}
	}
	for path, lang := range map[string]knowledge.Lang{"../../docs/listings.md": knowledge.English, "../../docs/listings.zh.md": knowledge.Chinese} {
		want := listingPage(lang)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is stale (%v): run go test ./internal/listing -run TestListingPages -update", path, err)
		}
	}
}

func listingPage(lang knowledge.Lang) string {
	say := func(en, zh string) string { return knowledge.Text{En: en, Zh: zh}.In(lang) }
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/listing by go test ./internal/listing -run TestListingPages -update. Do not edit. -->\n\n")
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", say("Pasted text", "粘贴的文本"), say(
		"`census`, `list`, `doctor` and `check` read what other programs printed, of any machine and any day: `-` is standard input,\n"+
			"`--from FILE` a file. What it is, they find out line by line. Every line is accounted for: it is a socket, a count, a heading, a row of another\n"+
			"protocol, known decoration (a prompt, a fence, a banner), or it is told.",
		"`census`、`list`、`doctor` 和 `check` 读取其他程序在任何机器、任何时候打印的内容：`-` 是标准输入，`--from FILE` 是文件。\n"+
			"内容是什么由程序逐行判断。每一行都有交代：它是套接字、计数、表头、其他协议的行、已知的装饰（提示符、围栏、横幅），否则就会说明。"))
	fmt.Fprintf(&b, "## %s\n\n| %s | %s |\n|---|---|\n", say("What is read", "能读什么"), say("form", "形式"), say("printed by", "由什么打印"))
	for _, f := range readableForms() {
		fmt.Fprintf(&b, "| %s | %s |\n", f.what.In(lang), cell(f.by.In(lang)))
	}
	fmt.Fprintf(&b, "\n%s\n\n## %s\n\n%s\n\n| %s | %s |\n|---|---|\n", say(
		"UDP, unix, raw, SCTP, MPTCP and vsock rows never count; they are told apart where the text shows what they are.",
		"UDP、unix、raw、SCTP、MPTCP、vsock 的行从不计入；只要文本能显示其协议，就会区分。"),
		say("What is told", "会说明什么"), say(
			"In the table, in the `gaps` of the JSON, in `doctor`, `check` and `list`. Where sockets may be missing from the numbers the exit code is 3\n"+
				"([exit-codes.md](exit-codes.md)), and \"none in:\" names no state that what was left out could be.",
			"在表格、JSON 的 `gaps`、`doctor`、`check` 和 `list` 中说明。数字可能缺少套接字时，退出码为 3（[exit-codes.md](exit-codes.md)），\n"+
				"“以下状态没有”也不会列出被略去部分可能属于的状态。"),
		say("what", "内容"), say("exit code", "退出码"))
	for _, f := range toldForms() {
		code := 0
		if f.lost {
			code = 3
		}
		fmt.Fprintf(&b, "| %s | %d |\n", f.what.In(lang), code)
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| %s | %s |\n|---|---|\n", say("What is refused", "会拒绝什么"), say(
		"What cannot be a count of sockets is named for what it is, with the way out; the exit code is 1.",
		"不可能是套接字计数的内容会被指明是什么，并给出办法；退出码为 1。"), say("the text", "文本"), say("way out", "办法"))
	for s := signNone + 1; s < signatures; s++ {
		what, out := s.words()
		fmt.Fprintf(&b, "| %s | %s |\n", cell(what.In(lang)), cell(out.In(lang)))
	}
	for thing := countsNumbers; thing < countedThings; thing++ {
		what, out := wrongColumn(thing)
		fmt.Fprintf(&b, "| %s | %s |\n", cell(what.In(lang)), cell(out.In(lang)))
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| %s | %s | %s |\n|---|---|---|\n", say("States in other languages", "其他语言的状态"), say(
		"A dot is a letter with an accent, whatever the code page made of it. `ss`, `Get-NetTCPConnection` and `/proc/net/tcp` are always English, and so is\n"+
			"`LC_ALL=C netstat`. A word that is not here is told.",
		"点号代表一个带重音的字母，不论代码页把它变成什么。`ss`、`Get-NetTCPConnection`、`/proc/net/tcp` 总是英文，`LC_ALL=C netstat` 也是。\n"+
			"不在此表中的词会被说明。"), say("word", "词"), say("state", "状态"), say("source", "来源"))
	for _, w := range translations() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.word, w.state, w.of.source())
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n", say("What cannot be known", "无法得知的"), say(
		"- A digit that changed inside a number. Rows that are there twice without a heading between them are noticed by the first connection only.\n"+
			"- `ss -M` (MPTCP) and `ss -S` (SCTP) alone print rows like those of TCP; without the Netid column they are counted as such.\n"+
			"- Of a `/proc/net/tcp` of a big-endian machine the addresses are the right way round only where a loopback address in the first 8 KiB gives the order away.\n"+
			"- Rows behind `>` alone are taken for a quoted mail; one side of a plain diff looks the same.\n"+
			"- Counts of something else by words that are states too, `Bound 2` and `Closed 5`, where nothing else in the text says what they are of.",
		"- 数字中某一位被改动。没有表头隔开而重复的行，只能通过第一个连接发现。\n"+
			"- 单独的 `ss -M`（MPTCP）与 `ss -S`（SCTP）打印的行与 TCP 相同；没有 Netid 列时按 TCP 计。\n"+
			"- 大端机器的 `/proc/net/tcp`，只有前 8 KiB 中的回环地址暴露了字节序时，地址才会按正确顺序读取。\n"+
			"- 仅以 `>` 开头的行按邮件引用处理；普通 diff 的一侧看起来相同。\n"+
			"- 以恰好也是状态名的词（`Bound 2`、`Closed 5`）统计的其他事物，而文本中没有别的内容说明它们是什么。"))
	return b.String()
}
