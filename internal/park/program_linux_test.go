// SPDX-License-Identifier: Apache-2.0

package park

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// What this binary does if it is not run as a test: it is a program of a machine,
// named in the environment, or the doctor.
const (
	asProgram = "PARK_PROGRAM"
	asDoctor  = "PARK_DOCTOR"
)

func TestMain(m *testing.M) {
	if os.Getenv(asDoctor) != "" {
		os.Exit(cli.Main(context.Background(), cli.System("v0.0.0-test"), os.Args[1:]))
	}
	if name := os.Getenv(asProgram); name != "" {
		play(name)
	}
	testnet.Main(m)
}

// play runs a program until its standard input ends.
func play(name string) {
	run := programs()[name]
	if run == nil {
		panic("no program " + name)
	}
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0)
	go run()
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// ready reports that a program is running.
func ready() { fmt.Println("ready") }

// The addresses of the two ends of the wire.
const (
	serverHost = "10.9.0.1"
	clientHost = "10.9.0.2"
	serverPort = 8080

	serverHost6 = "fd09::1"
	clientHost6 = "fd09::2"
)

// check ends a program that cannot do its work.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// An option is a socket option that is set before bind or connect.
type option struct{ level, name, value int }

func control(options []option) func(string, string, syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) (err error) {
		broken := raw.Control(func(fd uintptr) {
			for _, o := range options {
				if err == nil {
					err = unix.SetsockoptInt(int(fd), o.level, o.name, o.value)
				}
			}
		})
		if err == nil {
			err = broken
		}
		return err
	}
}

func listen(options ...option) *net.TCPListener {
	return listenAt(fmt.Sprintf(":%d", serverPort), options...)
}

func listenAt(address string, options ...option) *net.TCPListener {
	config := net.ListenConfig{Control: control(options), KeepAlive: -1} // without keepalive, because keepalive would end a leaked connection when its peer has forgotten it
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", address)
	check(err)
	return l.(*net.TCPListener)
}

// dial connects, without keepalive, as most programs do.
func dial(options ...option) *net.TCPConn {
	c, err := dialer(options).Dial("tcp4", target())
	check(err)
	return c.(*net.TCPConn)
}

func dialer(options []option) *net.Dialer {
	return &net.Dialer{Control: control(options), KeepAliveConfig: net.KeepAliveConfig{Enable: false}, KeepAlive: -1}
}

func target() string { return fmt.Sprintf("%s:%d", serverHost, serverPort) }

func dialMany(n int) (all []*net.TCPConn) {
	for range n {
		all = append(all, dial())
	}
	return all
}

// serve handles each connection in a goroutine.
func serve(l net.Listener, handle func(*net.TCPConn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go handle(c.(*net.TCPConn))
	}
}

// accept accepts n connections.
func accept(l net.Listener, n int) (all []*net.TCPConn) {
	for range n {
		c, err := l.Accept()
		check(err)
		all = append(all, c.(*net.TCPConn))
	}
	return all
}

// echo sends back what it reads until the stream ends, and closes.
func echo(c *net.TCPConn) {
	_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
	_ = c.Close()
}

// drain reads until the stream ends, and closes.
func drain(c *net.TCPConn) {
	_, _ = io.Copy(io.Discard, struct{ io.Reader }{c})
	_ = c.Close()
}

// ask sends a few bytes and waits for as many.
func ask(c *net.TCPConn) error {
	message := []byte("hello...")
	if _, err := c.Write(message); err != nil {
		return err
	}
	_, err := io.ReadFull(c, message)
	return err
}

// every calls do again and again, at an interval.
func every(d time.Duration, do func()) {
	for range time.Tick(d) {
		do()
	}
}

func write(conns []*net.TCPConn, size int) {
	for _, c := range conns {
		_, _ = c.Write(make([]byte, size))
	}
}

// reset ends a connection with an RST.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

func forever() { select {} }

// keep holds connections open. Without it the garbage collector would close
// connections that the program no longer refers to.
func keep(conns []*net.TCPConn) { every(time.Hour, func() { runtime.KeepAlive(conns) }) }
