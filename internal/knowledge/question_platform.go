// SPDX-License-Identifier: Apache-2.0

package knowledge

import "fmt"

// Where platforms and programs tell their settings.
const (
	kubernetesSysctls = "https://kubernetes.io/docs/reference/node/kernel-version-requirements/"
	kubernetesUnsafe  = "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/"
	kubeProxy         = "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/"
	nginxListen       = "https://nginx.org/en/docs/http/ngx_http_core_module.html"
	nodeListen        = "https://nodejs.org/api/net.html"
	nodeHTTP          = "https://nodejs.org/api/http.html"
	redisConf         = "https://redis.io/docs/latest/operate/oss_and_stack/management/config-file/"
	gunicornSettings  = "https://docs.gunicorn.org/en/stable/settings.html"
	javaServerSocket  = "https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/ServerSocket.html"
	goNet             = "https://go.dev/src/net/sock_linux.go"
	goDebug           = "https://go.dev/doc/godebug"
	pythonServer      = "https://docs.python.org/3/library/socketserver.html"
	pythonSocket      = "https://docs.python.org/3/library/socket.html"
)

// platformQuestions are about where programs run, and what they set themselves.
func platformQuestions() []Topic {
	return questionTopics(kubernetes(), namespaceTimeWait(), goMultipath(), programBacklogs(), kernelDefaults())
}

func kubernetes() question {
	return question{
		name:    "kubernetes",
		aliases: []string{"k8s", "pod", "docker", "containers", "kube-proxy", "容器", "容器参数", "kubernetes sysctl"},
		ask:     Text{"Which parameters hold in a pod or container, and where are they set?", "Pod 或容器里哪些参数有效，在哪里设置？"},
		short: []Statement{
			say("A pod has a network namespace of its own, which starts from the kernel's defaults: what /etc/sysctl.conf of the node sets for net.ipv4 does not reach it. tcpvitals doctor --netns all looks at each.",
				"Pod 有自己的网络命名空间，从内核默认值开始：节点 /etc/sysctl.conf 里的 net.ipv4 设置到不了它。tcpvitals doctor --netns all 会逐个检查。",
				"net/ipv4/tcp_ipv4.c tcp_sk_init; "+measured),
			say("Set them in the pod: securityContext.sysctls; Docker: --sysctl. Pods with hostNetwork share the node's parameters, ports and limits.",
				"在 Pod 里用 securityContext.sysctls 设置；Docker 用 --sysctl。hostNetwork 的 Pod 与节点共用参数、端口和各种上限。",
				kubernetesUnsafe),
		},
		detail: []Statement{
			say("Safe ones, that any pod may set: ip_local_port_range, tcp_syncookies, ip_unprivileged_port_start; ip_local_reserved_ports from Kubernetes 1.27; tcp_keepalive_time, _intvl, _probes and tcp_fin_timeout from 1.29; tcp_rmem and tcp_wmem from 1.32.",
				"任何 Pod 都可设的“安全”参数：ip_local_port_range、tcp_syncookies、ip_unprivileged_port_start；Kubernetes 1.27 起 ip_local_reserved_ports；1.29 起 tcp_keepalive_time、_intvl、_probes 和 tcp_fin_timeout；1.32 起 tcp_rmem、tcp_wmem。",
				kubernetesSysctls+"; "+kubernetesUnsafe),
			say("Others, net.core.somaxconn among them, count as unsafe: the kubelet has to allow them with --allowed-unsafe-sysctls. They are of the pod's namespace all the same.",
				"其他参数（包括 net.core.somaxconn）算“不安全”：要在 kubelet 上用 --allowed-unsafe-sysctls 放行。但它们同样只属于 Pod 的命名空间。",
				kubernetesUnsafe),
			say("Of the whole host, and of no pod: tcp_mem, tcp_max_orphans, fs.file-max, fs.nr_open and net.core.netdev_max_backlog.",
				"属于整台主机、不属于 Pod 的：tcp_mem、tcp_max_orphans、fs.file-max、fs.nr_open、net.core.netdev_max_backlog。",
				"net/ipv4/tcp.c tcp_init; fs/file_table.c files_maxfiles_init; net/core/sysctl_net_core.c netns_core_table"),
			say("kube-proxy sets conntrack on each node when it starts, whatever sysctl.conf says: nf_conntrack_max to 32768 for each CPU, at least 131072, established to 24 h and close_wait to 1 h. Change its --conntrack options instead.",
				"kube-proxy 启动时会改每个节点的 conntrack，不管 sysctl.conf 写了什么：nf_conntrack_max 为每 CPU 32768、至少 131072，established 24 小时，close_wait 1 小时。要改就改它的 --conntrack 选项。",
				kubeProxy),
		},
		see: []string{"sysctls-in-containers", "sockstat-in-container", "apply-sysctl", "somaxconn", "nf_conntrack_max", "time-wait-of-containers", "NS01"},
	}
}

func namespaceTimeWait() question {
	return question{
		name:    "time-wait-of-containers",
		aliases: []string{"TIME_WAIT in containers", "container restart TIME_WAIT", "容器重启 TIME_WAIT", "容器的 TIME_WAIT"},
		ask:     Text{"What becomes of the TIME_WAITs of a container that ends?", "容器结束后，它的 TIME_WAIT 会怎样？"},
		short: []Statement{
			say("They end with its network namespace, at once: tcp_max_tw_buckets and the 60 s are of the namespace. Counters begin at 0 in the next one.",
				"随网络命名空间一起立刻消失：tcp_max_tw_buckets 和 60 秒都属于命名空间。下一个命名空间的计数器从 0 开始。",
				"net/ipv4/tcp_ipv4.c tcp_sk_exit_batch; net/ipv4/inet_timewait_sock.c inet_twsk_purge"),
		},
		detail: []Statement{
			say("A container that restarts inside a pod keeps the pod's namespace, and its TIME_WAITs.", "Pod 内重启的容器沿用 Pod 的命名空间，TIME_WAIT 还在。", kubernetesUnsafe),
			say("With host networking all of them are the host's, and so is the limit.", "使用主机网络时，它们都属于主机，上限也是主机的。", "net/ipv4/inet_timewait_sock.c inet_twsk_alloc"),
		},
		see: []string{"TIME_WAIT", "tcp_max_tw_buckets", "sockstat-in-container", "kubernetes"},
	}
}

func goMultipath() question {
	return question{
		name:    "go-mptcp",
		aliases: []string{"multipathtcp", "Go MPTCP", "ss -M", "net.mptcp.enabled", "multipath TCP", "多路径 TCP"},
		ask:     Text{"Why do listeners of Go programs show up as MPTCP?", "为什么 Go 程序的监听套接字显示为 MPTCP？"},
		short: []Statement{
			say("Programs built with Go 1.24 or later listen with MPTCP where the kernel has it. A client that speaks plain TCP gets a plain TCP connection, which is listed as ever.",
				"用 Go 1.24 及以后版本编译的程序，只要内核支持就用 MPTCP 监听。普通 TCP 客户端得到的是普通 TCP 连接，显示与以前一样。",
				goDebug+"; net/mptcp/protocol.c mptcp_stream_accept; "+measured),
		},
		detail: []Statement{
			say("ss -t and netstat show the listener's TCP socket; ss -M shows the MPTCP one. GODEBUG=multipathtcp=0 or net.mptcp.enabled=0 makes it plain.",
				"ss -t 和 netstat 显示监听套接字的 TCP 一面，ss -M 显示 MPTCP 一面。GODEBUG=multipathtcp=0 或 net.mptcp.enabled=0 改回普通 TCP。",
				goDebug+"; net/mptcp/ctrl.c mptcp_is_enabled"),
			say("Of connections that are MPTCP, TCP sees the subflows only: a leak does not show as CLOSE_WAIT (MP01).",
				"真正的 MPTCP 连接，TCP 只能看到子流：泄漏不会表现为 CLOSE_WAIT（MP01）。", "RFC 8684 3.3.3; "+measured),
		},
		see: []string{"MP01", "LISTEN"},
	}
}

func programBacklogs() question {
	return question{
		name:    "program-backlogs",
		aliases: []string{"backlog of nginx", "default backlog", "listen backlog", "nginx backlog", "默认 backlog", "各语言 backlog"},
		ask:     Text{"How deep is the accept queue of my server by default, and where do I set it?", "我的服务默认的全连接队列有多深，在哪里设置？"},
		short: []Statement{
			say("As deep as the program asks in listen(), at most somaxconn. tcpvitals queues shows what applies. Raising somaxconn alone helps only programs that ask for more than it.",
				"等于程序在 listen() 里要的值，最多 somaxconn。tcpvitals queues 显示实际值。只调大 somaxconn，仅对要得比它多的程序有用。",
				"net/socket.c __sys_listen; lab: somaxconn; lab: somaxconn-later"),
		},
		detail: []Statement{
			say("nginx: 511; listen 80 backlog=4096. Keep-alive: keepalive_timeout 75 s.", "nginx：511；用 listen 80 backlog=4096 设置。空闲连接 keepalive_timeout 75 秒。", nginxListen),
			say("Go: somaxconn as it is when the program first listens; it has no setting. SO_KEEPALIVE is on, with 15 s.", "Go：程序第一次监听时的 somaxconn，不能设置。默认打开 SO_KEEPALIVE，15 秒。", goNet),
			say("Java ServerSocket: 50; second argument of the constructor. Servers have settings of their own.", "Java ServerSocket：50，由构造函数第二个参数指定。各服务框架另有自己的设置。", javaServerSocket),
			say("Node: 511; server.listen({port, backlog}). Keep-alive: server.keepAliveTimeout, 5 s in Node 22, less than most proxies keep connections.",
				"Node：511；server.listen({port, backlog})。空闲连接 server.keepAliveTimeout（Node 22 为 5 秒），比多数代理保持连接的时间短。", nodeListen+"; "+nodeHTTP),
			say("Redis: 511; tcp-backlog in redis.conf, where tcp-keepalive is 300 s.", "Redis：511；redis.conf 的 tcp-backlog；其中 tcp-keepalive 为 300 秒。", redisConf),
			say("Python: socketserver and http.server 5 (request_queue_size); socket.listen() without a number at most 128.", "Python：socketserver、http.server 为 5（request_queue_size）；不带参数的 socket.listen() 最多 128。", pythonServer+"; "+pythonSocket),
			say("gunicorn: 2048; --backlog.", "gunicorn：2048；用 --backlog 设置。", gunicornSettings),
		},
		see:   []string{"LISTEN", "somaxconn", "AQ01", "AQ02", "bad-gateway", "max-syn-backlog"},
		prove: []string{"somaxconn"},
	}
}

// kernelDefaults is made of the catalogue: what a default was before a kernel.
// kernelDefaultsName is the page under which stands what is otherwise on a host.
const kernelDefaultsName = "kernel-defaults"

func kernelDefaults() question {
	q := question{
		name:    kernelDefaultsName,
		aliases: []string{"defaults by kernel", "kernel versions", "distribution defaults", "各内核默认值", "内核版本差异", "RHEL", "Debian", "Ubuntu", "CentOS"},
		ask:     Text{"Which defaults depend on the kernel's version?", "哪些默认值随内核版本而不同？"},
		short: []Statement{
			say("Those below. Old recipes raise a default that has been higher since; distributions also carry changes to older kernels and set values of their own: tcpvitals doctor compares with the default of the kernel at hand (CF01).",
				"见下表。旧教程调大的默认值，后来往往已经更大；发行版还会把改动移植到旧内核，并自带一些设置：tcpvitals doctor 与当前内核的默认值比较（CF01）。",
				"Documentation/networking/ip-sysctl.rst"),
			say("Which are apart in each network namespace depends on it too: tcp_max_tw_buckets became so by a patch of December 2016. Linux 3.10 of RHEL 7 is older: there it is one value for the whole host.",
				"哪些参数在每个网络命名空间各有一份，也取决于版本：tcp_max_tw_buckets 由 2016 年 12 月的补丁改成如此。RHEL 7 的 Linux 3.10 更早：在那里它整台主机只有一份。",
				"https://linuxlists.cc/l/1/linux-kernel/permalink/%3C20161229.113925.64077621856996772.davem%40davemloft.net%3E"),
			say("systemd raises fs.file-max and, where it is built to, fs.nr_open to the most there is.", "systemd 会把 fs.file-max 调到最大；编译时启用的话，fs.nr_open 也是。", "https://github.com/systemd/systemd/blob/main/NEWS"),
		},
		see: []string{"CF01", "four-settings", "apply-sysctl", "somaxconn", "tcp_rmem"},
	}
	for s := range Sysctls() {
		value, known := s.Default.On(HostFacts{})
		if !known || len(s.Default.Former) == 0 {
			continue
		}
		line := Text{s.Key + ": " + value, s.Key + "：" + value}
		for _, former := range s.Default.Former {
			line.En += fmt.Sprintf("; before Linux %s %s", former.Until, former.Value)
			line.Zh += fmt.Sprintf("；Linux %s 之前 %s", former.Until, former.Value)
		}
		q.detail = append(q.detail, say(line.En+".", line.Zh+"。", s.Source))
	}
	return q
}
