// SPDX-License-Identifier: Apache-2.0

package park

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// healthy are the machines on which nothing is wrong. Each has a program on the
// server's host and one on the clients' host.
func healthy() []machine {
	return append(slices.Concat(byDesign(), byTraffic(), byLifecycle(), byService(), byHabit()), []machine{
		{name: "a web server under load", server: "web", client: "browsers"},
		{name: "clients that close first", server: "echo", client: "callers"},
		{name: "a Go server and its pool", server: "keeper", client: "pool"},
		{name: "an event loop", server: "eventloop", client: "askers"},
		{name: "a poll loop", server: "pollloop", client: "heartbeats"},
		{name: "a slow poll loop", server: "slowpoll", client: "heartbeats"},
		{name: "readers that wait for a whole record", server: "lowat", client: "parts"},
		{name: "half-closed streams", server: "streamer", client: "listeners"},
		{name: "health checks with a reset", server: "silent", client: "balancer"},
		{name: "health checks of one that greets", server: "greeter", client: "balancer2"},
		{name: "health checks that ask", server: "echo", client: "balancer3"},
		{name: "a pool that warms up", server: "echo", client: "warmup"},
		{name: "a deferred listener", server: "deferred", client: "silentones"},
		{name: "a Fast Open listener", server: "fastopen", client: "fastclients", sysctls: map[string]string{"net.ipv4.tcp_fastopen": "3"}},
		{name: "a server that restarts", server: "restarter", client: "stubborn"},
		{name: "a deploy that cuts off many", server: "restarter", client: "returners"},
		{name: "stray scans", server: "echo", client: "scanner"},
		{name: "an idle pool", server: "echo", client: "idlepool"},
		{name: "MPTCP", server: "mptcp", client: "mptcpclients"},
		{name: "IPv4 on an IPv6 listener", server: "mapped", client: "askers"},
		{name: "a range of a program's own", server: "echo", client: "ownrange", sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40999"}},
		{name: "a half-used port range", server: "echo", client: "halfrange", sysctls: map[string]string{"net.ipv4.ip_local_port_range": "40000 40999"}},
		{name: "slow downloads", server: "bulk", client: "sippers"},
		{name: "several that accept", server: "reuseport", client: "askers"},
		{name: "a manager and its service", server: "manager", client: "askers"},
	}...)
}

// programs are the programs of all machines, by the name of their process.
func programs() map[string]func() {
	all := map[string]func(){
		"web": web, "browsers": browsers, "echo": echoes, "callers": callers, "keeper": keeper, "pool": pool,
		"eventloop": eventLoop, "askers": askers, "pollloop": func() { pollLoop(time.Second) }, "slowpoll": func() { pollLoop(8 * time.Second) },
		"heartbeats": heartbeats, "lowat": lowat, "parts": parts, "streamer": streamer, "listeners": listeners,
		"silent": silent, "balancer": balancer, "greeter": greeter, "balancer2": balancerThatReads, "balancer3": balancerThatAsks,
		"warmup": warmup, "deferred": deferred, "silentones": silentOnes, "fastopen": fastOpen, "fastclients": fastClients,
		"restarter": restarter, "stubborn": stubborn, "returners": returners, "scanner": scanner, "idlepool": idlePool, "mptcp": mptcp, "mptcpclients": mptcpClients,
		"mapped": mapped, "ownrange": ownRange, "halfrange": halfRange, "bulk": bulk, "sippers": sippers,
		"reuseport": reusePort, "manager": managed("service"), "service": service,
	}
	maps.Copy(all, sickPrograms())
	maps.Copy(all, designPrograms())
	maps.Copy(all, trafficPrograms())
	maps.Copy(all, lifecyclePrograms())
	maps.Copy(all, servicePrograms())
	maps.Copy(all, habitPrograms())
	return all
}

func web() {
	s := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10_000)) })}
	s.SetKeepAlivesEnabled(false)
	l := listen()
	ready()
	check(s.Serve(l))
}

func browsers() {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ready()
	crowd(10, 100*time.Millisecond, func() { fetch(&client) })
}

func fetch(client *http.Client) {
	answer, err := client.Get("http://" + target())
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

// crowd runs do in n goroutines, each again and again with a pause.
func crowd(n int, pause time.Duration, do func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(func() { every(pause, do) })
	}
	all.Wait()
}

func echoes() {
	l := listen()
	ready()
	serve(l, echo)
}

func callers() {
	ready()
	crowd(5, 100*time.Millisecond, func() {
		c := dial()
		_ = ask(c)
		_ = c.Close()
	})
}

func keeper() {
	l := listen()
	ready()
	check(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })))
}

func pool() {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20}}
	ready()
	crowd(20, 200*time.Millisecond, func() { fetch(&client) })
}

// eventLoop is one thread that waits for input of all its connections.
func eventLoop() {
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	check(err)
	check(unix.Bind(l, &unix.SockaddrInet4{Port: serverPort}))
	check(unix.Listen(l, 511))
	loop, err := unix.EpollCreate1(0)
	check(err)
	watch := func(fd int) {
		check(unix.EpollCtl(loop, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}))
	}
	watch(l)
	ready()
	events, buf := make([]unix.EpollEvent, 64), make([]byte, 4096)
	for {
		n, _ := unix.EpollWait(loop, events, -1)
		for _, e := range events[:max(n, 0)] {
			if int(e.Fd) == l {
				if fd, _, err := unix.Accept4(l, unix.SOCK_NONBLOCK); err == nil {
					watch(fd)
				}
				continue
			}
			n, err := unix.Read(int(e.Fd), buf)
			if err != nil || n == 0 {
				_ = unix.Close(int(e.Fd))
				continue
			}
			_, _ = unix.Write(int(e.Fd), buf[:n])
		}
	}
}

func askers() {
	conns := dialMany(50)
	ready()
	every(200*time.Millisecond, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}

// pollLoop reads all of its connections at intervals.
func pollLoop(pause time.Duration) {
	l := listen()
	ready()
	conns := accept(l, 100)
	buf := make([]byte, 4096)
	every(pause, func() {
		for _, c := range conns {
			_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, _ = c.Read(buf)
		}
	})
}

func heartbeats() {
	conns := dialMany(100)
	ready()
	every(time.Second, func() { write(conns, 8) })
}

// lowat reads records of 4,096 bytes, and the kernel does not wake it for less
// (SO_RCVLOWAT).
func lowat() {
	l := listen(option{unix.SOL_SOCKET, unix.SO_RCVLOWAT, 4096})
	ready()
	serve(l, func(c *net.TCPConn) {
		buf := make([]byte, 4096)
		for {
			if _, err := io.ReadFull(c, buf); err != nil {
				return
			}
		}
	})
}

// parts sends a part of a record, and the rest later.
func parts() {
	conns := dialMany(40)
	write(conns, 1000)
	ready()
	keep(conns)
}

// streamer sends to clients that have shut down their own side.
func streamer() {
	l := listen()
	ready()
	conns := accept(l, 120)
	every(500*time.Millisecond, func() { write(conns, 100) })
}

func listeners() {
	for _, c := range dialMany(120) {
		check(c.CloseWrite())
		go drain(c)
	}
	ready()
	forever()
}

func silent() {
	l := listen()
	ready()
	serve(l, drain)
}

// balancer checks that a port answers, and ends each check with a reset.
func balancer() {
	ready()
	every(100*time.Millisecond, func() { reset(dial()) })
}

func greeter() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		_, _ = c.Write([]byte("220 ready\r\n"))
		drain(c)
	})
}

func balancerThatReads() {
	ready()
	every(100*time.Millisecond, func() {
		c := dial()
		_, _ = io.ReadFull(c, make([]byte, 11))
		reset(c)
	})
}

func balancerThatAsks() {
	ready()
	every(100*time.Millisecond, func() {
		c := dial()
		_ = ask(c)
		reset(c)
	})
}

// warmup opens all connections of a pool at once, and opens a new pool after a while.
func warmup() {
	ready()
	for {
		conns := dialMany(300)
		time.Sleep(8 * time.Second)
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

func deferred() {
	l := listen(option{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 60})
	ready()
	serve(l, echo)
}

// silentOnes are browsers that connect ahead of time.
func silentOnes() {
	conns := dialMany(150)
	ready()
	go keep(conns)
	every(100*time.Millisecond, func() {
		c := dial()
		_ = ask(c)
		_ = c.Close()
	})
}

func fastOpen() {
	l := listen(option{unix.IPPROTO_TCP, unix.TCP_FASTOPEN, 256})
	ready()
	serve(l, echo)
}

func fastClients() {
	ready()
	crowd(5, 100*time.Millisecond, func() {
		c := dial(option{unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 1})
		_ = ask(c)
		_ = c.Close()
	})
}

// restarter ends regularly, with all of its connections, and starts again.
func restarter() {
	l := listen()
	ready()
	for {
		var mu sync.Mutex
		var conns []*net.TCPConn
		go serve(l, func(c *net.TCPConn) {
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			echo(c)
		})
		time.Sleep(4 * time.Second)
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		time.Sleep(100 * time.Millisecond)
		l = listen()
	}
}

// stubborn connects again if its connection breaks.
func stubborn() {
	ready()
	crowd(30, 200*time.Millisecond, func() {
		c, err := dialer(nil).Dial("tcp4", target())
		if err != nil {
			return
		}
		for ask(c.(*net.TCPConn)) == nil {
			time.Sleep(100 * time.Millisecond)
		}
		_ = c.Close()
	})
}

// returners wait for messages, and connect again if their connection breaks.
func returners() {
	ready()
	crowd(300, 200*time.Millisecond, func() {
		c, err := dialer(nil).Dial("tcp4", target())
		if err == nil {
			drain(c.(*net.TCPConn))
		}
	})
}

// scanner tries ports without a listener, and one with.
func scanner() {
	ready()
	port := 1
	every(20*time.Millisecond, func() {
		port = port%5000 + 1
		c, err := dialer(nil).Dial("tcp4", net.JoinHostPort(serverHost, strconv.Itoa(port)))
		if err == nil {
			reset(c.(*net.TCPConn))
		}
		if port%50 == 0 {
			reset(dial())
		}
	})
}

func idlePool() {
	conns := dialMany(200)
	for _, c := range conns {
		check(ask(c))
	}
	ready()
	keep(conns)
}

func mptcp() {
	config := net.ListenConfig{}
	config.SetMultipathTCP(true)
	l, err := config.Listen(context.Background(), "tcp4", fmt.Sprintf(":%d", serverPort))
	check(err)
	ready()
	serve(l, echo)
}

func mptcpClients() {
	d := dialer(nil)
	d.SetMultipathTCP(true)
	var conns []*net.TCPConn
	for range 30 {
		c, err := d.Dial("tcp4", target())
		check(err)
		conns = append(conns, c.(*net.TCPConn))
	}
	ready()
	every(200*time.Millisecond, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}

func mapped() {
	l := listenAt(fmt.Sprintf("[::]:%d", serverPort))
	ready()
	serve(l, echo)
}

// ownRange uses a local port range of its own, of which connect() prefers the ports
// with the parity of the lowest.
func ownRange() {
	low, high := 40001, 40999
	var conns []*net.TCPConn
	for range 420 {
		conns = append(conns, dial(option{unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, high<<16 | low}))
	}
	ready()
	keep(conns)
}

func halfRange() {
	conns := dialMany(560)
	ready()
	keep(conns)
}

// bulk sends as much as its clients accept.
func bulk() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		for {
			if _, err := c.Write(make([]byte, 100_000)); err != nil {
				return
			}
		}
	})
}

// sippers read slowly, so that their window is closed most of the time.
func sippers() {
	conns := dialMany(20)
	ready()
	buf := make([]byte, 100_000)
	every(500*time.Millisecond, func() {
		for _, c := range conns {
			_, _ = io.ReadFull(c, buf)
		}
	})
}

func reusePort() {
	shared := option{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1}
	for range 4 {
		go serve(listen(shared), echo)
	}
	ready()
	forever()
}
