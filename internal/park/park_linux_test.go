// SPDX-License-Identifier: Apache-2.0

package park

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A machine is two hosts joined by a wire, and the names of their programs.
type machine struct {
	name           string
	sysctls        map[string]string // for both hosts
	server, client string
	finds          []string // expected findings, as SIDE SEVERITY CODE PROCESS
	soak           bool     // the machine is examined only if PARK_ROUNDS or PARK_ONLY is set
}

// A host is a network namespace that the doctor examines.
type host struct {
	machine, side string
	ns            *testnet.NS
}

func (h *host) String() string { return h.machine + ", " + h.side }

// rounds is how often every machine is examined.
func rounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("PARK_ROUNDS")
	if text == "" {
		return 2
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("PARK_ROUNDS is %q", text)
	}
	return n
}

// chosen are the machines whose names match the regular expression PARK_ONLY; all
// machines if it is not set.
func chosen(t *testing.T, all []machine) (some []machine) {
	t.Helper()
	only, err := regexp.Compile(os.Getenv("PARK_ONLY"))
	if err != nil {
		t.Fatalf("PARK_ONLY: %v", err)
	}
	every := os.Getenv("PARK_ROUNDS") != "" || only.String() != ""
	for _, m := range all {
		if only.MatchString(m.name) && (every || !m.soak) {
			some = append(some, m)
		}
	}
	return some
}

// TestHealthy: the doctor finds nothing above info on a machine on which nothing is
// wrong.
func TestHealthy(t *testing.T) {
	testnet.Require(t, testnet.Root)
	hosts := build(t, chosen(t, healthy()))
	for round := range rounds(t) {
		for i, v := range examine(t, hosts, "doctor", "--window", "5s") {
			for _, f := range v.above("info") {
				t.Errorf("round %d: %s: %s %s: %s\n%s", round+1, hosts[i], f.Severity, f.Code, f.Summary.En, f.details())
			}
		}
	}
}

// TestSick: the doctor's findings on a machine are the same every time.
func TestSick(t *testing.T) {
	testnet.Require(t, testnet.Root)
	all := chosen(t, sick())
	asked := map[string]string{} // only the sides that the expectations name: the findings on the other side depend on what its clients happen to do
	for _, m := range all {
		for _, f := range m.finds {
			asked[m.name] += f
		}
	}
	hosts := build(t, all)
	time.Sleep(3 * time.Second) // until the programs have started up
	for round := range rounds(t) {
		found := map[string][]string{}
		for i, v := range examine(t, hosts, "doctor", "--window", "5s") {
			if !strings.Contains(asked[hosts[i].machine], hosts[i].side) {
				continue
			}
			for _, f := range v.above("info") {
				t.Logf("round %d: %s: %s %s: %s\n%s", round+1, hosts[i], f.Severity, f.Code, f.Summary.En, f.details())
				found[hosts[i].machine] = append(found[hosts[i].machine], hosts[i].side+" "+f.Severity+" "+f.Code+" "+f.whose())
			}
		}
		for _, m := range all {
			if got := slices.Sorted(slices.Values(found[m.name])); !slices.Equal(got, m.finds) {
				t.Errorf("round %d: %s: found %q, want %q", round+1, m.name, got, m.finds)
			}
		}
	}
}

// build makes all machines and returns when all of their programs are running.
func build(t *testing.T, all []machine) (hosts []*host) {
	t.Helper()
	var waits []func()
	for i := range all {
		m := &all[i]
		server, client := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
		wire(t, server, client)
		for name, value := range m.sysctls {
			server.SetSysctl(name, value)
			client.SetSysctl(name, value)
		}
		begin(t, m.server, server)()
		waits = append(waits, begin(t, m.client, client))
		hosts = append(hosts, &host{m.name, "server", server}, &host{m.name, "client", client})
	}
	for _, wait := range waits {
		wait()
	}
	return hosts
}

// wire joins two namespaces by a wire.
func wire(t *testing.T, server, client *testnet.NS) {
	t.Helper()
	run := func(ns *testnet.NS, words string) {
		if out, err := ns.Command("ip", strings.Fields(words)...).CombinedOutput(); err != nil {
			testnet.Skip(t, testnet.Tools, fmt.Sprintf("ip %s: %v: %s", words, err, out))
		}
	}
	run(server, "link add v0 type veth peer name v1 netns "+client.Path())
	run(server, "addr add "+serverHost+"/24 dev v0")
	run(server, "link set v0 up")
	run(client, "addr add "+clientHost+"/24 dev v1")
	run(client, "link set v1 up")
	run(server, "addr add "+serverHost6+"/64 dev v0 nodad")
	run(client, "addr add "+clientHost6+"/64 dev v1 nodad")
}

// begin starts a program. wait returns when the program is ready.
func begin(t *testing.T, name string, ns *testnet.NS) (wait func()) {
	t.Helper()
	cmd := ns.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asProgram+"="+name)
	var said bytes.Buffer
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, said.String())
		}
	})
	return func() {
		if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
			t.Fatalf("%s is not ready: %q %v", name, line, err)
		}
		go func() { _, _ = io.Copy(io.Discard, stdout) }()
	}
}

// examine runs the doctor on all hosts at once, a process for each.
func examine(t *testing.T, hosts []*host, args ...string) []verdict {
	t.Helper()
	began := time.Now()
	verdicts, problems := make([]verdict, len(hosts)), make([]string, len(hosts))
	var all sync.WaitGroup
	for i, h := range hosts {
		cmd := h.ns.Command(os.Args[0], append(args, "-o", "json")...)
		cmd.Env = append(os.Environ(), asDoctor+"=1")
		var out, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			err := cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
				problems[i] = fmt.Sprintf("%v: %s", err, said.String())
			} else if err := json.Unmarshal(out.Bytes(), &verdicts[i]); err != nil {
				problems[i] = err.Error()
			}
		})
	}
	all.Wait()
	for i, p := range problems {
		if p != "" {
			t.Fatalf("%s: %s", hosts[i], p)
		}
	}
	t.Logf("%d hosts in %.1f s", len(hosts), time.Since(began).Seconds())
	return verdicts
}

// verdict is the part of the doctor's answer that the tests use.
type verdict struct{ Findings []finding }

type finding struct {
	Code, Severity       string
	Process, Also, Among string
	NetnsInode           uint64 `json:"netns_inode"`
	Summary              struct{ En string }
	Detail               []struct{ En string }
	Explains             []struct{ Finding finding }
}

// above returns the findings of a greater severity, including those below others. It
// omits findings about the whole host: other tests of this machine can cause them.
func (v *verdict) above(severity string) (all []*finding) {
	var look func(f *finding)
	look = func(f *finding) {
		if f.NetnsInode != 0 && f.Severity != severity && f.Severity != "ok" {
			all = append(all, f)
		}
		for i := range f.Explains {
			look(&f.Explains[i].Finding)
		}
	}
	for i := range v.Findings {
		look(&v.Findings[i])
	}
	return all
}

// whose names the process of a finding, or the group of processes to which it belongs,
// without pids.
func (f *finding) whose() string {
	name := f.Process
	if f.Among != "" {
		name = f.Among
	}
	if f.Also != "" {
		name += " besides " + f.Also
	}
	if name == "" {
		return "-"
	}
	return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(name, "")
}

func (f *finding) details() string {
	var b strings.Builder
	for _, d := range f.Detail {
		b.WriteString("    " + d.En + "\n")
	}
	return b.String()
}

// self runs this binary as another program of the same machine, with files as
// descriptors from 3 on. If that program fails, the machine fails too.
func self(name string, files ...*os.File) *exec.Cmd {
	cmd := child(name, files...)
	go func() { check(cmd.Wait()) }()
	return cmd
}

// child is self for a program that may be killed; the caller waits for its end. It
// ends with its parent, even if it is stopped.
func child(name string, files ...*os.File) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asProgram+"="+name)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdin, os.Stdout, os.Stderr, files
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	check(cmd.Start())
	return cmd
}
