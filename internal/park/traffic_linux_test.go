// SPDX-License-Identifier: Apache-2.0

package park

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// byTraffic are machines whose numbers are large or odd because there is much traffic.
func byTraffic() []machine {
	return []machine{
		{name: "50,000 TIME_WAIT", server: "hoarder", client: "askers", sysctls: map[string]string{"net.ipv4.tcp_max_tw_buckets": "200000"}},
		{name: "a Go server, a third without keep-alive", server: "keeper", client: "mixture"},
		{name: "a server that forks for each connection", server: "forker", client: "visitors"},
		{name: "workers that take turns to accept", server: "turns", client: "callers"},
		{name: "workers that take turns and halt", server: "halting", client: "callers"},
		{name: "a listener for each transfer", server: "transfers", client: "fetchers"},
		{name: "a service of a manager that waits to be started", server: "manager4", client: "callers"},
		{name: "a reload that lets old connections end", server: "reloader", client: "askers"},
		{name: "a publisher and slow but steady readers", server: "publisher", client: "subscribers"},
	}
}

func trafficPrograms() map[string]func() {
	return map[string]func(){
		"hoarder": hoarder, "mixture": mixture, "forker": forker, "onevisit": oneVisit, "visitors": visitors,
		"turns": turns, "turn": turn, "halting": haltingTurns, "transfers": transfers, "fetchers": fetchers,
		"manager4": activating("service"), "reloader": reloader, "publisher": publisher, "subscribers": subscribers,
	}
}

// hoarder serves clients and closes 850 connections of its own per second, so that
// 50,000 of them are in TIME_WAIT from the first moment on.
func hoarder() {
	go serve(listen(), echo)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(err)
	check(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	check(unix.Bind(fd, &unix.SockaddrInet4{Port: 9090}))
	check(unix.Listen(fd, 128))
	for i := range 50_000 {
		comeAndGo(fd, i)
	}
	ready()
	next := 0
	every(20*time.Millisecond, func() {
		for range 17 {
			comeAndGo(fd, next)
			next++
		}
	})
}

// comeAndGo is a connection that its server closes first.
func comeAndGo(listener, i int) {
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(err)
	to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + i%8)}, Port: 9090} // each destination address can use all local ports
	check(unix.Connect(client, to))
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	check(err)
	check(unix.Close(server))
	_, _ = unix.Read(client, make([]byte, 1)) // waits for the end of the stream
	check(unix.Close(client))
}

func mixture() {
	kept := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20}}
	short := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ready()
	var n atomic.Int64
	crowd(15, 50*time.Millisecond, func() {
		if n.Add(1)%3 == 0 {
			fetch(&short)
		} else {
			fetch(&kept)
		}
	})
}

// forker handles each connection in a process of its own, which also has the listener
// open, like inetd and old mail servers.
func forker() {
	fd := rawListener(64)
	listener := os.NewFile(uintptr(fd), "listener")
	ready()
	for {
		conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		check(err)
		file := os.NewFile(uintptr(conn), "connection")
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asProgram+"=onevisit")
		cmd.Stdin, cmd.Stderr, cmd.ExtraFiles = os.Stdin, os.Stderr, []*os.File{file, listener}
		check(cmd.Start())
		check(file.Close())
		go func() { _ = cmd.Wait() }()
	}
}

// oneVisit serves the connection that it inherited, and ends.
func oneVisit() {
	c, err := net.FileConn(os.NewFile(3, "connection"))
	check(err)
	echo(c.(*net.TCPConn))
	os.Exit(0)
}

// visitors stay connected for three seconds each.
func visitors() {
	ready()
	crowd(3, 3*time.Second, func() {
		c := dial()
		for range 10 {
			_ = ask(c)
			time.Sleep(300 * time.Millisecond)
		}
		_ = c.Close()
	})
}

// turns starts workers that share a listener: one at a time waits for a connection,
// and the others wait for their turn.
func turns() {
	takeTurns()
	forever()
}

func takeTurns() (workers []*exec.Cmd) {
	fd := rawListener(64)
	check(unix.SetNonblock(fd, false))
	lock, err := os.CreateTemp("", "turn")
	check(err)
	check(os.Remove(lock.Name()))
	check(os.Setenv("TURN", fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), lock.Fd())))
	listener := os.NewFile(uintptr(fd), "listener")
	for range 3 {
		workers = append(workers, self("turn", listener))
	}
	return workers
}

// haltingTurns is [turns] on a slow machine: one worker after the other stops for a
// second, at whatever point it is.
func haltingTurns() {
	workers := takeTurns()
	for i := 0; ; i = (i + 1) % len(workers) {
		check(workers[i].Process.Signal(unix.SIGSTOP))
		time.Sleep(time.Second)
		check(workers[i].Process.Signal(unix.SIGCONT))
		time.Sleep(200 * time.Millisecond)
	}
}

func turn() {
	lock, err := os.Open(os.Getenv("TURN")) // opened again: workers that share an open file would share the lock too
	check(err)
	ready()
	for {
		check(unix.Flock(int(lock.Fd()), unix.LOCK_EX))
		fd, _, err := unix.Accept4(3, unix.SOCK_CLOEXEC)
		check(unix.Flock(int(lock.Fd()), unix.LOCK_UN))
		check(err)
		file := os.NewFile(uintptr(fd), "connection") // closed at the latest by the garbage collector
		c, err := net.FileConn(file)
		check(err)
		check(file.Close())
		echo(c.(*net.TCPConn))
	}
}

// transfers answers with the number of a port, and serves the requested data there
// once.
func transfers() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		message := make([]byte, 8)
		for {
			if _, err := c.Read(message); err != nil {
				_ = c.Close()
				return
			}
			data, err := net.Listen("tcp4", ":0")
			check(err)
			go func() {
				one, err := data.Accept()
				_ = data.Close()
				if err == nil {
					_, _ = one.Write(make([]byte, 100_000))
					_ = one.Close()
				}
			}()
			port := strconv.Itoa(data.Addr().(*net.TCPAddr).Port)
			_, _ = c.Write([]byte(port + "........")[:8])
		}
	})
}

func fetchers() {
	ready()
	crowd(3, 200*time.Millisecond, func() {
		c := dial()
		message := []byte("transfer")
		_, _ = c.Write(message)
		_, _ = c.Read(message)
		port := 0
		for _, digit := range message {
			if digit >= '0' && digit <= '9' {
				port = 10*port + int(digit-'0')
			}
		}
		if data, err := dialer(nil).Dial("tcp4", net.JoinHostPort(serverHost, strconv.Itoa(port))); err == nil {
			drain(data.(*net.TCPConn))
		}
		_ = c.Close()
	})
}

// activating is [managed] with systemd's protocol: the environment says for which
// process the listener is.
func activating(service string) func() {
	return func() {
		fd := rawListener(64)
		check(unix.SetNonblock(fd, true))
		cmd := exec.Command("sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\"", os.Args[0])
		cmd.Env = append(os.Environ(), asProgram+"="+service)
		cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdin, os.Stdout, os.Stderr, []*os.File{os.NewFile(uintptr(fd), "listener")}
		check(cmd.Start())
		check(cmd.Wait()) // keeps the listener open meanwhile
	}
}

// reloader regularly opens its listener anew, and keeps the connections that came in
// through the previous one.
func reloader() {
	shared := option{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1}
	l := listen(shared)
	ready()
	for {
		go serve(l, echo)
		time.Sleep(3 * time.Second)
		old := l
		l = listen(shared)
		_ = old.Close()
	}
}

// publisher sends more than its readers can take at once, and waits for them.
func publisher() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		_ = c.SetWriteBuffer(64 << 10)
		for {
			if _, err := c.Write(make([]byte, 32<<10)); err != nil {
				_ = c.Close()
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func subscribers() {
	conns := dialMany(30)
	ready()
	for _, c := range conns {
		go func() {
			buf := make([]byte, 32<<10)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}()
	}
	keep(conns)
}
