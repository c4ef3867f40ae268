// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// What a screen may take with a million sockets, as it was asked for.
const (
	mostKey    = 16 * time.Millisecond // for 99 of 100 keys
	mostGroup  = 150 * time.Millisecond
	mostRow    = 700 * time.Millisecond
	mostShare  = 2. // % of a processor
	mostMemory = 40 // MiB
)

// BenchmarkMillion runs the program itself on a terminal, at WATCH_SOCKETS sockets
// (a million), half TIME_WAIT and half ESTABLISHED, and prints what a person waits
// for and what the host pays: make bench. WATCH_PROGRAM is the program.
func BenchmarkMillion(b *testing.B) {
	program := os.Getenv("WATCH_PROGRAM")
	if program == "" {
		b.Skip("WATCH_PROGRAM is not set: make bench sets it")
	}
	testnet.Require(b, testnet.Root)
	n := numberOf(b, "WATCH_SOCKETS", 1_000_000)
	if n > 0 { // or it is at those that are there
		holdSockets(b, program, "time-wait", n/2)
		holdSockets(b, program, "established", n/2)
	}
	for b.Loop() {
		c := newTerminal(b, 120, 40)
		begun := time.Now()
		pid, end := c.program(program, "watch", "--netns", "all")
		c.sees("own ")
		printed(b, "from the start to the first screen", time.Since(begun), 0)
		alive(b, c, pid)
		keys(b, c)
		closerAt(b, c)
		end()
	}
}

func numberOf(b *testing.B, variable string, otherwise int) int {
	b.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		b.Fatalf("%s=%q", variable, text)
	}
	return n
}

// printed prints a figure beside what was asked for; 0 is nothing.
func printed(b *testing.B, what string, took, most time.Duration) {
	b.Helper()
	asked := ""
	if most > 0 {
		asked = "at most " + most.String()
	}
	fmt.Printf("| watch, %s | %v | %s |\n", what, took.Round(100*time.Microsecond), asked)
}

// holdSockets has the lab hold sockets in a state until the benchmark is over.
func holdSockets(b *testing.B, program, state string, n int) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, "lab", "hold", state, "-n", strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "netns=") {
			return
		}
	}
	b.Fatalf("no %d sockets in %s", n, state)
}

// program runs a program with the terminal as its own. end ends it with q.
func (c *terminal) program(name string, words ...string) (pid int, end func()) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), name, words...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.tty, c.tty, c.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	return cmd.Process.Pid, func() {
		c.t.Helper()
		c.types("q")
		if err := cmd.Wait(); err != nil {
			c.t.Error(err)
		}
	}
}

// alive looks on for a minute: how often the screen changes, and what that costs.
func alive(b *testing.B, c *terminal, pid int) {
	b.Helper()
	time.Sleep(20 * time.Second) // until it knows what looks cost
	const looksOn = 60
	before, changes, last := processor(b, pid), 0, ""
	sent := c.sent.Load()
	for begun := time.Now(); time.Since(begun) < looksOn*time.Second; time.Sleep(100 * time.Millisecond) {
		if text := c.text(); text != last {
			changes, last = changes+1, text
		}
	}
	share := 100 * (processor(b, pid) - before).Seconds() / looksOn
	fmt.Printf("| watch, the screen changes | %.2f times a second | |\n", float64(changes)/looksOn)
	fmt.Printf("| watch, share of a processor | %.2f %% | at most %.0f %% |\n", share, mostShare)
	fmt.Printf("| watch, bytes to the terminal | %d a second | at most 10000 |\n", (c.sent.Load()-sent)/looksOn)
	fmt.Printf("| watch, peak of memory | %d MiB | at most %d MiB |\n", peakOf(b, pid)>>10, mostMemory)
	fmt.Printf("| watch, says | %s | |\n", strings.Join(strings.Fields(strings.SplitN(c.text(), "\n", 3)[1]), " "))
}

// processor is how much of it a process has had (proc(5) stat: utime, stime, in
// hundredths of a second).
func processor(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// peakOf is the most memory that a process has held, in KiB.
func peakOf(b *testing.B, pid int) int {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		b.Fatal("no VmHWM")
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// answers types a key and waits until anything comes out.
func (c *terminal) answers(key string) time.Duration {
	c.t.Helper()
	sent, begun := c.sent.Load(), time.Now()
	c.types(key)
	for c.sent.Load() == sent {
		time.Sleep(100 * time.Microsecond)
		if time.Since(begun) > 20*time.Second {
			c.t.Fatalf("nothing comes of %q", key)
		}
	}
	return time.Since(begun)
}

func keys(b *testing.B, c *terminal) {
	b.Helper()
	var took []time.Duration
	for i := range 300 {
		took = append(took, c.answers([]string{"\x1b[A", "\x1b[B"}[i%2]))
		time.Sleep(20 * time.Millisecond)
	}
	slices.Sort(took)
	printed(b, "a key to its frame, the median of 300", took[len(took)/2], 0)
	printed(b, "a key to its frame, 99 of 100", took[len(took)*99/100], mostKey)
}

// allCounted before a heading waits until nothing on the screen is an estimate or a
// part.
const allCounted = "all: "

// closerAt goes from the diagram to groups, other groups, and sockets.
func closerAt(b *testing.B, c *terminal) {
	b.Helper()
	counting := regexp.MustCompile("being counted|being looked up|so far")
	timed := func(what, key, heading string, most time.Duration) {
		b.Helper()
		heading, exactly := strings.CutPrefix(heading, allCounted)
		seen := regexp.MustCompile(heading)
		begun := time.Now()
		c.types(key)
		for text := c.text(); !seen.MatchString(text) || exactly && counting.MatchString(text); text = c.text() {
			time.Sleep(time.Millisecond)
			if time.Since(begun) > time.Minute {
				b.Fatalf("%q is not there after %q:\n%s", heading, key, c.text())
			}
		}
		printed(b, what, time.Since(begun), most)
	}
	c.types("b")
	c.sees("by: ")
	c.types("\x15remote/16,state") // the line anew
	c.sees("by: remote/16,state")
	timed("groups by remote/16 and state", "\r", "remote/16 +state +count", mostGroup)
	timed("the same exactly, from then", "", allCounted+"remote/16 +state +count", 0)
	c.types("b")
	c.sees("by: ")
	c.types("\x15process,state")
	c.sees("by: process,state")
	timed("groups by process and state, the first answer", "\r", "those by process|so far|process +state +count", mostGroup)
	timed("the processes, from then", "", "process +state +count", 0)
	timed("the same exactly, from then", "", allCounted+"process +state +count", 0)
	timed("the first screen of sockets", "7", "recvq", mostRow)
	timed("the sockets with whose they are, from then", "", "the first 10,000", 0)
}
