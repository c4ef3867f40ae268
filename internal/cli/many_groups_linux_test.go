// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// fed is a text that begins with a heading of ss and goes on with n lines, generated
// while it is read.
func fed(first string, n int, line func(w *bytes.Buffer, i int)) io.Reader {
	r, w := io.Pipe()
	go func() {
		var b bytes.Buffer
		b.WriteString("State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" + first)
		for i := range n {
			line(&b, i)
			if b.Len() > 1<<16 {
				_, _ = b.WriteTo(w)
			}
		}
		_, _ = b.WriteTo(w)
		_ = w.Close()
	}()
	return r
}

// manyGroups is a listing of n connections with different peers.
func manyGroups(n int) io.Reader {
	return fed("", n, func(w *bytes.Buffer, i int) {
		fmt.Fprintf(w, "ESTAB 0 0 10.0.0.1:443 100.%d.%d.%d:%d\n", i>>16&63, i>>8&255, i&255, 1024+i%60000)
	})
}

// TestAllocOfManyGroups: a document of many groups is written while it is made, so the
// memory is that of counting, whatever the form of output.
func TestAllocOfManyGroups(t *testing.T) {
	const groups, most = 200_000, 40 << 20
	for _, output := range []string{"json", "ndjson", "csv", "table"} {
		var lines lineCounter
		memory, seconds := costOf(func() {
			env := cli.System("v0.0.0-test")
			env.Stdin, env.Stdout, env.Stderr = manyGroups(groups), &lines, io.Discard
			env.Getenv = func(string) string { return "" }
			args := strings.Fields("census --from - --by remote,dport -o " + output)
			if code := cli.Main(context.Background(), env, args); code != 0 {
				t.Errorf("%s: exit code %d", output, code)
			}
		})
		t.Logf("%s: %d MiB, %.1f s, %d lines", output, memory>>20, seconds, lines)
		if lines < groups {
			t.Errorf("%s: %d lines of %d groups", output, lines, groups)
		}
		if memory > most {
			t.Errorf("%s of %d groups takes %d MiB", output, groups, memory>>20)
		}
	}
}

// A lineCounter counts the lines written to it.
type lineCounter int

func (c *lineCounter) Write(p []byte) (int, error) {
	*c += lineCounter(bytes.Count(p, []byte("\n")))
	return len(p), nil
}

// TestAllocOfManyHalfOpen: half-open connections are sampled, because anybody on the
// network can make as many as a backlog holds.
func TestAllocOfManyHalfOpen(t *testing.T) {
	const rows, most, seconds = 150_000, 24 << 20, 20 // seconds are processor time, on a busy machine
	for _, command := range []string{"doctor", "queues", "check"} {
		r := fed("LISTEN 0 4096 0.0.0.0:443 0.0.0.0:*\n", rows, func(w *bytes.Buffer, i int) {
			fmt.Fprintf(w, "SYN-RECV 0 0 10.0.0.1:443 100.%d.%d.%d:%d timer:(on,1sec,%d)\n", i>>16&63, i>>8&255, i&255, 1024+i%60000, i%4)
		})
		var stdout bytes.Buffer
		memory, took := costOf(func() {
			env := cli.System("v0.0.0-test")
			env.Stdin, env.Stdout, env.Stderr = r, &stdout, io.Discard
			env.Getenv = func(string) string { return "" }
			cli.Main(context.Background(), env, []string{command, "--from", "-"})
		})
		t.Logf("%s: %d MiB, %.1f s, %d bytes", command, memory>>20, took, stdout.Len())
		if memory > most || took > seconds || !strings.Contains(stdout.String(), "443") && command != "check" {
			t.Errorf("%s of %d half-open connections: %d MiB, %.1f s\n%.500s", command, rows, memory>>20, took, &stdout)
		}
	}
}
