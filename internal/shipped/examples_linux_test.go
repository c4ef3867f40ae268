// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// daemonDir is the directory with the files that are packaged with tcpvitalsd.
const daemonDir = "packaging/tcpvitalsd"

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// examples are the texts of the files of packaging/examples that match a pattern, by
// name.
func examples(t *testing.T, pattern string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(tree(t), "packaging/examples", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("examples %s: %q, %v", pattern, names, err)
	}
	all := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = string(text)
	}
	return all
}

// TestShippedUnits: systemd accepts every unit. Its exposure, by systemd's own rating
// from 0 to 10, is at most 2.7, or 3.1 if the unit may enter namespaces.
func TestShippedUnits(t *testing.T) {
	need(t, "systemd-analyze", "true")
	dir := t.TempDir()
	verify := []string{"verify", "--man=no"}
	program := strings.TrimSpace(call(t, "which", "true")) // an existing program for the units to start
	units := examples(t, "*.[st][ei][rm]*")
	units["tcpvitalsd.service"] = readText(t, filepath.Join(tree(t), daemonDir, "tcpvitalsd.service"))
	for name, text := range units {
		text = strings.ReplaceAll(text, "/usr/bin/tcpvitalsd", program)
		write(t, dir, name, strings.ReplaceAll(text, "/usr/bin/tcpvitals", program))
		verify = append(verify, filepath.Join(dir, name))
		if filepath.Ext(name) == ".service" {
			call(t, "systemd-analyze", "security", "--offline=true", "--threshold=27", filepath.Join(dir, name))
		}
	}
	// systemd looks for drop-ins beside a unit that it finds by name.
	namespaces := readText(t, filepath.Join(tree(t), daemonDir, "namespaces.conf"))
	write(t, dir, "tcpvitalsd.service.d/namespaces.conf", strings.ReplaceAll(namespaces, "/usr/bin/tcpvitalsd", program))
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=31", "tcpvitalsd.service")
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	said, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "✗ CapabilityBoundingSet=~CAP_SYS_ADMIN") {
		t.Errorf("with namespaces: %v: %s", err, said)
	}
	if len(verify) != 7 {
		t.Errorf("units: %q", verify[2:])
	}
	if said := call(t, "systemd-analyze", verify...); said != "" {
		t.Errorf("systemd-analyze verify: %s", said)
	}
}

var (
	nrpe     = regexp.MustCompile(`(?m)^(?:#\s+)?command\[(\w+)\]=(?:/usr/bin/sudo -n )?/usr/bin/tcpvitals (.*)$`)
	started  = regexp.MustCompile(`(?m)^ExecStart=.*/usr/bin/tcpvitals ([^"'\n]*)`)
	argument = regexp.MustCompile(`"(--[a-z-]+)" = `)
)

// TestShippedCalls: the program accepts every call of it in an example.
func TestShippedCalls(t *testing.T) {
	need(t, "go")
	program := filepath.Join(t.TempDir(), "tcpvitals")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/tcpvitals")
	cmd.Dir = tree(t)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	calls := [][]string{}
	for _, text := range examples(t, "nrpe-*.cfg") {
		for _, match := range nrpe.FindAllStringSubmatch(text, -1) {
			calls = append(calls, strings.Fields(match[2]))
		}
	}
	for _, text := range examples(t, "icinga2-*.conf") {
		for _, match := range argument.FindAllStringSubmatch(text, -1) {
			calls = append(calls, []string{"check", match[1], "5s"})
		}
	}
	for _, text := range examples(t, "tcpvitals-*.service") {
		for _, match := range started.FindAllStringSubmatch(text, -1) {
			calls = append(calls, strings.Fields(match[1]))
		}
	}
	if len(calls) != 10 {
		t.Errorf("%d calls in the examples: %q", len(calls), calls)
	}
	for _, args := range calls {
		// A nonexistent flag at the end makes the program stop after parsing its
		// flags; it must complain about that flag only.
		said, err := exec.CommandContext(t.Context(), program, append(args, "--there-is-no-such-flag")...).CombinedOutput()
		if err == nil || !strings.Contains(string(said), "unknown flag: --there-is-no-such-flag") {
			t.Errorf("tcpvitals %s: %v: %s", strings.Join(args, " "), err, said)
		}
	}
}

// TestShippedDaemon: tcpvitalsd accepts the call in its unit, with the settings that
// are shipped, and the calls in the manifests for Kubernetes.
func TestShippedDaemon(t *testing.T) {
	need(t, "go")
	program := filepath.Join(t.TempDir(), "tcpvitalsd")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = filepath.Join(tree(t), "cmd/tcpvitalsd") // it is a module of its own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")    // the Makefile builds it so
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	units := readText(t, filepath.Join(tree(t), daemonDir, "tcpvitalsd.service")) + readText(t, filepath.Join(tree(t), daemonDir, "namespaces.conf"))
	calls := regexp.MustCompile(`(?m)^ExecStart(?:Pre)?=/usr/bin/tcpvitalsd (.*)$`).FindAllStringSubmatch(units, -1)
	if len(calls) != 3 {
		t.Errorf("calls: %q", calls)
	}
	settings := filepath.Join(tree(t), daemonDir, "tcpvitalsd.yaml")
	for _, match := range calls {
		args := strings.Fields(strings.ReplaceAll(match[1], "/etc/tcpvitals/tcpvitalsd.yaml", settings))
		if said, err := exec.CommandContext(t.Context(), program, append(args, "--check-config")...).CombinedOutput(); err != nil {
			t.Errorf("tcpvitalsd %s: %v: %s", strings.Join(args, " "), err, said)
		}
	}
	manifests := readText(t, filepath.Join(tree(t), "packaging/kubernetes/tcpvitalsd.yaml"))
	_, inMap, _ := strings.Cut(manifests, "\n  tcpvitalsd.yaml: |\n")
	inMap, _, _ = strings.Cut(inMap, "\n---\n")
	dir := t.TempDir()
	write(t, dir, "map.yaml", strings.ReplaceAll("\n"+inMap+"\n", "\n    ", "\n"))
	if said, err := exec.CommandContext(t.Context(), program, "--check-config", "--config", filepath.Join(dir, "map.yaml")).CombinedOutput(); err != nil || !strings.Contains(inMap, "listen: ") {
		t.Errorf("the settings of the DaemonSet: %v: %s", err, said)
	}
}
