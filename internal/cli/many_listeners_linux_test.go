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

// manyListeners is a listing of n listeners at n addresses and ports, generated while
// it is read; the queue of the last one is full.
func manyListeners(n int) io.Reader {
	return fed("", n, func(w *bytes.Buffer, i int) {
		if i == n-1 {
			fmt.Fprint(w, "LISTEN 129 128 10.9.8.7:443 0.0.0.0:*\n")
			return
		}
		fmt.Fprintf(w, "LISTEN 0 128 127.%d.%d.%d:%d 0.0.0.0:*\n", i>>16&63, i>>8&255, i&255, 1024+i%60000)
	})
}

// TestAllocOfManyListeners: any user may open as many listeners as there are
// descriptors. The memory for very many is bounded, the one in trouble is found even
// as the last, and the number of those that were not kept is reported.
func TestAllocOfManyListeners(t *testing.T) {
	const rows, most, seconds = 60_000, 48 << 20, 20 // seconds are processor time, on a busy machine
	for _, command := range []string{"doctor", "queues", "check"} {
		var stdout bytes.Buffer
		code := 0
		memory, took := costOf(func() {
			env := cli.System("v0.0.0-test")
			env.Stdin, env.Stdout, env.Stderr = manyListeners(rows), &stdout, io.Discard
			env.Getenv = func(string) string { return "" }
			code = cli.Main(context.Background(), env, []string{command, "--from", "-"})
		})
		t.Logf("%s: %d MiB, %.1f s, %d bytes, exit code %d", command, memory>>20, took, stdout.Len(), code)
		if memory > most || took > seconds {
			t.Errorf("%s of %d listeners: %d MiB, %.1f s", command, rows, memory>>20, took)
		}
		out := stdout.String()
		if !strings.Contains(out, "10.9.8.7") {
			t.Errorf("%s: the full one is lost\n%.2000s", command, out)
		}
		if command == "check" { // one line of text; what is critical comes first
			if code != 2 {
				t.Errorf("check: exit code %d\n%s", code, out)
			}
			continue
		}
		if code != 3 {
			t.Errorf("%s: exit code %d, and not all were judged", command, code)
		}
		if !strings.Contains(out, "40,000") && !strings.Contains(out, "40000") {
			t.Errorf("%s does not say how many were left out\n%.2000s", command, out)
		}
	}
}
