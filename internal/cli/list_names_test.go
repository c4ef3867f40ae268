// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestListNames: -r shows names in place of addresses and ports, asks for nothing
// twice, and a name that others chose writes neither a colour nor a line of its own.
func TestListNames(t *testing.T) {
	const listing = `Proto Recv-Q Send-Q Local Address Foreign Address State
tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN
tcp 0 0 10.1.1.1:50001 10.2.2.2:443 ESTABLISHED
tcp 0 0 10.1.1.1:50002 10.2.2.3:443 ESTABLISHED
tcp 0 0 10.1.1.1:50003 10.2.2.4:443 ESTABLISHED
`
	env := System("v0.0.0-test")
	var out, errs bytes.Buffer
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(listing), &out, &errs
	asked := make(chan string, 100)
	env.Resolve = func(_ context.Context, address string) ([]string, error) {
		asked <- address
		return map[string][]string{
			"10.1.1.1": {"here.example."},
			"10.2.2.2": {"red\x1b[31m\nLISTEN 1"},
			"10.2.2.3": {"10.9.9.9"},
		}[address], nil
	}
	if code := Main(t.Context(), env, []string{"list", "--from", "-", "-r", "--lang", "en"}); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	text := out.String()
	if strings.ContainsRune(text, '\x1b') || strings.Count(text, "LISTEN") != 2 || strings.Contains(text, "\nLISTEN") {
		t.Errorf("a name writes what it likes:\n%q", text)
	}
	for _, want := range []string{"here.example", "10.2.2.3", "10.2.2.4", "0.0.0.0", "50003"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, not := range []string{"10.1.1.1", "10.2.2.2", "10.9.9.9"} {
		if strings.Contains(text, not) {
			t.Errorf("%s in\n%s", not, text)
		}
	}
	if len(asked) != 4 {
		t.Errorf("asked for %d addresses, want 4", len(asked))
	}
}

// TestListAsksNobody: without -r no name is asked for.
func TestListAsksNobody(t *testing.T) {
	env := System("v0.0.0-test")
	var out bytes.Buffer
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader("tcp 0 0 10.1.1.1:50001 10.2.2.2:443 ESTABLISHED\n"), &out, &out
	env.Resolve = func(context.Context, string) ([]string, error) {
		t.Error("asked for a name")
		return nil, nil
	}
	if code := Main(t.Context(), env, []string{"list", "--from", "-"}); code != 0 || !strings.Contains(out.String(), "10.2.2.2") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}
