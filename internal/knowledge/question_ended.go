// SPDX-License-Identifier: Apache-2.0

package knowledge

// Where languages and programs tell their words for a connection that ended.
const (
	pythonHTTP    = "https://docs.python.org/3/library/http.client.html"
	curlErrors    = "https://curl.se/libcurl/c/libcurl-errors.html"
	goTransport   = "https://go.dev/src/net/http/transport.go"
	goNetErrors   = "https://pkg.go.dev/net#pkg-variables"
	goContext     = "https://pkg.go.dev/context#pkg-variables"
	apacheHTTP    = "https://hc.apache.org/httpcomponents-client-5.4.x/current/apidocs/"
	javaSocket    = "https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/Socket.html"
	javaChannel   = "https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/nio/channels/ClosedChannelException.html"
	postgresLimit = "https://www.postgresql.org/docs/current/runtime-config-connection.html"
	mysqlLimit    = "https://dev.mysql.com/doc/refman/8.4/en/too-many-connections.html"
	mysqlGone     = "https://dev.mysql.com/doc/refman/8.4/en/gone-away.html"
	redisClients  = "https://redis.io/docs/latest/develop/reference/clients/"
	nginxWorkers  = "https://nginx.org/en/docs/ngx_core_module.html"
	hikariPool    = "https://github.com/brettwooldridge/HikariCP"
)

// endedQuestions are about ends that programs name in words of their own.
func endedQuestions() []Topic {
	return questionTopics(closedWithoutAnswer(), closedByItsProgram(), noAnswerInTime(), serverConnectionLimit())
}

func closedWithoutAnswer() question {
	return question{
		name: "closed-without-answer",
		aliases: []string{
			"empty reply from server", "remote end closed connection without response", "RemoteDisconnected", "NoHttpResponseException", "failed to respond", "unexpected EOF", "server closed idle connection", "socket hang up", "premature EOF", "connection closed before response", "server closed the connection unexpectedly", "connection closed by remote host", "没有响应就关闭了连接", "对端没有应答就关闭连接", "服务器返回空响应",
		},
		ask: Text{"What do \"empty reply from server\", \"RemoteDisconnected\" or an EOF before the answer mean?", "“empty reply from server”、“RemoteDisconnected”、没有应答就 EOF 是什么意思？"},
		short: []Statement{
			say("The other end closed with a FIN before it sent an answer: the program read the end of the stream. On a connection that was used before it is mostly the server's idle timeout, on a new one a program that died, refused the request or speaks another protocol, such as TLS.",
				"对端还没发出应答就用 FIN 关闭了连接：程序读到的是流的结尾。连接以前用过的，多半是服务端的空闲超时；新建的连接则是对端程序崩溃、拒绝了请求，或说的是另一种协议（如 TLS）。",
				"RFC 9293 3.6; "+pythonHTTP+"; "+curlErrors),
		},
		detail: []Statement{
			say("The same end with data that nobody had read is a RST, and an ECONNRESET here.", "关闭时还有没读的数据，发出的就是 RST，这里得到的是 ECONNRESET。", "net/ipv4/tcp.c __tcp_close; lab: unread-data"),
			say("Let the end that sends requests close idle connections before the server does, and repeat only what may be repeated.", "让发请求的一端比服务端更早关闭空闲连接；只重试可以重复的请求。", "RFC 9293 3.6; "+goTransport),
			say("In logs: curl: (52) Empty reply from server; http.client.RemoteDisconnected (Python); http: server closed idle connection, EOF (Go); NoHttpResponseException (Java); socket hang up (Node).",
				"日志里的样子：curl: (52) Empty reply from server；http.client.RemoteDisconnected（Python）；http: server closed idle connection、EOF（Go）；NoHttpResponseException（Java）；socket hang up（Node）。",
				curlErrors+"; "+pythonHTTP+"; "+goTransport+"; "+apacheHTTP+"; "+nodeHTTP),
			say("tcpvitals trace shows which end closes, how old its connections were, and the process.", "tcpvitals trace 能看到是哪一端关闭、连接多久了、属于哪个进程。", "lab: active-close"),
		},
		see: []string{"bad-gateway", "connection-reset", "idle-timeout-on-the-way", "who-closes-first", "CLOSE_WAIT"},
	}
}

func closedByItsProgram() question {
	return question{
		name: "closed-by-its-program",
		aliases: []string{
			"EBADF", "bad file descriptor", "use of closed network connection", "socket closed", "socket is closed", "ClosedChannelException", "AsynchronousCloseException", "operation on closed socket", "stream is closed", "错误的文件描述符", "坏的文件描述符", "无效的文件描述符", "套接字已关闭", "socket 已关闭", "连接已被自己的程序关闭",
		},
		ask: Text{"What do \"use of closed network connection\", \"Socket closed\" or \"bad file descriptor\" mean?", "“use of closed network connection”、“Socket closed”、“错误的文件描述符”是什么意思？"},
		short: []Statement{
			say("This program itself had closed the connection, in another thread or before, and used it once more. The network and the other end have no part in it.",
				"是本程序自己（在别的线程里，或在此之前）关闭了连接，之后又用了它一次。与网络和对端无关。",
				goNetErrors+"; "+javaSocket+"; errno(3)"),
		},
		detail: []Statement{
			say("Often a timeout, a shutdown or a pool closed it while a request was still on it: look for who calls close() first.", "往往是超时、停机流程或连接池关闭了它，而请求还在用：找出谁先调用 close()。", goNetErrors+"; "+javaSocket),
			say("A descriptor that is closed twice is worse: its number may belong to another connection by then, which the second close() ends.", "同一个描述符关闭两次更糟：那时这个号码可能已属于另一个连接，第二次 close() 关掉的是它。", "close(2)"),
			say("In logs: 9: Bad file descriptor (C); use of closed network connection (Go); Socket closed, ClosedChannelException (Java).",
				"日志里的样子：9: Bad file descriptor（C）；use of closed network connection（Go）；Socket closed、ClosedChannelException（Java）。",
				"errno(3); "+goNetErrors+"; "+javaSocket+"; "+javaChannel),
		},
		see: []string{"not-connected", "broken-pipe", "connection-aborted", "who-closes-first"},
	}
}

func noAnswerInTime() question {
	return question{
		name: "no-answer-in-time",
		aliases: []string{
			"read timed out", "read timeout", "ReadTimeout", "request timeout", "awaiting headers", "upstream timed out while reading response header", "context deadline exceeded", "response timeout", "did not respond in time", "Operation timed out after milliseconds with 0 bytes received", "读超时", "读取超时", "请求超时", "响应超时", "接口超时", "等待响应超时",
		},
		ask: Text{"What do \"read timed out\" and \"context deadline exceeded\" mean?", "“read timed out”、“context deadline exceeded”是什么意思？"},
		short: []Statement{
			say("The program's own clock ran out, not TCP's: the connection may be open and sound, and the other end is slow, hangs, or has accepted and does not read. If it ran out at connect(), see \"connection timed out\".",
				"到时间的是程序自己设的时限，不是 TCP 的：连接可能完好，只是对端慢、卡住，或接受了连接却不读。如果是在 connect() 时到的时限，见“连接超时”。",
				goContext+"; "+javaSocket+"; "+pythonErrors),
		},
		detail: []Statement{
			say("Send-Q says where it stuck: above 0 on the client, the server's kernel has not acknowledged the request; 0 there and Recv-Q above 0 on the server, its program has not read it; 0 on both, it works on it.",
				"从 Send-Q 看卡在哪里：客户端大于 0，说明请求还没被服务端内核确认；客户端为 0 而服务端 Recv-Q 大于 0，说明程序还没读；两边都是 0，说明程序正在处理。",
				"net/ipv4/tcp_diag.c tcp_diag_get_info; lab: zero-window"),
			say("A connection that waits for accept() takes requests all the same: its client waits until the timeout. tcpvitals queues on the server shows it.",
				"还在等 accept() 的连接照样收下请求，客户端一直等到时限。在服务端用 tcpvitals queues 能看到。", "lab: accept-overflow-0"),
			say("In logs: java.net.SocketTimeoutException: Read timed out (Java); context deadline exceeded (Go); 110: Connection timed out while reading response header (nginx).",
				"日志里的样子：java.net.SocketTimeoutException: Read timed out（Java）；context deadline exceeded（Go）；110: Connection timed out while reading response header（nginx）。",
				javaSocket+"; "+goContext+"; https://nginx.org/en/docs/http/ngx_http_proxy_module.html"),
		},
		see: []string{"connection-timed-out", "send-receive-timeout", "recv-q-send-q", "accept-queue-full", "bad-gateway", "ES04"},
	}
}

func serverConnectionLimit() question {
	return question{
		name: "server-connection-limit",
		aliases: []string{
			"too many clients already", "too many connections", "ERROR 1040", "max number of clients reached", "configured maximum connection limit", "maxclients", "worker_connections are not enough", "connection pool exhausted", "pool exhausted", "connection is not available", "remaining connection slots are reserved", "timeout waiting for connection from pool", "QueuePool limit", "连接池耗尽", "连接池满", "连接池用完", "数据库连接数满", "数据库连接过多", "连接数超过上限",
		},
		ask: Text{"What do \"too many connections\", \"too many clients\" or an exhausted pool mean?", "“too many connections”、“too many clients”、连接池耗尽是什么意思？"},
		short: []Statement{
			say("A limit of the program, which no kernel parameter moves: the server counts its clients, or the client's pool its connections. TCP opened the connection; the program then turned it away.",
				"这是程序自己的上限，改内核参数没有用：服务端限制客户端数，或客户端的连接池限制连接数。TCP 已建立连接，是程序把它拒之门外。",
				postgresLimit+"; "+mysqlLimit+"; "+redisClients),
			say("First ask who holds them: tcpvitals census --by remote 'sport = :5432' on the server, tcpvitals census --by process,state 'dport = :5432' on the client.",
				"先看都被谁占着：服务端 tcpvitals census --by remote 'sport = :5432'，客户端 tcpvitals census --by process,state 'dport = :5432'。",
				"net/ipv4/tcp_diag.c tcp_diag_get_info"),
		},
		detail: []Statement{
			say("A pool that runs dry mostly has borrowers that do not give back, or queries that are slow; a larger pool only passes that on to the server.", "连接池耗尽多半是借了不还，或查询太慢；把池加大只是把问题转给服务端。", hikariPool),
			say("CLOSE_WAIT on the server are clients that are gone and still count; idle ESTABLISHED of dead clients count until keepalive finds them.", "服务端的 CLOSE_WAIT 是已经走了却仍被计数的客户端；已死客户端的空闲 ESTABLISHED 要等 keepalive 发现才释放。", "RFC 9293 3.6; lab: keepalive"),
			say("The limits: max_connections of PostgreSQL and MySQL, maxclients of Redis, worker_connections of nginx, which counts those to upstreams too.",
				"各自的上限：PostgreSQL 和 MySQL 的 max_connections，Redis 的 maxclients，nginx 的 worker_connections（连到上游的也算）。",
				nginxWorkers+"; "+postgresLimit+"; "+mysqlLimit+"; "+redisClients),
		},
		see: []string{"many-established", "too-many-open-files", "how-many-connections", "many-close-wait", "short-connections", "dead-peer"},
	}
}
