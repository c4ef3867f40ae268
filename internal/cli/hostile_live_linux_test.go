// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// evilComm is a name that a process may give itself: 15 bytes.
const evilComm = "a\x1b[2K\nFORGED\r\xff"

// TestHostileProcessHelper is a process with that name: it has a connection and waits
// until its standard input ends.
func TestHostileProcessHelper(*testing.T) {
	if os.Getenv("TCPVITALS_TEST_HOSTILE") == "" {
		return // only run by TestHostileProcess
	}
	if err := os.WriteFile("/proc/self/comm", []byte(evilComm), 0); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("port", l.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // it is
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	_ = c.Close()
	os.Exit(0)
}

// TestHostileProcess: commands that inspect live processes, repeatedly or to close
// their connections, show their names safely.
func TestHostileProcess(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	cmd := ns.Command(os.Args[0], "-test.run=^TestHostileProcessHelper$")
	cmd.Env = append(os.Environ(), "TCPVITALS_TEST_HOSTILE=1")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	port, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "port ")))
	if err != nil {
		t.Fatal(line)
	}
	filter := fmt.Sprintf("dport = :%d and state established", port)
	for _, args := range [][]string{
		{"kill", filter, "--dry-run"},
		{"kill", filter, "--dry-run", "--lang", "zh"},
		{"kill", filter, "--yes", "--max", "0"},
		{"kill", filter, "--yes", "--max", "1", "--no-log"},
		{"census", "--by", "process", "--every", "100ms"},
		{"queues", "--every", "100ms"},
		{"doctor", "--window", "0s"},
		{"census", "--by", "process,command"},
	} {
		var text bytes.Buffer
		ns.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
			defer cancel()
			env := cli.System("v0.0.0-test")
			env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &text, &text
			env.Getenv = func(string) string { return "" }
			cli.Main(ctx, env, args)
		})
		onScreen(t, args, text.String())
		if (args[0] == "kill" || args[1] == "--by") && !strings.Contains(text.String(), `a\x1b[2K\nFORGED`) && !strings.Contains(text.String(), "nothing matched") && args[len(args)-1] != "0" {
			t.Errorf("%q does not show the name: %s", args, text.String())
		}
	}
}
