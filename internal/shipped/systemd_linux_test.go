// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// The capabilities of the unit, and of the unit with namespaces.conf, as in
// /proc/PID/status: NET_ADMIN, SYS_PTRACE, DAC_READ_SEARCH, PERFMON, BPF; and
// SYS_ADMIN.
const (
	ownRights = "000000c000081004"
	allRights = "000000c000281004"
)

// TestUnderSystemd is for a guest in which process 1 is systemd (make test-kernels
// BOOTS=systemd). It starts the unit of tcpvitalsd as it is shipped, and loads the
// eBPF programs from within the unit's sandbox.
func TestUnderSystemd(t *testing.T) {
	if os.Getenv("GUEST_BOOT") != "systemd" {
		t.Skip("systemd is not process 1 of a guest: make test-kernels ON=6.12 BOOTS=systemd PKG=./internal/shipped")
	}
	place := func(name, to string) {
		copyFile(t, filepath.Join(tree(t), daemonDir, name), to)
	}
	const unit = "/etc/systemd/system/tcpvitalsd.service"
	place("tcpvitalsd.service", unit)
	place("tcpvitalsd.yaml", "/etc/tcpvitals/tcpvitalsd.yaml")
	// A drop-in that keeps the output for failed tests and shortens the interval.
	if err := os.MkdirAll(unit+".d", 0o755); err != nil {
		t.Fatal(err)
	}
	told := "/run/tcpvitalsd.log"
	if err := os.WriteFile(unit+".d/told.conf", []byte("[Service]\nStandardError=append:"+told+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(told); err == nil {
			t.Logf("tcpvitalsd said:\n%s", text)
		}
	})
	call(t, "systemctl", "daemon-reload")
	call(t, "systemctl", "start", "tcpvitalsd")
	t.Run("as shipped", func(t *testing.T) { sandboxed(t, ownRights) })
	t.Run("own namespace", func(t *testing.T) { sees(t, 1) })

	place("namespaces.conf", unit+".d/namespaces.conf")
	call(t, "systemctl", "daemon-reload")
	call(t, "systemctl", "restart", "tcpvitalsd")
	t.Run("with namespaces", func(t *testing.T) { sandboxed(t, allRights) })
	t.Run("every namespace", func(t *testing.T) { sees(t, 2) })

	call(t, "systemctl", "reload", "tcpvitalsd")
	call(t, "systemctl", "stop", "tcpvitalsd")
	if said := call(t, "systemctl", "show", "-p", "Result", "-p", "ActiveState", "tcpvitalsd"); !strings.Contains(said, "Result=success") || !strings.Contains(said, "ActiveState=inactive") {
		t.Errorf("stopped, it is %s", said)
	}
	if target, err := os.Readlink("/var/lib/tcpvitalsd"); err != nil || target != "private/tcpvitalsd" {
		t.Errorf("what it keeps is in %q, %v", target, err)
	}
}

// TestSamplesUnderSystemd is for the same guest. It starts the units that are shipped as
// samples, each by its timer.
func TestSamplesUnderSystemd(t *testing.T) {
	if os.Getenv("GUEST_BOOT") != "systemd" {
		t.Skip("systemd is not process 1 of a guest: make test-kernels ON=6.12 BOOTS=systemd PKG=./internal/shipped")
	}
	told := "/run/samples.log"
	for name, text := range examples(t, "tcpvitals-*.[st][ei][rm]*") {
		unit := "/etc/systemd/system/" + name
		write(t, "/", unit, text)
		dropIn := "[Service]\nStandardOutput=append:" + told + "\nStandardError=append:" + told + "\n"
		if filepath.Ext(name) == ".timer" { // the next time of the calendar is up to an hour away
			dropIn = "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nRandomizedDelaySec=0\nAccuracySec=1s\n"
		}
		write(t, "/", unit+".d/guest.conf", dropIn)
	}
	call(t, "systemctl", "daemon-reload")
	for _, name := range []string{"tcpvitals-check", "tcpvitals-snapshot"} {
		call(t, "systemctl", "start", name+".timer")
	}
	text := func() string {
		said, _ := os.ReadFile(told) // before a service has started there is none
		return string(said)
	}
	awaited(t, "the line of check", text, func() bool {
		return strings.Contains(text(), "TCPVITALS OK") || strings.Contains(text(), "TCPVITALS WARNING")
	})
	saved := func() []string {
		all, _ := filepath.Glob("/var/lib/private/tcpvitals-snapshots/*.snap") // fails only for a malformed pattern
		return all
	}
	awaited(t, "a snapshot", text, func() bool { return len(saved()) > 0 })
	for _, name := range []string{"tcpvitals-check", "tcpvitals-snapshot"} {
		call(t, "systemctl", "stop", name+".timer")
		result := func() string {
			return call(t, "systemctl", "show", "-p", "Result", "-p", "ActiveState", name+".service")
		}
		awaited(t, name+" ends well", result, func() bool {
			return strings.Contains(result(), "Result=success") && strings.Contains(result(), "ActiveState=inactive")
		})
	}
	for _, name := range saved() {
		call(t, "tcpvitals", "census", "--from", name)
	}
}

// sandboxed checks that the process runs as an unknown user with these capabilities
// and a filter for system calls, and that the eBPF programs report a connection to it.
func sandboxed(t *testing.T, rights string) {
	pid := strings.TrimSpace(call(t, "systemctl", "show", "-p", "MainPID", "--value", "tcpvitalsd"))
	eventually(t, "it traces", func() bool { return strings.Contains(asked(t), "\ntcpvitals_traced 1\n") })
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CapEff:\t" + rights, "CapBnd:\t" + rights, "NoNewPrivs:\t1", "Seccomp:\t2"} {
		if !strings.Contains(string(status), want+"\n") {
			t.Errorf("no %q in %s", want, status)
		}
	}
	if strings.Contains(string(status), "Uid:\t0\t") {
		t.Errorf("it is root: %s", status)
	}
	eventually(t, "a connection is told as it changes", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:9779")
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		return strings.Contains(asked(t), `tcpvitals_transitions_total{from="syn_sent",to="established"}`)
	})
	for _, zero := range []string{"tcpvitals_events_lost_total", `tcpvitals_source_failures_total{source="count"}`, `tcpvitals_source_failures_total{source="examine"}`} {
		if said := asked(t); !strings.Contains(said, "\n"+zero+" 0\n") {
			t.Errorf("%s is not 0 in %s", zero, said)
		}
	}
}

// sees waits until tcpvitalsd counts that many listeners: its own, and with
// namespaces.conf one in another network namespace.
func sees(t *testing.T, listeners int) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		l, err := net.Listen("tcp", "127.0.0.1:81")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	})
	want := fmt.Sprintf("\n"+`tcpvitals_connections{family="ipv4",state="listen"} %d`+"\n", listeners)
	eventually(t, strings.TrimSpace(want), func() bool { return strings.Contains(asked(t), want) })
	eventually(t, "whose it is", func() bool {
		return strings.Contains(asked(t), `tcpvitals_group_connections{by="unit",name="tcpvitalsd.service"`)
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	awaited(t, what, func() string { return asked(t) }, ok)
}

// awaited waits until ok; after a minute it fails the test and shows what was said.
func awaited(t *testing.T, what string, said func() string, ok func() bool) {
	t.Helper()
	for range 300 { // an emulated processor is slow
		if ok() {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("not within a minute: %s in\n%s", what, said())
}

// asked is the answer of tcpvitalsd.
func asked(t *testing.T) string {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://127.0.0.1:9779/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
