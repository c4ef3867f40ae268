// SPDX-License-Identifier: Apache-2.0

package park

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sick are machines with a permanent fault.
func sick() []machine {
	return []machine{
		{name: "a leak", server: "leaker", client: "leavers", finds: []string{"server warning CW01 leaker"}},
		{name: "nobody accepts", server: "deaf", client: "newcomers", finds: []string{"server critical AQ01 deaf", "server warning ES01 deaf"}},
		{name: "a service hangs that a manager made", server: "manager2", client: "newcomers", finds: []string{
			"server critical AQ01 hung besides manager2", "server warning ES01 hung besides manager2",
		}},
		{name: "no descriptor left to accept with", server: "starved", client: "flock", finds: []string{
			"server critical AQ01 starved", "server critical FD01 starved", "server warning ES01 starved",
		}},
		{name: "a service of a manager hangs before it has accepted", server: "manager5", client: "newcomers", finds: []string{
			"server warning AQ01 idler besides manager5", "server warning ES01 idler besides manager5",
		}},
		{name: "workers that take turns and all halt", server: "halted", client: "callers", finds: []string{
			"server warning AQ01 turn besides halted, turn, turn", "server warning ES01 turn besides halted, turn, turn",
		}},
		{name: "a listener that two have and nobody serves", server: "manager3", client: "newcomers", finds: []string{
			"server critical AQ01 manager3, idler", "server warning ES01 manager3, idler",
		}},
	}
}

func sickPrograms() map[string]func() {
	return map[string]func(){
		"leaker": leaker, "leavers": leavers, "deaf": deaf, "newcomers": newcomers, "starved": starved, "flock": flock,
		"manager2": managed("hung"), "hung": hung, "manager3": managed("idler"), "idler": idler,
		"manager5": activating("idler"), "halted": haltedTurns,
	}
}

// leaker does not close connections that its peers have closed.
func leaker() {
	l := listen()
	ready()
	keep(accept(l, 150))
}

func leavers() {
	for _, c := range dialMany(150) {
		check(c.Close())
	}
	ready()
	forever()
}

// deaf never calls accept().
func deaf() {
	rawListener(5)
	ready()
	forever()
}

// starved accepts until it has no file descriptor left.
func starved() {
	fd := rawListener(5)
	low := unix.Rlimit{Cur: 64, Max: 64}
	check(unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	ready()
	for {
		if _, _, err := unix.Accept(fd); err != nil {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func flock() {
	ready()
	for range 80 {
		time.Sleep(5 * time.Millisecond)
		go func() {
			if c, err := dialer(nil).Dial("tcp4", target()); err == nil {
				_, _ = c.Read(make([]byte, 1))
			}
		}()
	}
	forever()
}

// newcomers are more clients than the accept queue holds, and connect again and again.
func newcomers() {
	ready()
	crowd(12, 500*time.Millisecond, func() {
		d := dialer(nil)
		d.Timeout = time.Minute
		if c, err := d.Dial("tcp4", target()); err == nil {
			_, _ = c.Read(make([]byte, 1))
		}
	})
}

// haltedTurns is a group of workers, none of which runs any more.
func haltedTurns() {
	for _, w := range takeTurns() {
		for name := ""; name != "turn\n"; {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", w.Process.Pid))
			check(err)
			name = string(b)
		}
		check(w.Process.Signal(unix.SIGSTOP))
	}
	ready()
	forever()
}
