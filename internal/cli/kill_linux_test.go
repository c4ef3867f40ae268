// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A killRun is one run of kill in the thread's namespace.
type killRun struct {
	code           int
	stdout, stderr string
}

func killHere(t *testing.T, env *cli.Env, args ...string) killRun {
	t.Helper()
	var out, problems bytes.Buffer
	env.Stdout, env.Stderr = &out, &problems
	code := cli.Main(context.Background(), env, append([]string{"kill", "--state-dir", t.TempDir() + "/state"}, args...))
	return killRun{code, out.String(), problems.String()}
}

// killDoc is the part of the JSON that the tests use.
type killDoc struct {
	Sockets []struct {
		Cookie  json.RawMessage
		PID     int
		Outcome string
	}
}

func (r killRun) document(t *testing.T) (d killDoc) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	return d
}

// TestKillAnswer: the question is asked only on a terminal, and only yes means yes.
func TestKillAnswer(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 1)
	for _, tt := range []struct {
		answer   string
		terminal bool
		code     int
		says     string
	}{
		{answer: "y\n", code: 2, says: "standard input is no terminal"},
		{answer: "n\n", terminal: true, code: 1, says: "the answer was not yes"},
		{terminal: true, code: 1, says: "the answer was not yes"},
		{answer: "y", terminal: true, code: 1, says: "the answer was not yes"},
		{answer: "y\n", terminal: true, says: "Close this one? [y/N]"},
		{answer: "y\n", terminal: true, code: 7, says: "nothing to close"},
	} {
		env := cli.System("v0.0.0-test")
		env.Stdin, env.Asking = strings.NewReader(tt.answer), func() bool { return tt.terminal }
		env.Showing, env.Forget = env.Asking, nil
		var r killRun
		ns.Do(func() { r = killHere(t, env, "state close-wait") })
		if r.code != tt.code || tt.says != "" && !strings.Contains(r.stdout+r.stderr, tt.says) {
			t.Errorf("%q on a terminal %v: %d, want %d and %q\n%s%s", tt.answer, tt.terminal, r.code, tt.code, tt.says, r.stdout, r.stderr)
		}
	}
}

// TestKillDryRunIsWhatDies: the sockets that a dry run lists, by cookie, are those
// that are destroyed.
func TestKillDryRunIsWhatDies(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	guilty := leakAt(t, ns, "leaky", 8080, 20)
	leakAt(t, ns, "other", 8081, 5)
	filter := fmt.Sprintf("state close-wait and pid = %d", guilty)
	var dry, done killRun
	ns.Do(func() {
		dry = killHere(t, cli.System("v0.0.0-test"), filter, "--dry-run", "-o", "json")
		done = killHere(t, cli.System("v0.0.0-test"), filter, "--yes", "--max", "20", "-o", "json")
	})
	cookies := func(d killDoc) (all []string) {
		for _, s := range d.Sockets {
			all = append(all, string(s.Cookie))
		}
		slices.Sort(all)
		return all
	}
	would, did := dry.document(t), done.document(t)
	if len(would.Sockets) != 20 || !slices.Equal(cookies(would), cookies(did)) {
		t.Errorf("%d and %d sockets\n%s\n%s", len(would.Sockets), len(did.Sockets), dry.stdout, done.stdout)
	}
	for _, s := range did.Sockets {
		if s.Outcome != "killed" || s.PID != guilty {
			t.Errorf("%+v", s)
		}
	}
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 5 {
		t.Errorf("%d of the other process are left, want 5", n)
	}
}

// TestKillWindow: afterwards kill checks whether the leak continues.
func TestKillWindow(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 3)
	for _, more := range []int{4, 0} {
		env := cli.System("v0.0.0-test")
		env.Wait = func(context.Context, time.Duration) error {
			if more > 0 {
				leakAt(t, ns, "again", 8081, more)
			}
			return nil
		}
		var r killRun
		ns.Do(func() { r = killHere(t, env, "state close-wait", "--yes", "--max", "9", "--window", "2s") })
		says := "no other socket matches"
		if more > 0 {
			says = fmt.Sprintf("%d other sockets match", more)
		}
		if r.code != 0 || !strings.Contains(r.stdout, says) {
			t.Errorf("%d more: %d, want %q\n%s%s", more, r.code, says, r.stdout, r.stderr)
		}
	}
}

// TestKillWithoutRight: nothing is asked, and the missing capability is named.
func TestKillWithoutRight(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	leakAt(t, ns, "leaky", 8080, 2)
	var r killRun
	ns.DoWithout(unix.CAP_NET_ADMIN, func() {
		r = killHere(t, cli.System("v0.0.0-test"), "state close-wait", "--yes", "--max", "2")
	})
	if r.code != 5 || !strings.Contains(r.stderr, "CAP_NET_ADMIN") {
		t.Errorf("%d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if n := len(rowsOf(t, ns, tcp.CloseWait)); n != 2 {
		t.Errorf("%d are left, want 2", n)
	}
}

// TestKillHostileName: a hostile name of a process has no effect on the screen,
// neither in the preview nor in the journal.
func TestKillHostileName(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	pid := leakAt(t, ns, "\x1b[2K\x1b]0;x\a", 8080, 2)
	state := t.TempDir() + "/state"
	for _, args := range [][]string{
		{fmt.Sprintf("state close-wait and pid = %d and process ~ \x1b", pid), "--yes", "--max", "2"}, {"--log"},
	} {
		env := cli.System("v0.0.0-test")
		var out, problems bytes.Buffer
		env.Stdout, env.Stderr = &out, &problems
		var code int
		ns.Do(func() {
			code = cli.Main(context.Background(), env, append([]string{"kill", "--state-dir", state}, args...))
		})
		if code != 0 && code != 3 || strings.ContainsAny(out.String()+problems.String(), "\x1b\a") {
			t.Errorf("%q: %d\n%q\n%q", args, code, out.String(), problems.String())
		}
	}
}
