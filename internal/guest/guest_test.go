// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchive: cpio can read an archive.
func TestArchive(t *testing.T) {
	cpio, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("needs busybox, to read the archive")
	}
	dir := t.TempDir()
	a, err := newArchive(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	a.data("/deep/er/odd", []byte("five!"), 0o755)
	a.data("/deep/er/odd", []byte("twice"), 0o755)
	a.link("/way", "deep/er")
	a.copy("/self", "archive.go")
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd := exec.Command(cpio, "cpio", "-i", "-d")
	cmd.Dir, cmd.Stdin = dir, in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "way", "odd"))
	if err != nil || string(got) != "five!" {
		t.Errorf("%q, %v", got, err)
	}
	want, _ := os.ReadFile("archive.go")
	if got, err := os.ReadFile(filepath.Join(dir, "self")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}

func TestArchiveOfWhatIsNotThere(t *testing.T) {
	a, err := newArchive(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	a.copy("/x", "no such file")
	if err := a.close(); err == nil {
		t.Error("no error")
	}
}

// TestTranscript: whatever a guest prints, every step ends as passed or failed.
func TestTranscript(t *testing.T) {
	const pass = "\x16=== RUN   TestA\n\x16--- PASS: TestA (0.00s)\n\x16PASS\n"
	tests := []struct {
		name, said string
		want       []string // the last action of each step
		finished   bool
	}{
		{"all pass", "\x1ebooted\n\x1ebegin\n" + pass + "\x1eend 0\n\x1ebegin\n" + pass + "\x1eend 0\n\x1edone\n", []string{"pass", "pass"}, true},
		{"the exit code counts", "\x1ebegin\n" + pass + "\x1eend 1\n\x1ebegin\n" + pass + "\x1eend 0\n\x1edone\n", []string{"fail", "pass"}, true},
		{"no newline before the end", "\x1ebegin\n" + pass + "left\x1eend 1\n\x1ebegin\n" + pass + "\x1eend 0\n\x1edone\n", []string{"fail", "pass"}, true},
		{"panics during the second", "\x1ebegin\n" + pass + "\x1eend 0\n\x1ebegin\n\x16=== RUN   TestA\n", []string{"pass", "fail"}, false},
		{"panics after PASS", "\x1ebegin\n" + pass, []string{"fail", "fail"}, false},
		{"does not boot", "", []string{"fail", "fail"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var events, news bytes.Buffer
			heard := transcript{o: options{events: &events, news: &news}, steps: []step{{Name: "one"}, {Name: "two"}}}
			if err := heard.listen(context.Background(), strings.NewReader(tt.said)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lastActions(events.String())); diff != "" || heard.finished != tt.finished {
				t.Errorf("finished %v (-want +got)\n%s\n%s", heard.finished, diff, events.String())
			}
		})
	}
}

// lastActions returns how each package ended.
func lastActions(events string) (actions []string) {
	for line := range strings.Lines(events) {
		for _, action := range []string{"pass", "fail"} {
			if strings.Contains(line, `"Action":"`+action+`"`) && !strings.Contains(line, `"Test":`) {
				actions = append(actions, action)
			}
		}
	}
	return actions
}

func TestBootsHaveScripts(t *testing.T) {
	var names []string
	for _, b := range boots()[1:] {
		if b.systemd { // that boot tests units
			continue
		}
		names = append(names, b.name)
	}
	entries, err := os.ReadDir("../cli/testdata/boot")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, entry := range entries {
		dirs = append(dirs, entry.Name())
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, dirs); diff != "" {
		t.Errorf("boots and directories of scripts (-boots +directories)\n%s", diff)
	}
}

// TestEventsStayWhole: if two guests write to one place in pieces, every line still
// arrives whole.
func TestEventsStayWhole(t *testing.T) {
	var all bytes.Buffer
	to := &inTurn{to: &all}
	var writers sync.WaitGroup
	for _, letter := range []string{"a", "b"} {
		writers.Go(func() {
			w := &byLine{to: to}
			text := strings.Repeat(strings.Repeat(letter, 99)+"\n", 500)
			for at := 0; at < len(text); at += 37 {
				_, _ = w.Write([]byte(text[at:min(at+37, len(text))]))
			}
		})
	}
	writers.Wait()
	lines := strings.Split(strings.TrimSuffix(all.String(), "\n"), "\n")
	for _, line := range lines {
		if len(line) != 99 || strings.Trim(line, line[:1]) != "" {
			t.Fatalf("a line of both: %q", line)
		}
	}
	if len(lines) != 1000 {
		t.Errorf("%d lines, not 1000", len(lines))
	}
}

func TestWanted(t *testing.T) {
	tests := []struct {
		o    options
		want []string
	}{
		{options{}, []string{"plain", "no-tcp-diag", "lockdown", "systemd"}},
		{options{run: "TestX"}, []string{"plain"}},
		{options{boots: []string{"lockdown"}}, []string{"lockdown"}},
	}
	for _, tt := range tests {
		var got []string
		for _, b := range boots() {
			if tt.o.wanted(b) {
				got = append(got, b.name)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", tt.o, diff)
		}
	}
}

func TestKeptKernel(t *testing.T) {
	dir := t.TempDir()
	for _, release := range []string{"6.1.0-55-cloud-amd64", "6.1.0-56-cloud-amd64", "6.12.117+deb12-cloud-amd64", "6.1.0-57-cloud-arm64", "7.1.3"} {
		boot := filepath.Join(dir, "linux-image-"+release, "boot")
		if err := os.MkdirAll(boot, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(boot, "vmlinuz-"+release), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for series, want := range map[string]string{"6.1": "6.1.0-56-cloud-amd64", "6.12": "6.12.117+deb12-cloud-amd64", "6.18": "", "arm64": "6.1.0-57-cloud-arm64", "7.1": "7.1.3"} {
		if k, ok := keptKernel(dir, machineOf(series)); k.release != want || ok != (want != "") {
			t.Errorf("%s: %+v, %v, want %q", series, k, ok, want)
		}
	}
}

// TestMachines: CI_REQUIRE does not require what a machine lacks, and requires
// everything else.
func TestMachines(t *testing.T) {
	for name, want := range map[string]string{
		"6.12": "root,netns,bpf,userns,ktls,nfs", "arm64": "root,netns,bpf,userns,ktls,nfs", "7.1": "root,netns",
	} {
		if got := machineOf(name).rights(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	lockdown := boot{cmdline: "lockdown=confidentiality"}
	if env := lockdown.environment(machineOf("6.1")); !slices.Contains(env, "CI_REQUIRE=root,netns,userns,ktls,nfs") {
		t.Error(env)
	}
	if got := architectures([]string{"6.1", "arm64", "7.1", host}); runtime.GOARCH == "amd64" && !slices.Equal(got, []string{"amd64", "arm64"}) {
		t.Error(got)
	}
}

// TestNoWayToFetch: the error message says what to do.
func TestNoWayToFetch(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findKernel(context.Background(), t.TempDir(), machineOf("6.1"), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "KERNELS") && !strings.Contains(err.Error(), "amd64") {
		t.Errorf("%v", err)
	}
}
