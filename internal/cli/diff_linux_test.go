// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// diffOf runs diff in the namespace and reads its answer.
func diffOf(t *testing.T, ns *testnet.NS, args ...string) (doc report.DiffDocument) {
	t.Helper()
	ns.Do(func() {
		out, stderr, code := run(nil, append([]string{"diff", "-o", "json"}, args...)...)
		if code != 0 && code != 3 { // 3: some processes of this host may not be inspected
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Error(err)
		}
	})
	return doc
}

func saveIn(t *testing.T, ns *testnet.NS, file string, flags ...string) {
	t.Helper()
	ns.Do(func() {
		if _, stderr, code := run(nil, append([]string{"snapshot", "save", file}, flags...)...); code != 0 && code != 3 { // 3: some processes of this host may not be inspected
			t.Errorf("save: exit code %d: %s", code, stderr)
		}
	})
}

// TestDiffOfTheLiveHost: connections that this process has leaked since the snapshot
// are named, and so is its new listener; earlier connections are reported as having
// stayed.
func TestDiffOfTheLiveHost(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before.snap"), filepath.Join(dir, "after.snap")
	gone := openSocket(t, ns)
	must(t, unix.Bind(gone, endpoint(1, 8079)))
	must(t, unix.Listen(gone, 5))
	listener := listenOn(t, ns, endpoint(1, 8080), 500)
	connectTo(t, ns, endpoint(1, 8080), 10)
	saveIn(t, ns, before)
	connectTo(t, ns, endpoint(1, 8080), 200)
	listenOn(t, ns, endpoint(1, 8081), 5)
	must(t, unix.Shutdown(gone, unix.SHUT_RD)) // it no longer listens
	saveIn(t, ns, after)
	_ = listener

	comm, err := os.ReadFile("/proc/self/comm")
	must(t, err)
	name := strings.TrimSpace(string(comm))
	for _, newer := range []string{"live", after} {
		doc := diffOf(t, ns, before, newer, "--filter", "dport = :8080 or state listening")
		if len(doc.Changes) == 0 || doc.Changes[0].Difference != 200 || doc.Changes[0].Key["process"] != name {
			t.Fatalf("%s: %+v", newer, doc.Changes)
		}
		if len(doc.Stayed) != 1 || doc.Stayed[0].Count != 10 || doc.Stayed[0].Key["process"] != name || doc.Stayed[0].Key["remote"] == nil {
			t.Errorf("%s: stayed %+v", newer, doc.Stayed)
		}
		var listeners []string
		for _, l := range doc.Listeners {
			listeners = append(listeners, fmt.Sprint(l.Change, " ", l.Port, " ", l.Process == name))
		}
		sameWords(t, newer+": listeners", []string{"new 8081 true", "gone 8079 true"}, listeners)
	}
}

// TestDiffOfRedacted: comparisons by fields that mean nothing on the other side are
// refused or reported as unknown; counts are compared.
func TestDiffOfRedacted(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	dir := t.TempDir()
	plain, redacted := filepath.Join(dir, "plain.snap"), filepath.Join(dir, "redacted.snap")
	listenOn(t, ns, endpoint(1, 8080), 5)
	saveIn(t, ns, redacted, "--redact")
	listenOn(t, ns, endpoint(1, 8081), 5)
	saveIn(t, ns, plain)
	for _, args := range [][]string{{"--by", "remote/24"}, {"--filter", "dst 10.0.0.0/8"}, {"--by", "user"}, {"--by", "process,state"}, {"--by", "unit"}} {
		_, stderr, code := run(nil, append([]string{"diff", redacted, plain}, args...)...)
		if code != 2 || !strings.Contains(stderr, "redacted.snap is redacted") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
	doc := diffOf(t, ns, redacted, plain, "--by", "sport")
	if len(doc.Changes) != 1 || doc.Changes[0].Key["sport"] != float64(8081) {
		t.Errorf("%+v", doc.Changes)
	}
	if doc.Listeners != nil || doc.Stayed != nil || doc.Gaps[0].Source != "listeners" || doc.Gaps[1].Source != "stayed" {
		t.Errorf("listeners %v, stayed %v, gaps %v", doc.Listeners, doc.Stayed, doc.Gaps)
	}
}

// TestDiffOfAnotherBoot: sockets cannot be matched across a reboot, and a snapshot of
// another host is compared by counts only.
func TestDiffOfAnotherBoot(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	other, err := filepath.Abs("../snapshot/testdata/v1.0.snap")
	must(t, err)
	file := filepath.Join(t.TempDir(), "now.snap")
	saveIn(t, ns, file)
	// By the clock of this test, the other snapshot is newer.
	if _, stderr, code := run(nil, "diff", other, file); code != 2 || !strings.Contains(stderr, "now.snap is older than ") {
		t.Errorf("the wrong way round: exit code %d: %s", code, stderr)
	}
	out, _, _ := run(nil, "diff", file, other)
	if !strings.Contains(out, "two hosts are compared, ") || !strings.Contains(out, "stayed: not known") || strings.Contains(out, "in one state all the time") {
		t.Errorf("over a boot:\n%s", out)
	}
}
