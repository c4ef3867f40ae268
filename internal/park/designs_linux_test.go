// SPDX-License-Identifier: Apache-2.0

package park

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// byDesign are machines whose programs deliberately do what looks like trouble.
func byDesign() []machine {
	return []machine{
		{name: "workers that were started ahead", server: "prefork", client: "askers"},
		{name: "half-closed requests with slow answers", server: "answerer", client: "requesters"},
		{name: "idle pools with keepalive", server: "echo", client: "kept"},
		{name: "a pool with a time limit of its own", server: "echo", client: "limited"},
		{name: "a backend that is down and refuses", server: "echo", client: "backoff"},
		{name: "health checks of a service of a manager", server: "manager", client: "balancer3"},
		{name: "IPv6 only", server: "six", client: "sixes"},
		{name: "a server that ends with a reset", server: "abrupt", client: "abruptly"},
		{name: "a sidecar", server: "sidecar", client: "askers"},
		{name: "monitoring that connects and closes", server: "silent", client: "knockers"},
	}
}

func designPrograms() map[string]func() {
	return map[string]func(){
		"prefork": prefork, "worker": worker, "answerer": answerer, "requesters": requesters, "kept": kept, "limited": limited,
		"backoff": backoff, "six": six, "sixes": sixes, "abrupt": abrupt, "abruptly": abruptly,
		"sidecar": sidecar, "knockers": knockers,
	}
}

// prefork starts workers with a listener of their own on one shared port, and does
// nothing else.
func prefork() {
	for range 3 {
		self("worker")
	}
	forever()
}

func worker() {
	l := listen(option{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1})
	ready()
	serve(l, echo)
}

// answerer reads a whole request, up to its end, and sends the answer in pieces.
func answerer() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		buf := make([]byte, 4096)
		for {
			if _, err := c.Read(buf); err != nil {
				break
			}
		}
		for {
			if _, err := c.Write(buf[:100]); err != nil {
				_ = c.Close()
				return
			}
			time.Sleep(2 * time.Second)
		}
	})
}

func requesters() {
	for _, c := range dialMany(120) {
		write([]*net.TCPConn{c}, 1000)
		check(c.CloseWrite())
		go drain(c)
	}
	ready()
	forever()
}

// kept holds seldom used connections, which the kernel keeps alive with probes.
func kept() {
	var conns []*net.TCPConn
	for range 150 {
		c := dial(option{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1}, option{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 2}, option{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 1})
		check(ask(c))
		conns = append(conns, c)
	}
	ready()
	every(20*time.Second, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}

// limited gives a connection up if its data is not acknowledged within ten seconds.
func limited() {
	var conns []*net.TCPConn
	for range 60 {
		conns = append(conns, dial(option{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 10_000}))
	}
	ready()
	every(300*time.Millisecond, func() {
		for _, c := range conns[:20] { // the other connections are idle
			_ = ask(c)
		}
	})
}

// backoff works with one backend and tries another, which refuses, at growing
// intervals.
func backoff() {
	conns := dialMany(10)
	ready()
	for range 20 {
		go func() {
			for pause := 200 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
				if c, err := dialer(nil).Dial("tcp4", net.JoinHostPort(serverHost, "8099")); err == nil {
					_ = c.Close()
				}
				time.Sleep(pause)
			}
		}()
	}
	every(200*time.Millisecond, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}

func six() {
	l := listenAt(fmt.Sprintf("[%s]:%d", serverHost6, serverPort))
	ready()
	serve(l, echo)
}

func sixes() {
	to := fmt.Sprintf("[%s]:%d", serverHost6, serverPort)
	ready()
	crowd(10, 100*time.Millisecond, func() {
		c, err := dialer(nil).Dial("tcp6", to)
		check(err)
		_ = ask(c.(*net.TCPConn))
		_ = c.Close()
	})
}

// abrupt answers and ends with a reset, so that nothing stays in TIME_WAIT.
func abrupt() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		message := make([]byte, 8)
		_, _ = c.Read(message)
		_, _ = c.Write(message)
		time.Sleep(50 * time.Millisecond)
		reset(c)
	})
}

func abruptly() {
	ready()
	crowd(5, 100*time.Millisecond, func() {
		c := dial()
		_ = ask(c)
		drain(c)
	})
}

// sidecar forwards connections to a program on the same host.
func sidecar() {
	app := listenAt("127.0.0.1:9090")
	go serve(app, echo)
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		up, err := dialer(nil).Dial("tcp4", "127.0.0.1:9090")
		check(err)
		go func() { pass(c, up.(*net.TCPConn)) }()
		pass(up.(*net.TCPConn), c)
	})
}

func pass(from, to *net.TCPConn) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			_ = to.Close()
			return
		}
		_, _ = to.Write(buf[:n])
	}
}

func knockers() {
	ready()
	crowd(5, 100*time.Millisecond, func() { _ = dial().Close() })
}
