// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// asProgram makes the test binary act as tcpvitals.
const asProgram = "TCPVITALS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	testnet.Main(m)
}

// TestInterrupted: Ctrl-C ends a command with a message and exit code 130; before the
// command handles signals, it ends by the signal itself, which shells show as 130 too.
func TestInterrupted(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, unwatched, 2 * time.Second} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "queues", "--window", "1m")
		cmd.Env = append(os.Environ(), asProgram+"=1")
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		exit, _ := errors.AsType[*exec.ExitError](err)
		if exit == nil {
			t.Fatalf("after %v: %v", after, err)
		}
		status := exit.Sys().(syscall.WaitStatus) //nolint:forcetypeassert // it is, on Linux
		byUs := status.ExitStatus() == 130 && said.String() == "tcpvitals: interrupted\n"
		byKernel := status.Signaled() && status.Signal() == syscall.SIGINT && said.Len() == 0
		if !byUs && (!byKernel || after == 2*time.Second) {
			t.Errorf("after %v: %v; %q", after, err, said.String())
		}
	}
}

// TestInterruptedWhileStuck: a command that cannot go on, here because nobody reads what
// it writes, ends with the message in the language that is asked for.
func TestInterruptedWhileStuck(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"C.UTF-8": "tcpvitals: interrupted\n", "zh_CN.UTF-8": "tcpvitals: 已中断\n"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 65536)); err != nil { // it is full
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "explain", "TIME_WAIT")
		cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL="+locale)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != interrupted || said.String() != want {
			t.Errorf("%s: exit code %d; %q, want %q", locale, code, said.String(), want)
		}
		_, _ = r.Close(), w.Close()
	}
}

// TestEveryIsEnded: a command with --every that is ended by Ctrl-C or as a service has
// written each sample, and its exit code is that of a normal end.
func TestEveryIsEnded(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "census", "--every", "100ms", "-o", "ndjson")
		cmd.Env = append(os.Environ(), asProgram+"=1")
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 3 { // samples come while it runs
			if !lines.Scan() {
				t.Fatalf("no more than %q, %q", lines.Text(), said.String())
			}
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		last := lines.Bytes()
		for lines.Scan() {
			last = lines.Bytes()
		}
		if !json.Valid(last) {
			t.Errorf("%v: the last line is not whole: %q", signal, last)
		}
		if err := cmd.Wait(); err != nil || said.Len() > 0 {
			t.Errorf("%v: %v; %q", signal, err, said.String())
		}
	}
}

// answering are calls of every command that answer at once and change nothing.
func answering() [][]string {
	const saved = "../../internal/snapshot/testdata/v1.0.snap"
	return [][]string{
		{},
		{"census", "-o", "json"},
		{"census", "--by", "state,family", "-o", "csv"},
		{"census", "--every", "100ms", "-o", "ndjson"},
		{"list"},
		{"list", "-o", "json"},
		{"list", "-o", "ndjson"},
		{"list", "-o", "csv"},
		{"queues"},
		{"ports", "-o", "json"},
		{"doctor"},
		{"doctor", "-o", "json"},
		{"doctor", "-o", "html"},
		{"doctor", "-o", "markdown"},
		{"doctor", "--rules"},
		{"doctor", "--every", "100ms"},
		{"check"},
		{"explain"},
		{"explain", "TIME_WAIT"},
		{"explain", "TIME_WAIT", "-o", "json"},
		{"snapshot", "info", saved},
		{"snapshot", "info", saved, "-o", "json"},
		{"diff", saved, saved},
		{"tune", "status"},
		{"tune", "log"},
		{"tune", "audit", "../../internal/tune/audit/testdata/corpus/bbr.want"},
		{"kill", "sport = :1", "-n", "-o", "json"},
		{"kill", "--log"},
		{"lab", "list"},
		{"lab", "list", "-o", "json"},
		{"version"},
		{"--help"},
		{"completion", "bash"},
	}
}

// TestOutputIsLost: a command whose answer cannot be written, to a full disk or to a
// reader that has gone, does not end with success. In the second case no signal ends
// it.
func TestOutputIsLost(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	defer full.Close()
	reader, gone, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range answering() {
		for name, to := range map[string]*os.File{"full": full, "gone": gone} {
			cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
			cmd.Env = append(os.Environ(), asProgram+"=1")
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = to, &said
			_ = cmd.Run()
			want := 1
			if len(args) > 0 && args[0] == "check" {
				want = 3 // UNKNOWN
			}
			if code := cmd.ProcessState.ExitCode(); code != want || (said.Len() == 0) != (name == "gone") {
				t.Errorf("%v, %s: %v; %q", args, name, cmd.ProcessState, said.String())
			}
		}
	}
}

// TestNothingIsLeft: a command that is ended at any moment leaves no file behind:
// neither a snapshot that it is saving nor one that comes through a pipe.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	saved, err := os.ReadFile("../../internal/snapshot/testdata/v1.0.snap")
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		for _, after := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 40 * time.Millisecond} {
			for _, args := range [][]string{{"doctor", "-"}, {"snapshot", "save", "--netns", "all", "--force", "x.snap"}} {
				dir := t.TempDir()
				cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
				cmd.Env, cmd.Dir = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir), dir
				in, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				_, _ = in.Write(saved[:len(saved)-1]) // it waits for the last byte
				time.Sleep(after)
				_ = cmd.Process.Signal(signal) // it may have ended
				time.Sleep(50 * time.Millisecond)
				_ = in.Close()
				_ = cmd.Wait()
				left, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, entry := range left {
					if entry.Name() != "x.snap" {
						t.Errorf("%v after %v: %v leaves %s", signal, after, args, entry.Name())
					}
				}
			}
		}
	}
}

// TestEndedWhileReading: a command that waits for input ends when it is told to.
func TestEndedWhileReading(t *testing.T) {
	for _, args := range [][]string{
		{"-"},
		{"list", "--from", "-"},
		{"snapshot", "info", "-"},
		{"trace", "--from", "-"},
		{"tune", "audit", "-"},
		{"tune", "apply", "--yes", "-"},
		{"doctor", "--ignore-file", "-", "--from", "/dev/null"},
		{"census", "--from", "/dev/stdin"},
		{"tune", "apply", "/dev/fd/0"},
	} {
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		cmd.Stdin = in
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		time.Sleep(time.Second)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("%v has ended before: %s", args, said.String())
		}
		select {
		case err := <-ended:
			if exit, _ := errors.AsType[*exec.ExitError](err); exit == nil || exit.ExitCode() != 130 {
				t.Errorf("%v: %v; %s", args, err, said.String())
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%v does not end", args)
			_ = errors.Join(cmd.Process.Kill(), <-ended)
		}
		_ = errors.Join(in.Close(), out.Close())
	}
}
