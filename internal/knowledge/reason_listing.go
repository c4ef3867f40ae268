// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/problem"

// lineReasons say why one line of a listing could not be read.
func lineReasons() map[problem.Code]Text {
	all := map[problem.Code]Text{
		problem.LineState:        {"it has no readable state", "没有可读的状态"},
		problem.LineStateColumn:  {"there is no State column", "没有状态列"},
		problem.LineStateLeftOut: {"there is no State column: ss leaves it out when asked for one state", "没有状态列：ss 只列一种状态时会略去该列"},
		problem.LineNoAddresses:  {"the row ends before its addresses", "该行不完整，缺少地址"},
		problem.LineNoState:      {"the row ends before its state", "该行不完整，缺少状态"},
		problem.LineLong:         {"it is longer than {3} bytes", "该行超过 {3} 字节"},
		problem.LineRepeated:     {"behind its row it says how often it was there", "行尾说明它出现过多次"},
		problem.LineBehindRow:    {"behind its row there is more that may be a row", "行尾可能还有另一行"},
		problem.LineBeforeRow:    {"before its row there is more that may be a row", "行首可能还有另一行"},
		problem.LineBehindHead:   {"behind its heading there is more that may be a row", "表头之后可能还有一行"},
		problem.LineBeforeHead:   {"before its heading there is more that may be a row", "表头之前可能还有一行"},
		problem.LineBesideCount:  {"beside its count there is more that may be one", "除已读的计数外可能还有别的计数"},
		problem.LineBadColumn:    {"a column of it cannot be read", "表头中有一列无法识别"},
		problem.LineStateColumns: {"it has several columns of states", "表头中有多个状态列"},
		problem.LineOpen:         {"its brackets are not closed: the text breaks off behind it", "括号没有闭合，文本在此之后中断"},
		problem.LineGoesOn:       {"it says that the listing goes on behind it", "文本说明列表在此之后还有内容"},
		problem.LineCutOff:       {"the text breaks off within it", "文本在该行中间断开"},
		problem.LineRows:         {"it says another number of rows than there are", "它所说的行数与实际行数不同"},
		problem.LineRowsBehind:   {"behind its heading there are rows", "表头之后还有若干行"},
		problem.LineBrokeOff:     {"it says that the listing broke off", "文本说明列表在此中断"},
		problem.LineLeftOut:      {"it says that lines were left out here", "文本说明此处有省略"},
		problem.LineColumns:      {"it has another number of columns than the heading", "列数与表头不同"},
		problem.LineNoCount:      {"it is no count of a state", "不是某个状态的计数"},
		problem.LineNoNumber:     {"it has no number, as the others have", "没有数目，而其他行有"},
		problem.LineBadNumber:    {"its number cannot be read", "其中的数目无法读取"},
		problem.LinePairs:        {"before it there is a state without its number, or a number without its state", "其前面有状态没有数目，或有数目没有状态"},
		problem.LineStateless:    {"before it there is a socket without its state", "其前面有套接字没有状态"},
		problem.LineOtherTotal:   {"the counts do not add up to it", "各计数之和与它不符"},
		problem.LineNotSockets:   {"what it counts by state is no socket of the machine", "其中按状态统计的不是本机的套接字"},
		problem.LineSeveral:      {"it has several numbers for one state", "一个状态有多个数字"},
		problem.LineUnclear:      {"it is not clear what its number counts", "不清楚其中的数字计的是什么"},
		problem.LineListens:      {"its number may be the port of a setting (Listen 80): no other state is counted", "其中的数字可能是配置里的端口（Listen 80）：没有统计其他状态"},
		problem.LineLossy:        {"the answer that was pasted had lost data itself", "粘贴的统计本身就不完整"},
		problem.LineProtocol:     {"its protocol is unknown", "协议未知"},
		problem.LineUnreadable:   {"it is no row and no count that can be read", "既不是可读的行，也不是可读的计数"},
		problem.LineLikeRow:      {"it begins like a TCP row and goes on like none", "开头像 TCP 行，后面不像"},
	}
	for code, t := range all {
		all[code] = Text{
			En: t.En + "[2: ({2} is no state that tcpvitals knows)]: {1}",
			Zh: "第 {4} 行：" + t.Zh + "[2:（{2} 不是 tcpvitals 认识的状态）]：{1}",
		}
	}
	return all
}

// listingReasons say what is missing in a whole listing, and what was read in
// another way than it stands there.
func listingReasons() map[problem.Code]Text {
	return map[problem.Code]Text{
		problem.MoreBroken:     {"and {1} more that cannot be read", "此后还有 {1} 行无法读取"},
		problem.LineCutState:   {"{2} may be the start of CLOSE_WAIT, cut off by a narrow column or screen: {1}", "第 {4} 行：{2} 可能是被过窄的列或屏幕截断的 CLOSE_WAIT：{1}"},
		problem.LineStrayWord:  {"{2} is beside its count, and it is not known whether that says what the number is of: {1}", "第 {4} 行：计数旁边有 {2}，不知道它是否说明这个数字计的是什么：{1}"},
		problem.LineStrayTitle: {"{2} is above or below counts, and it is not known whether that says what their numbers are of: {1}", "第 {4} 行：计数上方或下方有 {2}，不知道它是否说明这些数字计的是什么：{1}"},
		problem.CommandLimits:  {"the command in {1} {2} leaves some out, so that no count is known to be whole: {3}", "第 {2} 行的命令略去了一部分，因此各计数都可能不完整：{3}"},
		problem.FoldedHosts:    {"{1} stands for several machines, whose lines are here once (clush -b, dshbak -c): what is of each of them is counted once", "{1} 代表多台机器，其内容只出现一次（clush -b、dshbak -c）：每台机器都有的部分只计了一次"},
		problem.CommandMixes:   {"the command in {1} {2} lists UDP or other sockets too, and what it printed does not say which are of TCP (ss -tan and netstat -ant list those alone): {3}", "第 {2} 行的命令还会列出 UDP 或其他套接字，其输出没有说明哪些属于 TCP（ss -tan、netstat -ant 只列 TCP）：{3}"},
		problem.Rounded:        {"{1} {1:is|are} rounded, so that the sums are not exact; the first is {2} {3}: {4}", "有 {1} 个数是约数，总和不精确；第一个在第 {3} 行：{4}"},
		problem.BlankInNumber:  {"a blank in a number is taken for a thousands sign, and it may stand between two numbers; the first is {1} {2}: {3}", "数字中的空格按千位分隔符处理，但也可能是两个数；第一处在第 {2} 行：{3}"},
		problem.PointInNumber:  {"some numbers end with a point and noughts and others have none, so that a point may be damage; the first is {1} {2}: {3}", "有的数字带小数点和零，有的没有，小数点可能是损坏；第一处在第 {2} 行：{3}"},
		problem.DotInNumber:    {"a dot in a number is taken for a thousands sign: there are no parts of a socket; the first is {1} {2}: {3}", "数字中的点按千位分隔符处理：套接字没有小数；第一处在第 {2} 行：{3}"},
		problem.OlderNumber:    {"behind a number there is one of another time, which is left out; the first is {1} {2}: {3}", "数目后面还有另一时间的数目，已略去；第一处在第 {2} 行：{3}"},
		problem.PowerOfTen:     {"a number with a power of ten is read in full; the first is {1} {2}: {3}", "带指数的数字按整数读取；第一处在第 {2} 行：{3}"},
		problem.LineNumbers:    {"the numbers before the rows are taken for those of lines, and may be counts (uniq -c): each row is counted once", "各行前面的数字按行号处理，但也可能是计数（uniq -c）：每行只计一次"},
		problem.CountNumbers:   {"the numbers before the states are taken for those of lines, and may be counts, ports or processes: the numbers behind the states are counted", "状态前面的数字按行号处理，但也可能是计数、端口或进程号：计入的是状态后面的数字"},
		problem.StateInARow:    {"a state is on lines next to each other with a number on each: they may be ports, processes or queues, and are added up as counts; the first is {1} {2}: {3}", "同一状态出现在相邻的行中，各带一个数字：它们可能是端口、进程号或队列，现按计数相加；第一处在第 {2} 行：{3}"},
		problem.StateCodes:     {"every number beside a state is the code of that state itself: it may be a list of codes, which is added up as counts; the first is {1} {2}: {3}", "每个状态旁边的数字正好是该状态的编号：可能是编号表，现按计数相加；第一处在第 {2} 行：{3}"},
		problem.NumberColumn:   {"the numbers under {1} may count sockets, or may not: each row is counted once; the first is {2} {3}: {4}", "{1} 之下的数字可能是套接字数，也可能不是：每行只计一次；第一处在第 {3} 行：{4}"},
		problem.OneSide:        {"every row stands behind {1}, as one side of a diff has them: rows that both sides have are not here", "每行前面都有 {1}，像是差异（diff）的一侧：两侧都有的行不在其中"},
		problem.ImpossibleAddr: {"{1} cannot be: a part is too large, or there are too many or too few; the first is {2} {3}: {4}", "有 {1} 个地址不可能存在：某一段过大，或段数不对；第一个在第 {3} 行：{4}"},
		problem.DocumentLossy:  {"it says that it had lost data itself: {1}", "该文档自称数据不完整：{1}"},
		problem.DocumentPart:   {"it says itself that there is more: {1}", "该文档自称还有更多内容：{1}"},
		problem.DocumentCut:    {"its JSON ends early or is damaged", "该 JSON 文档不完整或已损坏"},
		problem.OtherLines:     {"{1} {1:was|were} left out, which {1:is|are} no socket; the first is {2} {3}: {4}", "略去了 {1} 行不是套接字的内容；第一处在第 {3} 行：{4}"},
		problem.OtherNumbers:   {"{1} {1:number|numbers} beside the states {1:counts|count} no sockets and {1:was|were} left out; the first is {4}, {2} {3}", "状态旁边有 {1} 个数字不是套接字数，已略去；第一个在第 {3} 行：{4}"},
		problem.Prefixes:       {"lines stand behind {1} and behind {2}: they are counted together", "各行前面有 {1}，也有 {2}：已合并计数"},
		problem.SameTwice:      {"the connection of line {1} is there {2} times: if the listing is too, every count is as many times too high", "第 {1} 行的连接出现了 {2} 次：如果整份列表也重复，各计数就是实际的相应倍数"},
		problem.StatesTwice:    {"{1} {3:is|are} there up to {2} times: the counts are the sum of all of them", "{1} 最多出现了 {2} 次：计数是它们的总和"},
		problem.UnknownName:    {"{1} {1:name|names} above them {1:says|say} nothing of TCP; the first is {4}, {2} {3}", "其上有 {1} 个名称未表明是 TCP；第一个在第 {3} 行：{4}"},
		problem.SumLeftOut:     {"{1} {1:part is|parts are} the sum of the others and {1:was|were} left out; the first is {4}, {2} {3}", "{1} 个部分是其余部分之和，已略去；第一个在第 {3} 行：{4}"},
		problem.OtherMoment:    {"another time, file or document begins {1} {1:time|times}; the first is {2} {3}: {4}; the counts are the sum of all of them", "另一时间、文件或文档的内容开始了 {1} 次；第一处在第 {3} 行：{4}；计数是它们的总和"},
		problem.SecondsApart:   {"{1} {1:line is|lines are} of a time a second from the line before; the first is {2} {3}: {4}; if they are several looks, the counts are the sum of them", "有 {1} 行的时间与前一行相差一秒；第一处在第 {3} 行：{4}；如果是多次查看，计数是它们的总和"},
		problem.OtherTable:     {"behind another command or a rule there is more {1} {1:time|times}; the first is {2} {3}: {4}; the counts are the sum of all of it", "另一条命令或分隔线之后又有内容 {1} 次；第一处在第 {3} 行：{4}；计数是它们的总和"},
		problem.Mixture:        {"rows of {1} are counted together; one machine listed twice is counted twice", "{2} 的行已合并计数；同一台机器列出两次就会计两次"},
		problem.CountsBeside:   {"{1} lines with a state and a number, {2} sockets in all, are not added to the rows", "另有 {1} 行状态计数，共 {2} 个套接字，未与各行相加"},
		problem.HeadingAgain:   {"the heading of {1} is there {2} times (netstat -c?): the counts are the sum of all of them", "{1} 的表头出现了 {2} 次（netstat -c？）：计数是它们的总和"},
		problem.NoListeners:    {"there are none in the listing, and {1} leaves them out without -a", "LISTEN：列表中没有，而 {1} 不带 -a 时会略去它们"},
		problem.NoListenersOf:  {"there are none in the listing, and the netstat or ss that was counted leaves them out without -a", "LISTEN：列表中没有，而当初统计的 netstat 或 ss 不带 -a 时会略去它们"},
		problem.OnlyConnected:  {"there are none in the listing, and ss leaves them out without -a", "LISTEN、TIME_WAIT、SYN_RECV：列表中没有，而 ss 不带 -a 时会略去它们"},
		problem.OnlyListening:  {"there are only listening sockets in the listing: netstat and ss leave the others out with -l", "连接：列表中只有监听套接字，netstat 和 ss 带 -l 时会略去其他套接字"},
		problem.MaybeUDP:       {"{1} UNCONN rows are taken for bound but idle TCP sockets; ss -u prints UDP sockets in the same way, and connected ones as ESTAB", "BOUND：{1} 行 UNCONN 按已绑定但空闲的 TCP 套接字计；ss -u 也这样打印 UDP 套接字，已连接的打印为 ESTAB"},
		problem.OneFamily:      {"only the other file is in the listing: cat /proc/net/tcp /proc/net/tcp6", "{0}：列表中只有另一个文件：cat /proc/net/tcp /proc/net/tcp6"},
		problem.ShortAddresses: {"{1} were cut short by netstat, which prints them whole with -W", "有 {1} 个地址被 netstat 截短，带 -W 时会完整打印"},
		problem.NamedAddresses: {"{1} have a name for an address or port; -n prints numbers", "有 {1} 个地址或端口是名称；-n 会打印数字"},
		problem.FormatBound:    {"{1} does not show sockets that are bound but neither listen nor connect", "BOUND：{1} 不显示既没监听也没连接的套接字"},
		problem.FormatObjects:  {"{1} does not say which FIN_WAIT2 are closed by their owner, unless it shows timers (-o)", "内核对象：{1} 不说明哪些 FIN_WAIT2 已被程序关闭，除非显示定时器（-o）"},
		problem.CountsOnly:     {"counts by state have no addresses, ports, queues or owners", "只有各状态的数量，没有地址、端口、队列和所有者"},
	}
}
