// SPDX-License-Identifier: Apache-2.0

package park

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// byHabit are machines whose programs restart, wait, give up and fail over as their
// operators intend.
func byHabit() []machine {
	rare := []machine{
		{name: "two versions that take over from each other", server: "bluegreen", client: "returning2"},
		{name: "pings on connections that say nothing else", server: "echo", client: "pingers"},
		{name: "transactions left open while a program thinks", server: "echo", client: "thinkers"},
		{name: "one connection for all, both ways full", server: "echoes2", client: "onemount"},
		{name: "many short processes at once", server: "keeper", client: "crontab"},
		{name: "a receiver of logs that rests", server: "resting", client: "loggers2"},
		{name: "a consumer that starts slowly", server: "slowstart", client: "producers"},
		{name: "a balancer that ends what is idle", server: "balancing", client: "idlers"},
		{name: "a database that changes over", server: "failover", client: "failed"},
		{name: "a proxy that does not touch the data", server: "splicer", client: "copiers"},
		{name: "requests that are given up soon", server: "sluggish", client: "hasty"},
		{name: "an address of two that does not answer", server: "echo", client: "eyeballs"},
		{name: "few workers, well used", server: "fewworkers", client: "steady"},
		{name: "a server that allows a client only so much", server: "limitedly", client: "burners"},
		{name: "a replica that loads everything anew", server: "changes", client: "loader"},
	}
	for i := range rare {
		rare[i].soak = true
	}
	return append(rare, []machine{
		{name: "a service of a manager that restarts", server: "rebooter", client: "patient"},
		{name: "half-closed streams with long pauses", server: "follower", client: "watchers"},
	}...)
}

func habitPrograms() map[string]func() {
	return map[string]func(){
		"rebooter": rebooter, "stoppable": stoppable, "patient": patient, "bluegreen": blueGreen, "colour": colour, "returning2": returningAsker,
		"pingers": pingers, "thinkers": thinkers, "echoes2": echoes, "onemount": oneMount, "crontab": crontab, "curl": curl,
		"resting": resting, "loggers2": loggersThatWait, "slowstart": slowStart, "producers": producers,
		"balancing": balancing, "idlers": idlers, "failover": failover, "failed": failed, "splicer": splicer, "copiers": copiers,
		"sluggish": sluggish, "hasty": hasty, "eyeballs": eyeballs, "fewworkers": fewWorkers, "steady": steady,
		"limitedly": limitedly, "burners": burners, "loader": loader, "follower": follower, "watchers": watchers,
	}
}

// rebooter is a service manager that keeps a listener open and restarts its service
// from time to time; meanwhile connections wait in the queue.
func rebooter() {
	fd := rawListener(128)
	check(unix.SetNonblock(fd, true))
	listener := os.NewFile(uintptr(fd), "listener")
	for {
		service := child("stoppable", listener)
		time.Sleep(3 * time.Second)
		check(service.Process.Signal(unix.SIGTERM))
		_ = service.Wait()
		time.Sleep(700 * time.Millisecond)
	}
}

// patient sends each request on a new connection, and repeats it if the connection
// breaks.
func patient() {
	ready()
	crowd(15, 200*time.Millisecond, func() {
		c, err := dialer(nil).Dial("tcp4", target())
		if err != nil {
			return
		}
		for range 3 {
			if ask(c.(*net.TCPConn)) != nil {
				break
			}
		}
		_ = c.Close()
	})
}

// stoppable is a managed service that ends on request.
func stoppable() {
	l, err := net.FileListener(os.NewFile(3, "listener"))
	check(err)
	serveUntilTold(l)
}

// serveUntilTold serves until it gets SIGTERM; then it accepts no more connections and
// ends each one after its next answer.
func serveUntilTold(l net.Listener) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, unix.SIGTERM)
	var ends atomic.Bool
	var all sync.WaitGroup
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { echoUntil(c.(*net.TCPConn), &ends) })
		}
	}()
	ready()
	<-told
	ends.Store(true)
	_ = l.Close()
	all.Wait()
	os.Exit(0)
}

// echoUntil is echo, but ends after the next answer once ends is set.
func echoUntil(c *net.TCPConn, ends *atomic.Bool) {
	message := make([]byte, 8)
	for {
		if _, err := io.ReadFull(c, message); err != nil {
			break
		}
		_, _ = c.Write(message)
		if ends.Load() {
			break
		}
	}
	_ = c.CloseWrite()
	drain(c)
}

// blueGreen starts the next version of a service on the same port and then tells the
// previous one to end, which it does when it has answered.
func blueGreen() {
	last := child("colour")
	for {
		time.Sleep(3 * time.Second)
		next := child("colour")
		time.Sleep(300 * time.Millisecond)
		check(last.Process.Signal(unix.SIGTERM))
		_ = last.Wait()
		last = next
	}
}

func colour() {
	serveUntilTold(listen(option{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1}))
}

func returningAsker() {
	ready()
	crowd(40, 100*time.Millisecond, func() {
		c, err := dialer(nil).Dial("tcp4", target())
		if err != nil {
			return
		}
		for ask(c.(*net.TCPConn)) == nil {
			time.Sleep(150 * time.Millisecond)
		}
		_ = c.Close()
	})
}

// pingers check their connections once a second and send nothing else.
func pingers() {
	conns := dialMany(200)
	ready()
	every(time.Second, func() {
		for _, c := range conns {
			_ = ask(c)
		}
	})
}

// thinkers send a request and then wait for a quarter of a minute before the next one.
func thinkers() {
	for i, c := range dialMany(60) {
		go func() {
			time.Sleep(time.Duration(i) * 250 * time.Millisecond)
			for ask(c) == nil {
				time.Sleep(15 * time.Second)
			}
		}()
	}
	ready()
	forever()
}

// oneMount sends and receives as much as it can on one connection.
func oneMount() {
	c := dial()
	ready()
	go func() { _, _ = io.Copy(io.Discard, struct{ io.Reader }{c}) }()
	block := make([]byte, 128<<10)
	for {
		if _, err := c.Write(block); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// crontab regularly starts a dozen processes at once, each of which sends one request.
func crontab() {
	ready()
	for {
		var all []*exec.Cmd
		for range 12 {
			all = append(all, child("curl"))
		}
		for _, cmd := range all {
			_ = cmd.Wait()
		}
		time.Sleep(3 * time.Second)
	}
}

func curl() {
	fetch(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	os.Exit(0)
}

// resting reads for two of every five seconds; for the other three it is busy writing
// to a disk.
func resting() {
	l := listen()
	ready()
	conns := accept(l, 80)
	var hold sync.RWMutex
	for _, c := range conns {
		go func() {
			buf := make([]byte, 64<<10)
			for {
				hold.RLock()
				hold.RUnlock() //nolint:staticcheck // to wait is all
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	for {
		time.Sleep(2 * time.Second)
		hold.Lock()
		time.Sleep(3 * time.Second)
		hold.Unlock()
	}
}

// loggersThatWait send more than the buffers hold while nobody reads.
func loggersThatWait() {
	conns := dialMany(80)
	ready()
	for _, c := range conns {
		go every(50*time.Millisecond, func() { _, _ = c.Write(make([]byte, 8<<10)) })
	}
	keep(conns)
}

// slowStart accepts connections at once and begins to read when it has warmed up.
func slowStart() {
	l := listen()
	ready()
	for {
		conns := accept(l, 50)
		time.Sleep(4 * time.Second)
		for _, c := range conns {
			go echo(c)
		}
	}
}

// producers send requests on their connections for a while, and then change to new
// connections.
func producers() {
	ready()
	for {
		conns := dialMany(50)
		var all sync.WaitGroup
		for _, c := range conns {
			all.Go(func() {
				for range 20 {
					_ = ask(c)
					time.Sleep(200 * time.Millisecond)
				}
				_ = c.Close()
			})
		}
		all.Wait()
	}
}

// balancing forwards connections, and ends both sides of one that was idle for two
// seconds: one side with a reset.
func balancing() {
	go serve(listenAt("127.0.0.1:9090"), echo)
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		up, err := dialer(nil).Dial("tcp4", "127.0.0.1:9090")
		check(err)
		there := up.(*net.TCPConn)
		message := make([]byte, 8)
		for {
			_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
			if _, err := io.ReadFull(c, message); err != nil {
				break
			}
			_ = ask(there)
			_, _ = c.Write(message)
		}
		reset(c)
		_ = there.Close()
	})
}

// idlers send a request now and then; if the server has closed an idle connection,
// they notice it and connect again.
func idlers() {
	ready()
	var n int
	var mu sync.Mutex
	crowd(60, 10*time.Millisecond, func() {
		mu.Lock()
		n++
		rude := n%4 == 0
		mu.Unlock()
		c := dial()
		for ask(c) == nil {
			time.Sleep(time.Second)
			if rude {
				time.Sleep(4 * time.Second)
			}
		}
		_ = c.Close()
	})
}

// failover is two databases that take turns every six seconds: the one that stops
// closes its connections and refuses new ones for a second.
func failover() {
	shared := option{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}
	l := listenAt(":9201", shared)
	ready()
	for n := 2; ; n = 3 - n {
		var mu sync.Mutex
		var conns []*net.TCPConn
		done := make(chan struct{})
		go func() {
			serve(l, func(c *net.TCPConn) {
				mu.Lock()
				conns = append(conns, c)
				mu.Unlock()
				echo(c)
			})
			close(done)
		}()
		time.Sleep(6 * time.Second)
		_ = l.Close()
		<-done
		mu.Lock()
		for _, c := range conns {
			reset(c)
		}
		mu.Unlock()
		time.Sleep(time.Second)
		l = listenAt([]string{":9201", ":9202"}[n-1], shared)
	}
}

func failed() {
	ready()
	crowd(40, 300*time.Millisecond, func() {
		for _, port := range []string{"9201", "9202"} {
			c, err := dialer(nil).Dial("tcp4", net.JoinHostPort(serverHost, port))
			if err != nil {
				continue
			}
			for ask(c.(*net.TCPConn)) == nil {
				time.Sleep(100 * time.Millisecond)
			}
			_ = c.Close()
		}
	})
}

// splicer forwards data inside the kernel: received data is in a pipe before it is
// sent.
func splicer() {
	go serve(listenAt("127.0.0.1:9090"), func(c *net.TCPConn) {
		_, _ = c.Write(make([]byte, 3_000_000))
		_ = c.Close()
	})
	l := listen()
	ready()
	serve(l, func(c *net.TCPConn) {
		up, err := dialer(nil).Dial("tcp4", "127.0.0.1:9090")
		check(err)
		_, _ = io.Copy(c, up.(*net.TCPConn)) // copies with splice(2)
		_, _ = c.Close(), up.Close()
	})
}

func copiers() {
	ready()
	crowd(6, 100*time.Millisecond, func() {
		c := dial()
		buf := make([]byte, 64<<10)
		for {
			if _, err := c.Read(buf); err != nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		_ = c.Close()
	})
}

// sluggish answers one request in a hundred after three seconds and the others at
// once.
func sluggish() {
	s := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(3 * time.Second)
		}
		_, _ = w.Write(make([]byte, 20_000))
	})}
	l := listen()
	ready()
	check(s.Serve(l))
}

// hasty repeats a request that has no answer within a second on a new connection, and
// abandons the first.
func hasty() {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20}}
	ready()
	var mu sync.Mutex
	asked := 0
	crowd(10, 200*time.Millisecond, func() {
		mu.Lock()
		asked++
		path := "/"
		if asked%100 == 0 {
			path = "/slow"
		}
		mu.Unlock()
		ctx, end := context.WithTimeout(context.Background(), time.Second)
		defer end()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target()+path, nil)
		check(err)
		if answer, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			return
		}
		fetch(&client)
	})
}

// eyeballs connects to two addresses of a service, a quarter of a second apart, and
// keeps the connection that is established first (RFC 8305).
func eyeballs() {
	ready()
	crowd(4, 200*time.Millisecond, func() {
		ctx, won := context.WithCancel(context.Background())
		go func() {
			if c, err := dialer(nil).DialContext(ctx, "tcp4", "10.9.0.77:8080"); err == nil {
				_ = c.Close()
			}
		}()
		time.Sleep(250 * time.Millisecond)
		c := dial()
		won()
		_ = ask(c)
		_ = c.Close()
	})
}

// fewWorkers is five workers that each accept connections and work on a request for a
// while.
func fewWorkers() {
	fd := rawListener(511)
	check(unix.SetNonblock(fd, false))
	ready()
	for range 5 {
		go func() {
			message := make([]byte, 8)
			for {
				c, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
				check(err)
				_, _ = unix.Read(c, message)
				time.Sleep(100 * time.Millisecond)
				_, _ = unix.Write(c, message)
				_ = unix.Close(c)
			}
		}()
	}
	forever()
}

// steady is ten clients of five workers, so that some always wait.
func steady() {
	ready()
	crowd(10, 50*time.Millisecond, func() {
		c := dial()
		_ = ask(c)
		drain(c)
	})
}

// limitedly answers a connection beyond its limit with an error, and reads on until
// the client has gone.
func limitedly() {
	l := listen()
	ready()
	room := make(chan struct{}, 20)
	serve(l, func(c *net.TCPConn) {
		select {
		case room <- struct{}{}:
			echo(c)
			<-room
		default:
			_, _ = c.Write([]byte("429 soon"))
			_ = c.CloseWrite()
			drain(c)
		}
	})
}

func burners() {
	ready()
	crowd(22, 300*time.Millisecond, func() {
		c := dial()
		for range 5 {
			if ask(c) != nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		_ = c.Close()
	})
}

// loader does not read for a while after it has connected, because it processes the
// first data; the sender waits for it.
func loader() {
	ready()
	for {
		c := dial()
		_, _ = io.CopyN(io.Discard, struct{ io.Reader }{c}, 1<<20)
		time.Sleep(4 * time.Second)
		_, _ = io.CopyN(io.Discard, struct{ io.Reader }{c}, 8<<20)
		_ = c.Close()
	}
}

// follower sends an event every 6.5 seconds to each client that asked for events.
func follower() {
	l := listen()
	ready()
	conns := accept(l, 120)
	every(6500*time.Millisecond, func() { write(conns, 50) })
}

// watchers send what they are interested in, and are ready when the first event has
// come.
func watchers() {
	var first sync.WaitGroup
	for _, c := range dialMany(120) {
		_, _ = c.Write([]byte("follow"))
		check(c.CloseWrite())
		first.Go(func() {
			_, _ = io.ReadFull(c, make([]byte, 50))
			go drain(c)
		})
	}
	first.Wait()
	ready()
	forever()
}
