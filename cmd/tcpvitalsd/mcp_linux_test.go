// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// An assisting program, and what it says.
type assisting struct {
	*testing.T

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Scanner
	stderr *strings.Builder
}

// assist starts tcpvitalsd mcp.
func assist(t *testing.T, args ...string) *assisting {
	t.Helper()
	a := &assisting{T: t, cmd: exec.Command(os.Args[0], append([]string{"mcp"}, args...)...), stderr: &strings.Builder{}}
	a.cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C")
	a.cmd.Stderr = a.stderr
	var err error
	if a.stdin, err = a.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	a.stdout = bufio.NewScanner(stdout)
	a.stdout.Buffer(nil, 1<<20)
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.cmd.Process.Kill() })
	return a
}

// say sends a line.
func (a *assisting) say(line string) {
	a.Helper()
	if _, err := io.WriteString(a.stdin, line+"\n"); err != nil {
		a.Fatal(err)
	}
}

// hear returns the next line, which is a message.
func (a *assisting) hear() string {
	a.Helper()
	if !a.stdout.Scan() {
		a.Fatalf("it is silent: %v %s", a.stdout.Err(), a.stderr)
	}
	a.hears(a.stdout.Text())
	return a.stdout.Text()
}

// hears makes sure that a line is a message.
func (a *assisting) hears(line string) {
	a.Helper()
	var message struct {
		Version string `json:"jsonrpc"`
	}
	if err := json.Unmarshal([]byte(line), &message); err != nil || message.Version != "2.0" {
		a.Errorf("no message: %s", line)
	}
}

// ends waits for its end, less long than a look that nobody cancels takes.
func (a *assisting) ends() {
	a.Helper()
	late := time.AfterFunc(40*time.Second, func() { _ = a.cmd.Process.Kill() })
	defer late.Stop()
	for a.stdout.Scan() {
		a.hears(a.stdout.Text())
	}
	if err := a.cmd.Wait(); err != nil {
		a.Errorf("%v: %s", err, a.stderr)
	}
}

func (a *assisting) begin() {
	a.Helper()
	a.say(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`)
	if said := a.hear(); !strings.Contains(said, `"name":"tcpvitals"`) {
		a.Errorf("%s", said)
	}
	a.say(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

// look asks what takes a minute.
func (a *assisting) look() {
	a.say(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"doctor","arguments":{"window":60}}}`)
	time.Sleep(500 * time.Millisecond)
}

// TestAssistant: only messages come out, garbage is passed over, and it ends with its
// input, also in the midst of a question, and when it is told to.
func TestAssistant(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(a *assisting){
		"input": func(a *assisting) { _ = a.stdin.Close() },
		"told":  func(a *assisting) { _ = a.cmd.Process.Signal(syscall.SIGTERM) },
		"told while it looks": func(a *assisting) {
			a.look()
			_ = a.cmd.Process.Signal(syscall.SIGTERM)
		},
		"input while it looks": func(a *assisting) {
			a.look()
			_ = a.stdin.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := assist(t)
			a.say("no message")
			a.begin()
			a.say(`{"a":1}`)
			a.say(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"census","arguments":{}}}`)
			if said := a.hear(); !strings.Contains(said, "tcpvitals.census/1") {
				t.Errorf("%s", said)
			}
			a.say(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"history","arguments":{}}}`)
			if said := a.hear(); !strings.Contains(said, `"isError":true`) || !strings.Contains(said, "no tcpvitalsd answers") && !strings.Contains(said, "history") {
				t.Errorf("%s", said)
			}
			end(a)
			a.ends()
			if n := strings.Count(a.stderr.String(), "no message of the protocol"); n != 2 {
				t.Errorf("%d of 2 lines are told: %s", n, a.stderr)
			}
		})
	}
}

// TestAssistantOfHistory: the tool reads the directory in which another program keeps
// its history, while it does.
func TestAssistantOfHistory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/history"
	a := assist(t, "--listen", "127.0.0.1:1", "--data-dir", dir)
	a.begin()
	a.say(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"history","arguments":{"since":"10m"}}}`)
	if said := a.hear(); !strings.Contains(said, `"isError":true`) {
		t.Errorf("of no history: %s", said)
	}
	ns := testnet.New(t, testnet.Options{})
	l := listening(t, ns)
	defer l.Close()
	agent := start(t, ns, "--data-dir", dir, "--snapshots", "0")
	until(t, "something is kept", func() bool { return len(agent.ask(`sum(tcpvitals_connections{state="listen"})`)) > 2 })
	a.say(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"history","arguments":{"since":"10m"}}}`)
	if said := a.hear(); strings.Contains(said, `"isError":true`) || !strings.Contains(said, "tcpvitals.history/1") || !strings.Contains(said, `"state":"listen"`) {
		t.Errorf("%s", said)
	}
	a.say(`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"census","arguments":{"at":"1s ago"}}}`)
	if said := a.hear(); !strings.Contains(said, `"engine":"history"`) || !strings.Contains(said, `"answered_by":"of `) {
		t.Errorf("%s", said)
	}
	_ = a.stdin.Close()
	a.ends()
}
