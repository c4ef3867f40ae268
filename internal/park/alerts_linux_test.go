// SPDX-License-Identifier: Apache-2.0

package park

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// How many machines have an agent at the same time, how many have one at all unless
// PARK_ROUNDS is set, and for how long it looks.
const (
	watchedAtOnce = 8
	watchedMost   = 8
	watchedFor    = 45 * time.Second
)

// TestHealthyAlerts: the agent with the shipped alerts tells of nothing on a machine on
// which nothing is wrong. An alert waits a thirtieth of its time.
func TestHealthyAlerts(t *testing.T) {
	testnet.Require(t, testnet.Root)
	dir := t.TempDir()
	program, rules := filepath.Join(dir, "tcpvitalsd"), filepath.Join(dir, "rules.yml")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = "../../cmd/tcpvitalsd"
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	impatient(t, rules)
	all := chosen(t, healthy())
	if os.Getenv("PARK_ROUNDS") == "" && len(all) > watchedMost {
		some := all[:0]
		for i := range watchedMost {
			some = append(some, all[i*len(all)/watchedMost])
		}
		all = some
	}
	for some := range slices.Chunk(all, watchedAtOnce) {
		t.Run(some[0].name, func(t *testing.T) { tellsNothing(t, program, rules, build(t, some)) })
	}
}

// impatient writes the shipped rules, of which each waits a thirtieth of its time.
func impatient(t *testing.T, path string) {
	t.Helper()
	shipped, err := os.ReadFile("../../packaging/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`( for: ')([^']+)`).ReplaceAllStringFunc(string(shipped), func(found string) string {
		head, long, _ := strings.Cut(found, "'")
		wait, err := time.ParseDuration(long)
		if err != nil {
			t.Fatal(err)
		}
		return head + "'" + (wait / 30).Round(time.Millisecond).String()
	})
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tellsNothing runs an agent on each host, and looks at its alerts for a while.
func tellsNothing(t *testing.T, program, rules string, hosts []*host) {
	t.Helper()
	for _, h := range hosts {
		cmd := h.ns.Command(program, "--listen", "127.0.0.1:9779", "--netns", "self", "--every", "1s", "--examine-every", "5s", "--data-dir", filepath.Join(t.TempDir(), "h"), "--rules", rules)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	told, answers := map[string]bool{}, map[*host]int{}
	for begin := time.Now(); time.Since(begin) < watchedFor; time.Sleep(time.Second) {
		for _, h := range hosts {
			names, ok := h.alerts(t)
			if ok {
				answers[h]++
			}
			for _, name := range names {
				if key := h.String() + ": " + name; !told[key] {
					told[key] = true
					t.Error(key)
				}
			}
		}
	}
	for _, h := range hosts {
		if answers[h] == 0 {
			t.Errorf("%s: the agent did not answer", h)
		}
	}
	t.Logf("%d hosts", len(hosts))
}

// alerts asks the agent of a host what fires. It omits what other programs of this machine
// can cause: packets lost on the whole host, and an agent that is seldom given time.
func (h *host) alerts(t *testing.T) (names []string, ok bool) {
	t.Helper()
	var body []byte
	h.ns.Do(func() {
		c, err := net.Dial("tcp", "127.0.0.1:9779")
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = c.Write([]byte("GET /api/v1/alerts HTTP/1.0\r\nHost: localhost\r\n\r\n"))
		body, _ = io.ReadAll(c)
	})
	_, text, found := strings.Cut(string(body), "\r\n\r\n")
	if !found {
		return nil, false // it is not there yet
	}
	var answer struct {
		Data struct {
			Alerts []struct {
				State  string
				Labels map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v: %s", h, err, body)
	}
	for _, one := range answer.Data.Alerts {
		name := one.Labels["alertname"]
		if one.State == "firing" && one.Labels["severity"] != "info" && name != "TCPPacketsLostOnArrival" && name != "TcpvitalsBlind" {
			names = append(names, name+" "+one.Labels["rule"]+" "+one.Labels["process"])
		}
	}
	return names, true
}
