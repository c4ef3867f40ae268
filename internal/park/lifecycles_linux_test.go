// SPDX-License-Identifier: Apache-2.0

package park

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// byLifecycle are machines whose connections begin, rest and end as their programs
// intend: all at once, or after a long time.
func byLifecycle() []machine {
	return []machine{
		{name: "a pool that recycles its connections", server: "echo", client: "recycler"},
		{name: "a burst now and then", server: "echo", client: "cron"},
		{name: "long polls", server: "longpoll", client: "pollers"},
		{name: "a proxy that passes the end of each side on", server: "halfproxy", client: "enders"},
		{name: "a replica that is sent changes and answers little", server: "changes", client: "replica"},
		{name: "viewers, of which some have paused", server: "bulk", client: "viewers"},
		{name: "connections that have an age", server: "ageing", client: "returning"},
		{name: "shutdowns that let requests end", server: "graceful", client: "pool2"},
		{name: "an idle timeout of the server's", server: "timeouts", client: "occasional"},
		{name: "senders of logs, which hear nothing", server: "silent", client: "loggers"},
		{name: "answers from a fixed port", server: "active", client: "passive"},
		{name: "a program that calls from the port where it listens", server: "peers", client: "peers2"},
		{name: "scrapes of targets that are gone", server: "echo", client: "scraper"},
	}
}

func lifecyclePrograms() map[string]func() {
	return map[string]func(){
		"recycler": recycler, "cron": cron, "longpoll": longPoll, "pollers": pollers, "halfproxy": halfProxy, "enders": enders,
		"changes": changes, "replica": replica, "viewers": viewers, "ageing": ageing, "returning": returning,
		"graceful": graceful, "pool2": pool, "timeouts": timeouts, "occasional": occasional, "loggers": loggers,
		"active": active, "passive": passive, "peers": peersHere, "peers2": peersThere, "scraper": scraper,
	}
}

// recycler replaces each connection of its pool after a few seconds, one after the
// other.
func recycler() {
	conns := dialMany(60)
	ready()
	next := 0
	every(50*time.Millisecond, func() {
		old := conns[next]
		conns[next] = dial()
		_ = old.Close()
		next = (next + 1) % len(conns)
		_ = ask(conns[next])
	})
}

// cron does all its work at once, every few seconds.
func cron() {
	ready()
	every(4*time.Second, func() {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				c := dial()
				_ = ask(c)
				_ = c.Close()
			})
		}
		all.Wait()
	})
}

// longPoll answers a request when it has something to report.
func longPoll() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		message := make([]byte, 8)
		for {
			if _, err := io.ReadFull(c, message); err != nil {
				_ = c.Close()
				return
			}
			time.Sleep(7 * time.Second)
			_, _ = c.Write(message)
		}
	})
}

func pollers() {
	for _, c := range dialMany(120) {
		go func() {
			for ask(c) == nil {
			}
		}()
	}
	ready()
	forever()
}

// halfProxy forwards data in both directions, and also the end of a stream: a side
// that has finished does not end the other.
func halfProxy() {
	go serve(listenAt("127.0.0.1:9090"), answerAtEnd)
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		up, err := dialer(nil).Dial("tcp4", "127.0.0.1:9090")
		check(err)
		there := up.(*net.TCPConn)
		var both sync.WaitGroup
		for _, way := range [][2]*net.TCPConn{{c, there}, {there, c}} {
			both.Go(func() {
				_, _ = io.Copy(struct{ io.Writer }{way[1]}, struct{ io.Reader }{way[0]})
				_ = way[1].CloseWrite()
			})
		}
		both.Wait()
		_, _ = c.Close(), there.Close()
	})
}

// answerAtEnd reads the whole request, waits, and answers.
func answerAtEnd(c *net.TCPConn) {
	_, _ = io.Copy(io.Discard, struct{ io.Reader }{c})
	time.Sleep(300 * time.Millisecond)
	_, _ = c.Write(make([]byte, 1000))
	_ = c.Close()
}

func enders() {
	ready()
	crowd(20, 50*time.Millisecond, func() {
		c := dial()
		_, _ = c.Write(make([]byte, 500))
		_ = c.CloseWrite()
		drain(c)
	})
}

// changes sends its clients what has changed, which now and then is much.
func changes() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		go func() { _, _ = io.Copy(io.Discard, struct{ io.Reader }{c}) }()
		for i := range 1 << 30 {
			size := 2000
			if i%20 == 0 {
				size = 2_000_000
			}
			if _, err := c.Write(make([]byte, size)); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func replica() {
	c := dial(option{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1}, option{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 2})
	go func() { _, _ = io.Copy(io.Discard, struct{ io.Reader }{c}) }()
	ready()
	every(3*time.Second, func() { _, _ = c.Write([]byte("position")) })
}

// viewers read at the speed of playback; one in six has paused.
func viewers() {
	conns := dialMany(72)
	ready()
	buf := make([]byte, 20_000)
	every(500*time.Millisecond, func() {
		for i, c := range conns {
			if i%6 != 0 {
				_, _ = io.ReadFull(c, buf)
			}
		}
	})
}

// ageing ends connections that have served for a while, and announces it first.
func ageing() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		end := time.Now().Add(3 * time.Second)
		message := make([]byte, 8)
		for time.Now().Before(end) {
			if _, err := io.ReadFull(c, message); err != nil {
				break
			}
			_, _ = c.Write(message)
		}
		_ = c.CloseWrite()
		drain(c)
	})
}

func returning() {
	ready()
	crowd(50, time.Millisecond, func() {
		c := dial()
		for ask(c) == nil {
			time.Sleep(200 * time.Millisecond)
		}
		_ = c.Close()
	})
}

// graceful restarts regularly, when its requests are done. It asks its clients to
// leave before it closes anything, and hands its listener on. A server whose Shutdown
// does neither resets connections on which a request has just arrived, which the
// doctor is right to report.
func graceful() {
	l := listen()
	begin := func() (end func()) {
		var ending atomic.Bool
		var open atomic.Int64
		s := &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(50 * time.Millisecond)
				if ending.Load() {
					w.Header().Set("Connection", "close")
				}
				_, _ = w.Write([]byte("ok"))
			}),
			ConnState: func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					open.Add(1)
				}
				if state == http.StateClosed {
					open.Add(-1)
				}
			},
		}
		mine := &handedOn{TCPListener: l, done: make(chan struct{})}
		go func() { _ = s.Serve(mine) }()
		return func() {
			_ = mine.Close()
			ending.Store(true)
			for open.Load() > 0 {
				time.Sleep(10 * time.Millisecond)
			}
			_ = s.Shutdown(context.Background())
		}
	}
	end := begin()
	ready()
	for range time.Tick(3 * time.Second) {
		last := end
		end = begin()
		go last() // in the background, because a client may take long to come
	}
}

// handedOn is a listener that looks closed to one server and stays open for the next.
type handedOn struct {
	*net.TCPListener

	done chan struct{}
	once sync.Once
}

func (h *handedOn) Accept() (net.Conn, error) {
	for {
		select {
		case <-h.done:
			return nil, net.ErrClosed
		default:
		}
		if err := h.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			return nil, err
		}
		c, err := h.TCPListener.Accept()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return c, err
		}
	}
}

func (h *handedOn) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// timeouts closes connections that have been idle for a moment.
func timeouts() {
	s := http.Server{IdleTimeout: 500 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })}
	l := listen()
	ready()
	check(s.Serve(l))
}

func occasional() {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 40}}
	ready()
	crowd(40, 900*time.Millisecond, func() { fetch(&client) })
}

func loggers() {
	conns := dialMany(60)
	ready()
	every(100*time.Millisecond, func() { write(conns, 120) })
}

// active gets an address from a client and connects to it from a fixed port, as FTP
// does from port 20.
func active() {
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		port := make([]byte, 8)
		for {
			if _, err := io.ReadFull(c, port); err != nil {
				_ = c.Close()
				return
			}
			n, err := strconv.Atoi(string(port))
			check(err)
			d := dialer([]option{{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}})
			d.LocalAddr = &net.TCPAddr{Port: 20}
			if data, err := d.Dial("tcp4", net.JoinHostPort(clientHost, strconv.Itoa(n))); err == nil {
				_, _ = data.Write(make([]byte, 10_000))
				_ = data.Close()
			}
		}
	})
}

func passive() {
	ready()
	crowd(4, 200*time.Millisecond, func() {
		l, err := net.Listen("tcp4", ":0")
		check(err)
		c := dial()
		_, _ = fmt.Fprintf(c, "%08d", l.Addr().(*net.TCPAddr).Port)
		if data, err := l.Accept(); err == nil {
			drain(data.(*net.TCPConn))
		}
		_, _ = c.Close(), l.Close()
	})
}

// callsFromListener listens on a port and connects to others from the same port.
func callsFromListener(other string) {
	both := []option{{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, {unix.SOL_SOCKET, unix.SO_REUSEPORT, 1}}
	go serve(listen(both...), echo)
	for i := range 20 {
		go serve(listenAt(fmt.Sprintf(":%d", 9100+i), both...), echo)
	}
	ready()
	for i := range 20 {
		go func() {
			for {
				d := dialer(both)
				d.LocalAddr = &net.TCPAddr{Port: serverPort}
				c, err := d.Dial("tcp4", net.JoinHostPort(other, strconv.Itoa(9100+i)))
				if err != nil {
					time.Sleep(200 * time.Millisecond)
					continue
				}
				for range 20 {
					_ = ask(c.(*net.TCPConn))
					time.Sleep(100 * time.Millisecond)
				}
				_ = c.Close()
			}
		}()
	}
	forever()
}

func peersHere()  { callsFromListener(clientHost) }
func peersThere() { callsFromListener(serverHost) }

// scraper sends requests to many servers, some of which have gone; it waits no longer
// for those than for the others.
func scraper() {
	conns := dialMany(20)
	ready()
	for i := range 3 {
		go every(time.Second, func() {
			d := dialer(nil)
			d.Timeout = 500 * time.Millisecond
			if c, err := d.Dial("tcp4", fmt.Sprintf("10.9.0.%d:9100", 200+i)); err == nil {
				_ = c.Close()
			}
		})
	}
	every(time.Second, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}
