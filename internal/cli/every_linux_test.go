// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// repeated runs a command inside a namespace and calls happens between readings. By
// the clock of the answer, the readings are as far apart as requested. It returns the
// output.
func repeated(t *testing.T, ns *testnet.NS, happens func(), args ...string) (output string) {
	t.Helper()
	output, problems, code := meanwhile(ns, happens, args...)
	if code != 0 && code != 3 {
		t.Errorf("%v: exit code %d: %s", args, code, problems)
	}
	return output
}

// meanwhile runs a command in a namespace. Whenever the command waits, happens is
// called in place of the wait; so the command has begun to read by then, and no time
// is lost.
func meanwhile(ns *testnet.NS, happens func(), args ...string) (stdout, stderr string, code int) {
	return waiting(ns, func(context.Context, time.Duration) error { happens(); return nil }, args...)
}

// waiting runs a command in a namespace with a given function for waiting.
func waiting(ns *testnet.NS, wait func(context.Context, time.Duration) error, args ...string) (stdout, stderr string, code int) {
	env := cli.System("v0.0.0-test")
	var out, problems bytes.Buffer
	env.Stdout, env.Stderr = &out, &problems
	env.Hostname = func() (string, error) { return hostName, nil }
	env.Getenv = func(string) string { return "" }
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var turn sync.Mutex // a command that follows a trace reads the clock meanwhile
	env.Now = func() time.Time {
		turn.Lock()
		defer turn.Unlock()
		return now
	}
	env.Wait = func(ctx context.Context, d time.Duration) error {
		err := wait(ctx, d)
		turn.Lock()
		defer turn.Unlock()
		now = now.Add(d)
		return err
	}
	ns.Do(func() { code = cli.Main(context.Background(), env, args) })
	return out.String(), problems.String(), code
}

// line is one reading.
type line struct {
	Schema  string
	Seq     int
	Every   float64 `json:"every_seconds"`
	Since   float64 `json:"since_seconds"`
	Changes []struct {
		Key       map[string]any
		PerSecond float64 `json:"per_second"`
	}
	Document struct {
		Schema string
		Time   time.Time
		Total  int
		Queues []struct {
			Waiting int
			Rate    *float64 `json:"drops_per_second"`
		}
		Window float64 `json:"window_seconds"`
	}
}

func linesOf(t *testing.T, output string) (all []line) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(output))
	for {
		var l line
		err := d.Decode(&l)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, output)
		}
		all = append(all, l)
	}
}

// TestCensusEvery: each reading is a line with the rate of change of each group, by
// state and by other keys.
func TestCensusEvery(t *testing.T) {
	for _, by := range []string{"state", "sport"} {
		ns := testnet.New(t, testnet.Options{})
		port := 7000
		more := func() {
			listenOn(t, ns, endpoint(1, port), 1)
			listenOn(t, ns, endpoint(1, port+1), 1)
			port += 2
		}
		more()
		args := []string{"census", "state listening", "--by", by, "--every", "2s", "--count", "3", "-o", "ndjson"}
		looks := linesOf(t, repeated(t, ns, more, args...))
		if len(looks) != 3 {
			t.Fatalf("%d looks", len(looks))
		}
		for i, l := range looks {
			speed := 0.0
			for _, c := range l.Changes {
				speed += c.PerSecond
			}
			since, moved := 2.0, 1.0 // two more listeners in two seconds
			if i == 0 {
				since, moved = 0, 0
			}
			if l.Schema != "tcpvitals.sample/1" || l.Document.Schema != "tcpvitals.census/1" || l.Seq != i+1 || l.Every != 2 ||
				l.Since != since || speed != moved || l.Document.Total != 2*(i+1) {
				t.Errorf("by %s, look %d: %+v", by, i, l)
			}
		}
		table := repeated(t, ns, more, "census", "state listening", "--by", by, "--every", "2s", "--for", "5s", "--lang", "zh")
		if n := strings.Count(table, "每秒变化"); n != 2 || strings.Count(table, "耗时") != 3 {
			t.Errorf("%d times how it changes in:\n%s", n, table)
		}
	}
}

// TestQueuesAndDoctorEvery: each reading is compared with the one before.
func TestQueuesAndDoctorEvery(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	listenOn(t, ns, endpoint(1, 7100), 1)
	for _, command := range []string{"queues", "doctor"} {
		looks := linesOf(t, repeated(t, ns, func() {}, command, "--every", "3s", "--count", "3", "-o", "ndjson"))
		var windows []float64
		for _, l := range looks {
			windows = append(windows, l.Document.Window)
		}
		if !slices.Equal(windows, []float64{0, 3, 3}) {
			t.Errorf("%s: windows of %v s", command, windows)
		}
		if table := repeated(t, ns, func() {}, command, "--every", "3s", "--count", "2"); strings.Count(table, "took") != 2 {
			t.Errorf("%s:\n%s", command, table)
		}
	}
}
