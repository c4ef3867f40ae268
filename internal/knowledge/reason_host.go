// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/problem"

// hostReasons say what could not be read of the live host.
func hostReasons() map[problem.Code]Text {
	return map[problem.Code]Text{
		problem.NoIPv6Table:      {"there is no such file: IPv6 is off, or it was not captured", "{0}：没有这个文件，IPv6 已关闭或没有收集"},
		problem.ProcessesDenied:  {"{1} of {2} processes may not be read; needs root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", "{0}：{2} 个进程中有 {1} 个不能读取；需要 root，或 CAP_SYS_PTRACE 和 CAP_DAC_READ_SEARCH"},
		problem.ProcessesRefused: {"{1} of {2} processes may not be read; the rights to read them are there, so a security module or another user namespace refuses it", "{0}：{2} 个进程中有 {1} 个不能读取；所需权限都有，应是被安全模块或其他用户命名空间拒绝"},
		problem.NoProcesses:      {"no process is in this tree: it is a copy of tables, and tells nothing of who has the sockets", "{0}：这里没有任何进程：它只是表的副本，看不出套接字属于谁"},
		problem.ProcessesHidden:  {"mounted with {1}: processes of other users are hidden; needs root or CAP_SYS_PTRACE", "{0}：挂载时带 {1}，看不到其他用户的进程；需要 root 或 CAP_SYS_PTRACE"},
		problem.ProcessesOutside: {
			"this is a PID namespace of its own: processes outside of it, which have sockets here open, cannot be seen; run it on the host, or in a container with the host's PID namespace (docker --pid=host, Kubernetes hostPID)",
			"进程：这里是独立的 PID 命名空间，看不到命名空间之外打开着这些套接字的进程；请在宿主机上运行，或使用共享宿主机 PID 命名空间的容器（docker --pid=host，Kubernetes hostPID）",
		},
		problem.NetnsDenied:     {"those of {1} processes may not be seen; needs root or CAP_SYS_PTRACE", "网络命名空间：看不到 {1} 个进程的，需要 root 或 CAP_SYS_PTRACE"},
		problem.NetnsMounts:     {"users have so many mounts that in {1} of their mount namespaces not all were looked at", "网络命名空间：用户的挂载太多，有 {1} 个挂载命名空间没有全部查看"},
		problem.NetnsHeld:       {"nothing but sockets holds it, so that it cannot be entered: {2} in it were not looked at", "网络命名空间 {1}：只有套接字还占着它，无法进入，其中 {2} 个未查看"},
		problem.NetnsFew:        {"only the {1} with most sockets are looked at, {2} are not", "网络命名空间：只查看套接字最多的 {1} 个，另有 {2} 个没有查看"},
		problem.NetnsMany:       {"users other than root have so many that {1} of theirs were not looked at", "网络命名空间：root 以外的用户的命名空间太多，有 {1} 个没有查看"},
		problem.BoundNotShown:   {"this kernel does not show sockets that are bound but idle (Linux 6.8 and later do)", "{0}：该内核不显示只绑定未使用的套接字（Linux 6.8 起才显示）"},
		problem.BoundUncertain:  {"cannot tell whether this kernel shows bound-but-idle sockets: {1}", "{0}：无法判断该内核是否显示只绑定未使用的套接字：{1}"},
		problem.BoundHeld:       {"{1} are held, but this kernel does not show sockets that are bound but idle (Linux 6.8 and later do)", "{0}：保持了 {1} 个，但该内核不显示只绑定未使用的套接字（Linux 6.8 起才显示）"},
		problem.UnknownState:    {"the kernel reports sockets in a state that this version does not know", "{0}：内核报告了本版本不认识的状态"},
		problem.ChainsUnsettled: {"{1} chains kept changing while they were walked: sockets of them may be missing", "{0}：有 {1} 条链在遍历时不断变化：其中的套接字可能有遗漏"},
		problem.GroupsFull:      {"{1} sockets are of groups for which there was no room in the kernel", "{0}：有 {1} 个套接字所属的组在内核里放不下"},
		problem.Undecided:       {"{1} sockets left out: a field that it compares is not known of them", "过滤条件：略去 {1} 个套接字，因为不知道它们的相关字段"},
		problem.UsersNameless:   {"their names are not known, numbers stand for them: {1}", "用户：名称未知，以编号代替：{1}"},
		problem.OwnersForgotten: {"there are too many destinations to remember: {1} connections told nothing about the owner of another", "归属：目的地址太多，无法全部记住：有 {1} 个连接未能用于推断其他套接字的归属"},
		problem.SessionOutside:  {"it is in another pid namespace, as with docker exec: the connections of that session could not be told, and are not left alone", "它在另一个 PID 命名空间中（例如 docker exec）：无法得知该会话的连接，因此不会避开它们"},
		problem.SessionUnread:   {"the connections of this session, which are to be left alone, could not be told: {2}", "进程 {1}：无法得知本会话自己的连接（它们不应被关闭）：{2}"},
		problem.NoJournalLine:   {"it is not a line of the journal", "{1} 第 {2} 行：不是日志的内容"},
	}
}

// judgedReasons say what is missing where something is judged or compared.
func judgedReasons() map[problem.Code]Text {
	return map[problem.Code]Text{
		problem.NoQueueLimits:      {"this source does not show the limit of an accept queue (sock_diag and ss do)", "上限：该数据来源不显示全连接队列的上限（sock_diag 和 ss 会显示）"},
		problem.NoDrops:            {"this source does not show what a listener dropped (sock_diag does, since Linux 4.7)", "丢弃数：该数据来源不显示监听套接字丢弃了什么（sock_diag 会显示，Linux 4.7 起）"},
		problem.NoHolders:          {"this source does not show who has a connection open (sock_diag does, and ss -e)", "未 accept：该数据来源不显示谁打开着连接（sock_diag 和 ss -e 会显示）"},
		problem.NoSomaxconn:        {"not known here, so that what set a limit is not known either", "{0}：此处未知，因此也不知道上限由什么决定"},
		problem.UndecidedListeners: {"{1} listeners left out: a field that it compares is not known of them", "过滤条件：略去 {1} 个监听套接字，因为不知道它们的相关字段"},
		problem.ListenersFull: {
			"{1} were not judged: there is room for {2}, those with full and filling accept queues first, then those that dropped most; tcpvitals list shows all",
			"监听套接字：有 {1} 个未判断：最多可容纳 {2} 个，优先保留全连接队列已满和将满的，其次是丢弃最多的；tcpvitals list 可列出全部",
		},
		problem.LooksAtOne:      {"there are {1} looks at one machine, the second from line {2} on: only the last one is judged", "文本中有对同一台机器的 {1} 次查看，第二次从第 {2} 行开始：只判断最后一次"},
		problem.PartsOfOne:      {"the text has one machine in parts, by protocol, family or port; another begins in line {1}, {2}: their sum is judged", "文本把一台机器按协议、地址族或端口分成几部分；第 {1} 行 {2} 开始另一部分：判断的是它们的总和"},
		problem.SeveralMachines: {"there may be several machines in it, the second in line {1}, {2}: they are judged together; give it one at a time", "其中可能有多台机器，第二台在第 {1} 行 {2}：已合并判断；请每次只给一台"},
		problem.PartsUnclear: {
			"the same table is there {1} times, the second from line {2} on, {3}, and nothing tells whether they are looks at one machine, parts of it or several machines: each and their sum are judged; give it one at a time",
			"同一张表出现了 {1} 次，第二次从第 {2} 行 {3} 开始，无法判断是对同一台机器的多次查看、它的几部分还是多台机器：已逐一判断，并判断总和；请每次只给一份",
		},
		problem.ManyPartsUnclear: {
			"the same table is there {1} times, the second from line {2} on, {3}, and nothing tells whether they are looks at one machine, parts of it or several machines: the first {4}, the last and their sum are judged; give it one at a time",
			"同一张表出现了 {1} 次，第二次从第 {2} 行 {3} 开始，无法判断是对同一台机器的多次查看、它的几部分还是多台机器：只判断前 {4} 部分、最后一部分和总和；请每次只给一份",
		},
		problem.ListenersRedacted: {"not compared: {1} is redacted, its addresses are not the real ones", "监听套接字：未比较，{1} 已脱敏，其中的地址不是真实的"},
		problem.StayedRedacted:    {"not known: {1} is redacted and does not tell its boot", "是否仍在：不知道，{1} 已脱敏，不显示是哪次启动"},
		problem.StayedNoBoot:      {"not known: the boot of one side is not known, and sockets can be told apart only within one boot", "是否仍在：不知道，一方不知是哪次启动，而套接字只有在同一次启动之内才能辨认"},
		problem.StayedOtherBoot:   {"not known: the two are of different boots or hosts, and sockets can be told apart only within one boot", "是否仍在：不知道，双方属于不同的启动或主机，而套接字只有在同一次启动之内才能辨认"},
		problem.StayedNoCookie:    {"not known of {1} connections: {2} read them without their cookies", "是否仍在：有 {1} 个连接不知道，{2} 读取时没有 cookie"},
		problem.ScopesDiffer:      {"{1} is of the network namespaces {2}, {3} of {4}: what is in one of them only looks new or gone", "网络命名空间：{1} 是 {2} 的，{3} 是 {4} 的，只在一方里的看起来像新增或消失"},
		problem.TemplateFile:      {"this looks like a template (Jinja): lines with {{ are not judged, {1} of them from line {2} on; audit what becomes of it", "{0}：这像是模板（Jinja）：含 {{ 的行未作判断，共 {1} 行，第一处在第 {2} 行；请检查填好之后的文件"},
		problem.TaskFile:          {"this looks like a file of Ansible tasks: nothing of it is judged; audit what they write", "{0}：这像是 Ansible 任务文件：未作任何判断；请检查它写出的文件"},
		problem.NoHostToCompare:   {"the files are compared with no host: {1}", "本机：这些文件没有与任何主机比较，{1}"},
	}
}

// traceReasons say what a trace has not seen.
func traceReasons() map[problem.Code]Text {
	return map[problem.Code]Text{
		problem.ClosedBefore:     {"owners of what was closed before the trace began: {1} s ago, {2} closes seen since", "跟踪开始之前关闭的连接的所有者：跟踪始于 {1} 秒前，其后看到 {2} 次关闭"},
		problem.ClosedBeforeSeen: {"owners of what was closed before the trace began: {1} s ago, {2} closes seen since, {3} TIME_WAIT of {4} by the kernel's count", "跟踪开始之前关闭的连接的所有者：跟踪始于 {1} 秒前，其后看到 {2} 次关闭，TIME_WAIT {3} 个，内核统计 {4} 个"},
		problem.ClosersDropped:   {"owners of {1} of these closes, dropped for newer ones: there is room for {2} sockets", "跟踪：其中 {1} 次关闭的所有者已被更新的记录取代：最多可容纳 {2} 个套接字"},
		problem.RingFull:         {"{1} changes were not recorded: the ring was full", "跟踪：有 {1} 次变化未被记录：环形缓冲区已满"},
		problem.OwnersFull:       {"{1} changes have no owner: the table of owners was full", "跟踪：有 {1} 次变化没有记下所有者：所有者表已满"},
		problem.ProgramSkipped:   {"the kernel left the program out {1} times on the whole host, so that at most so many changes are missing", "跟踪：内核在整台主机上跳过了该程序 {1} 次，因此最多缺少这么多次变化"},
		problem.StaysForgotten:   {"how long {1} sockets of the sample were in their state: forgotten for newer ones", "跟踪：样本中 {1} 个套接字在其状态中停留多久：已被更新的取代"},
		problem.NoResetReasons:   {"why resets were sent: this kernel does not tell (Linux 6.10 and later do), nor of those that answer what is no connection", "跟踪：为何发送重置：此内核不说明（Linux 6.10 及以后才有），也不显示对不存在的连接的重置"},
		problem.TracedRaw:        {"this kernel has raw tracepoints only: cookies, so that of a TIME_WAIT whose cookie nobody had asked for it is not known who closed", "跟踪：此内核只有原始跟踪点：没有 cookie，因此 cookie 未被查询过的 TIME_WAIT 无从得知由谁关闭"},
		problem.TraceSampled:     {"seen at a classic tracepoint only: of the whole host, not in which network namespace; not why a connection ended that nobody closed in order, nor the unit of its socket", "跟踪：只用经典跟踪点：看到的是整台主机，不分网络命名空间；非正常关闭的连接为何结束以及其套接字属于哪个单元，都看不到"},
		problem.TracePolled:      {"seen by {1} looks at the socket table only: who closed, why it ended, and what began and ended between two looks", "跟踪：只是查看了套接字表 {1} 次：看不到由谁关闭、为何结束，以及两次查看之间开始又结束的连接"},
		problem.TracePolledFull:  {"{1} sockets were not compared: there is room for {2}", "跟踪：有 {1} 个套接字未比较：最多可容纳 {2} 个"},
		problem.TimeWaitsMissed:  {"{1} TIME_WAIT were seen to begin, and the kernel counted {2}: apart since {3} s after the beginning", "跟踪：看到 {1} 个 TIME_WAIT 开始，内核统计 {2} 个：自跟踪开始后 {3} 秒起不一致"},
		problem.OpensMissed:      {"{1} connect() were seen, and the kernel counted {2}: apart since {3} s after the beginning", "跟踪：看到 {1} 次 connect()，内核统计 {2} 次：自跟踪开始后 {3} 秒起不一致"},
		problem.AcceptsMissed:    {"{1} accepted connections were seen to begin, and the kernel counted {2}: apart since {3} s after the beginning", "跟踪：看到 {1} 个被动打开的连接，内核统计 {2} 个：自跟踪开始后 {3} 秒起不一致"},
	}
}
