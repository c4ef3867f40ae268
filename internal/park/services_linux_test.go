// SPDX-License-Identifier: Apache-2.0

package park

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// byService are machines with common services, each with the habits of its protocol.
func byService() []machine {
	return []machine{
		{name: "a database with slow queries and its pool", server: "database", client: "queries"},
		{name: "long streams both ways", server: "streams", client: "streamers"},
		{name: "mail, of which some do not wait for the farewell", server: "mail", client: "mailers"},
		{name: "subscribers that hear little", server: "pubsub", client: "hearers"},
		{name: "a proxy with idle connections to many backends", server: "gateway", client: "askers"},
		{name: "a job that opens 5,000 connections at once", server: "echo", client: "batch"},
		{name: "builds that are cut off", server: "artifacts", client: "builds"},
		{name: "transfers to a slow disk", server: "mirror", client: "slowdisk"},
		{name: "idle web sockets with pings", server: "sockets", client: "tabs"},
		{name: "questions of names over TCP", server: "names", client: "resolver"},
		{name: "a program that waits for others to start", server: "echo", client: "waiter"},
		{name: "localhost by its other address first", server: "localfirst", client: "askers"},
		{name: "uploads that are answered before they end", server: "earlyanswer", client: "uploaders"},
	}
}

func servicePrograms() map[string]func() {
	return map[string]func(){
		"database": database, "queries": queries, "streams": streams, "streamers": streamers, "mail": mail, "mailers": mailers,
		"pubsub": pubsub, "hearers": hearers, "gateway": gateway, "batch": batch, "artifacts": artifacts, "builds": builds, "build": oneBuild,
		"mirror": mirror, "slowdisk": slowDisk, "sockets": webSockets, "tabs": tabs, "names": names, "resolver": resolver,
		"waiter": waiter, "localfirst": localFirst, "earlyanswer": earlyAnswer, "uploaders": uploaders,
	}
}

// database answers most questions at once, and one in ten after a long time.
func database() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		question := make([]byte, 8)
		for n := 0; ; n++ {
			if _, err := io.ReadFull(c, question); err != nil {
				_ = c.Close()
				return
			}
			if n%10 == 9 {
				time.Sleep(9 * time.Second)
			}
			_, _ = c.Write(question)
			_, _ = c.Write(make([]byte, 20_000)) // the rows of the result
		}
	})
}

// queries is a pool in which a few connections are busy and the others idle.
func queries() {
	for i, c := range dialMany(80) {
		pause := 300 * time.Millisecond
		if i%4 > 0 {
			pause = 30 * time.Second
		}
		go func() {
			for ask(c) == nil {
				_, _ = io.ReadFull(c, make([]byte, 20_000))
				time.Sleep(pause)
			}
		}()
	}
	ready()
	forever()
}

// streams sends and receives messages as they come, on long-lived connections.
func streams() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		go func() { _, _ = io.Copy(io.Discard, struct{ io.Reader }{c}) }()
		every(400*time.Millisecond, func() { _, _ = c.Write(make([]byte, 50)) })
	})
}

func streamers() {
	conns := dialMany(60)
	for _, c := range conns {
		go drain(c)
	}
	ready()
	every(700*time.Millisecond, func() { write(conns, 13) })
}

// mail greets its client, reads lines, and closes first when the client asks for it.
func mail() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		defer c.Close()
		_, _ = c.Write([]byte("220 here\r\n"))
		line := make([]byte, 100)
		for {
			n, err := c.Read(line)
			if err != nil {
				return
			}
			if string(line[:min(n, 4)]) == "QUIT" {
				_, _ = c.Write([]byte("221 bye\r\n"))
				return
			}
			_, _ = c.Write([]byte("250 ok\r\n"))
		}
	})
}

// mailers send mail; one in fifteen does not wait for the server's good-bye.
func mailers() {
	ready()
	var mu sync.Mutex
	sent := 0
	crowd(8, 300*time.Millisecond, func() {
		c := dial()
		line := make([]byte, 100)
		_, _ = c.Read(line)
		for _, word := range []string{"HELO\r\n", "MAIL\r\n", "RCPT\r\n", "DATA\r\n"} {
			_, _ = c.Write([]byte(word))
			_, _ = c.Read(line)
		}
		_, _ = c.Write([]byte("QUIT\r\n"))
		mu.Lock()
		sent++
		rude := sent%15 == 0
		mu.Unlock()
		if !rude {
			_, _ = io.Copy(io.Discard, struct{ io.Reader }{c})
		}
		_ = c.Close()
	})
}

// pubsub sends the few published messages to its subscribers.
func pubsub() {
	l := listen()
	ready()
	conns := accept(l, 200)
	for i := range 1 << 30 {
		time.Sleep(3 * time.Second)
		write(conns, 60)
		if i%3 == 0 {
			write(conns, 4000)
		}
	}
}

func hearers() {
	for _, c := range dialMany(200) {
		go drain(c)
	}
	ready()
	forever()
}

// gateway forwards requests to 16 backends and keeps connections to each of them; the
// backends close those that are idle for a while.
func gateway() {
	const backends = 16
	idle := make([]chan *net.TCPConn, backends)
	for i := range backends {
		idle[i] = make(chan *net.TCPConn, 8)
		go serve(listenAt(backend(i)), func(c *net.TCPConn) {
			message := make([]byte, 8)
			for {
				_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
				if _, err := io.ReadFull(c, message); err != nil {
					_ = c.Close()
					return
				}
				_, _ = c.Write(message)
			}
		})
	}
	l := listen()
	ready()
	next := make(chan int)
	go func() {
		for i := 0; ; i = (i + 1) % backends {
			next <- i
		}
	}()
	serve(l, func(c *net.TCPConn) {
		message := make([]byte, 8)
		for {
			if _, err := io.ReadFull(c, message); err != nil {
				_ = c.Close()
				return
			}
			pass1(<-next, idle)
			_, _ = c.Write(message)
		}
	})
}

func backend(i int) string { return fmt.Sprintf("127.0.0.1:%d", 9100+i) }

// pass1 sends one request to a backend, on a kept connection if one still works.
func pass1(i int, idle []chan *net.TCPConn) {
	for {
		var up *net.TCPConn
		select {
		case up = <-idle[i]:
		default:
			c, err := dialer(nil).Dial("tcp4", backend(i))
			check(err)
			up = c.(*net.TCPConn)
		}
		if ask(up) != nil { // the backend has closed it meanwhile
			_ = up.Close()
			continue
		}
		select {
		case idle[i] <- up:
		default:
			_ = up.Close()
		}
		return
	}
}

// batch opens 5,000 connections, sends one request on each, closes them all, and
// pauses.
func batch() {
	low := unix.Rlimit{Cur: 8192, Max: 8192}
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &low)
	ready()
	for {
		conns := dialMany(5000)
		for _, c := range conns {
			_ = ask(c)
		}
		for _, c := range conns {
			_ = c.Close()
		}
		time.Sleep(30 * time.Second)
	}
}

// artifacts serves large files.
func artifacts() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		_, _ = c.Write(make([]byte, 2_000_000))
		_ = c.Close()
	})
}

// builds starts processes that fetch a file each; some are killed before they have it.
func builds() {
	ready()
	for i := range 1 << 30 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asProgram+"=build")
		hold, err := cmd.StdinPipe()
		check(err)
		check(cmd.Start())
		if i%4 == 0 {
			time.Sleep(100 * time.Millisecond)
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
		_ = hold.Close()
		time.Sleep(500 * time.Millisecond)
	}
}

func oneBuild() {
	for range 4 {
		drain(dial())
	}
	os.Exit(0)
}

// mirror sends large files.
func mirror() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		for {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				_ = c.Close()
				return
			}
		}
	})
}

// slowDisk reads as much as memory has room for, and then waits for the disk.
func slowDisk() {
	for i, c := range dialMany(6) {
		go func() {
			for {
				if _, err := io.CopyN(io.Discard, struct{ io.Reader }{c}, 4<<20); err != nil {
					return
				}
				time.Sleep(time.Duration(2+i) * time.Second)
			}
		}()
	}
	ready()
	forever()
}

// webSockets sends a ping on each connection now and then, and nothing else.
func webSockets() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		go every(15*time.Second, func() { _, _ = c.Write([]byte{0x89, 0}) })
		drain(c)
	})
}

func tabs() {
	for _, c := range dialMany(300) {
		go func() {
			ping := make([]byte, 2)
			for {
				if _, err := io.ReadFull(c, ping); err != nil {
					return
				}
				_, _ = c.Write([]byte{0x8a, 0})
			}
		}()
	}
	ready()
	forever()
}

// names answers questions that have a length prefix, and closes connections that are
// idle for two seconds.
func names() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		defer c.Close()
		size := make([]byte, 2)
		for {
			_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
			if _, err := io.ReadFull(c, size); err != nil {
				return
			}
			question := make([]byte, binary.BigEndian.Uint16(size))
			if _, err := io.ReadFull(c, question); err != nil {
				return
			}
			_, _ = c.Write(append(size, question...))
		}
	})
}

// resolver asks each question on a connection of its own, and leaves it to the server
// to close some of them.
func resolver() {
	ready()
	var mu sync.Mutex
	asked := 0
	crowd(10, 100*time.Millisecond, func() {
		c := dial()
		_, _ = c.Write(append([]byte{0, 30}, make([]byte, 30)...))
		_, _ = io.ReadFull(c, make([]byte, 32))
		mu.Lock()
		asked++
		leave := asked%3 == 0
		mu.Unlock()
		if leave {
			drain(c)
		}
		_ = c.Close()
	})
}

// waiter works, and regularly tries to connect to a service that has not started yet.
func waiter() {
	conns := dialMany(20)
	ready()
	for i := range 5 {
		go every(300*time.Millisecond, func() {
			if c, err := dialer(nil).Dial("tcp4", net.JoinHostPort(serverHost, strconv.Itoa(8101+i))); err == nil {
				_ = c.Close()
			}
		})
	}
	every(200*time.Millisecond, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}

// localFirst connects to a service on its own host, each time first to ::1, where the
// service does not listen, and then to 127.0.0.1.
func localFirst() {
	go serve(listenAt("127.0.0.1:9090"), echo)
	go serve(listen(), echo)
	ready()
	every(20*time.Millisecond, func() {
		for _, at := range []string{"[::1]:9090", "127.0.0.1:9090"} {
			if c, err := dialer(nil).Dial("tcp", at); err == nil {
				_ = ask(c.(*net.TCPConn))
				_ = c.Close()
			}
		}
	})
}

// earlyAnswer reads the beginning of a request, rejects it, and reads on for a moment,
// as RFC 9112 9.6 requires.
func earlyAnswer() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		_, _ = io.ReadFull(c, make([]byte, 8))
		_, _ = c.Write([]byte("413 toobig"))
		_ = c.CloseWrite()
		drain(c)
	})
}

func uploaders() {
	ready()
	crowd(6, 300*time.Millisecond, func() {
		c := dial()
		go func() { _, _ = c.Write(make([]byte, 300_000)) }()
		_, _ = io.ReadFull(c, make([]byte, 10))
		_ = c.CloseWrite()
		drain(c)
	})
}
