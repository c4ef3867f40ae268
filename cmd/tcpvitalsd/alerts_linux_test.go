// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestAlertmanagerIsTold: the agent evaluates the shipped alerts unchanged, and a real
// Alertmanager shows those that fire, with the host's name.
func TestAlertmanagerIsTold(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prometheus-alertmanager"); err != nil {
		testnet.Skip(t, testnet.Packagers, "no prometheus-alertmanager here")
	}
	ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()
	config, mine := filepath.Join(dir, "alertmanager.yml"), filepath.Join(dir, "mine.yml")
	for path, text := range map[string]string{
		config: "route: {receiver: nobody, group_wait: 1s}\nreceivers: [{name: nobody}]\n",
		mine:   "groups: [{name: mine, rules: [{alert: Listens, expr: 'tcpvitals_connections{state=\"listen\",family=\"ipv4\"} > 0', labels: {severity: info}}]}]\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manager := ns.Command("prometheus-alertmanager", "--config.file", config, "--storage.path", dir, "--web.listen-address", "127.0.0.1:9093", "--cluster.listen-address", "")
	if err := manager.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = manager.Process.Kill()
		_ = manager.Wait()
	})
	a := start(t, ns, "--data-dir", filepath.Join(dir, "history"), "--rules", "../../packaging/prometheus/rules.yml", "--rules", mine, "--alertmanager", "http://127.0.0.1:9093")
	asked := *a
	asked.at = "127.0.0.1:9093"
	until(t, "the Alertmanager answers", func() bool {
		return listens(ns)
	})
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the Alertmanager shows the alert", func() bool {
		body, code := asked.get("/api/v2/alerts")
		return code == 200 && strings.Contains(body, `"alertname":"Listens"`) && strings.Contains(body, `"instance":"`+host+`"`)
	})
	body, code := a.get("/api/v1/alerts")
	if code != 200 || !strings.Contains(body, `"state":"firing"`) || strings.Contains(body, `"alertname":"TCP`) {
		t.Errorf("%d %s", code, body)
	}
}

// listens reports whether the Alertmanager has its port.
func listens(ns *testnet.NS) bool {
	out, err := ns.Command("ss", "-Hltn", "sport = :9093").Output()
	return err == nil && len(out) > 0
}

// TestSettingsOfAlerts: settings that cannot work are refused before anything is
// opened.
func TestSettingsOfAlerts(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	for want, args := range map[string][]string{
		"give data-dir too": {"--rules", "x.yml"},
		"nothing can fire":  {"--alertmanager", "http://127.0.0.1:9093"},
		"is not the URL":    {"--data-dir", t.TempDir() + "/h", "--rules", "x.yml", "--webhook", "127.0.0.1:9093"},
		"x.yml":             {"--data-dir", t.TempDir() + "/h", "--rules", "x.yml"},
	} {
		cmd := ns.Command(os.Args[0], append([]string{"--listen", "127.0.0.1:0", "--netns", "self"}, args...)...)
		cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C")
		said, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(said), want) {
			t.Errorf("%v: %v: %s, want it to say %q", args, err, said, want)
		}
	}
}

// TestRulesReadAnew: after SIGHUP changed and additional rules are used; wrong ones
// are reported with their place, and the previous rules stay.
func TestRulesReadAnew(t *testing.T) {
	t.Parallel()
	ns, dir := testnet.New(t, testnet.Options{}), t.TempDir()
	write := func(name, alert string) string {
		path := filepath.Join(dir, name)
		text := "groups:\n- name: g\n  rules:\n  - alert: " + alert + "\n    expr: tcpvitals_build_info > 0\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, two := write("one.yml", "First"), write("two.yml", "Second")
	a := start(t, ns, "--data-dir", filepath.Join(dir, "history"), "--rules", one, "--rules", two)
	fires := func(names ...string) {
		t.Helper()
		until(t, strings.Join(names, " and ")+" fires", func() bool {
			body, _ := a.get("/api/v1/alerts")
			for _, name := range names {
				if !strings.Contains(body, `"alertname":"`+name+`"`) {
					return false
				}
			}
			return strings.Count(body, `"alertname"`) == len(names)
		})
	}
	fires("First", "Second")
	write("one.yml", "Third: [")
	a.signal(syscall.SIGHUP)
	if line := a.log("the configuration is wrong"); !strings.Contains(line, "one.yml") {
		t.Errorf("it does not name the file: %s", line)
	}
	fires("First", "Second")
	write("one.yml", "Third")
	a.signal(syscall.SIGHUP)
	a.log("read anew")
	fires("Third", "Second")

	check := ns.Command(os.Args[0], "--check-config", "--data-dir", filepath.Join(dir, "other"), "--rules", two, "--rules", write("four.yml", "A\n    for: 0m\n  - alert: B\n    expr: 'sum('\n  - alert: C"))
	check.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C")
	said, err := check.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "four.yml: 0:0") || !strings.Contains(string(said), "; 7:11: group") {
		t.Errorf("%v: %s", err, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "other")); err == nil {
		t.Error("checking a configuration made a history")
	}
}
