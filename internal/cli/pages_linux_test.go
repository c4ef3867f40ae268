// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A page shows commands with their output: a block after <!-- run SITUATION --> is run
// on a machine in that situation. Lines that begin with $ are typed, "…" stands for
// omitted text, and a number matches any number.
var (
	shownRun = regexp.MustCompile(`<!-- run ([a-z-]+) -->\n\n((?:(?:    .*)?\n)+)`)
	number   = regexp.MustCompile(`\d[\d,.]*\d|\d`)
	unit     = regexp.MustCompile(`[(（]?[\w.@\\-]+\.(?:scope|service|slice)\b[)）]?`)
	blanks   = regexp.MustCompile(`\s+`)
)

// situations are the situations that a page can name. Each sets up a namespace, and
// may put programs into the directory that is first in PATH.
func situations() map[string]func(t *testing.T, bin string) *testnet.NS {
	return map[string]func(t *testing.T, bin string) *testnet.NS{
		"full-queue": fullQueue,
		"leak":       leak,
		"ports-gone": portsGone,
		"howto":      howto,
	}
}

// fullQueue: gunicorn has a queue of 128 and does not accept, and clients keep
// connecting.
func fullQueue(t *testing.T, _ string) *testnet.NS {
	ns := testnet.New(t, testnet.Options{})
	at := &unix.SockaddrInet4{Port: 8080}
	listener := listenOn(t, ns, at, 128)
	connectTo(t, ns, endpoint(1, 8080), 170)
	adopt(t, "gunicorn", listener)
	var coming []int
	for range 600 {
		coming = append(coming, openSocket(t, ns))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		for i, fd := range coming {
			_ = unix.Connect(fd, endpoint(1, 8080)) // nobody answers
			if i%3 > 0 {
				continue
			}
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
		<-stop
	}()
	return ns
}

// leak: java does not close 212 connections that its database has closed.
func leak(t *testing.T, _ string) *testnet.NS {
	ns := testnet.New(t, testnet.Options{})
	server := listenOn(t, ns, endpoint(1, 5432), 512)
	var fds []int
	for range 212 {
		fd := newSocket(t, ns)
		t.Cleanup(func() { _ = unix.Close(fd) })
		must(t, connect(t, ns, fd, endpoint(1, 5432)))
		fds = append(fds, fd)
	}
	acceptAndClose(t, server, len(fds))
	allIn(t, ns, tcp.CloseWait, len(fds), every)
	adopt(t, "java", fds...)
	adopt(t, "postgres", server)
	return ns
}

// portsGone: every local port to one destination is in TIME_WAIT.
func portsGone(t *testing.T, _ string) *testnet.NS {
	ours, theirs := twoHosts(t)
	theirs.SetSysctl("net.ipv4.ip_local_port_range", "40000 40199")
	clients, servers := across(t, ours, theirs, 200)
	for i, fd := range clients {
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
		await(t, "the FIN is acknowledged", func() bool { return stateOf(t, fd) == tcp.FinWait2 })
		must(t, unix.Shutdown(servers[i], unix.SHUT_WR))
		await(t, "it is in TIME_WAIT", func() bool { return stateOf(t, fd) == tcp.Close })
	}
	letGo(t, clients)
	return theirs
}

// howto: netstat prints the listing that the old how-to counts.
func howto(t *testing.T, bin string) *testnet.NS {
	var listing strings.Builder
	port := 0
	for _, state := range []struct {
		name string
		n    int
	}{{"TIME_WAIT", 18122}, {"SYN_RECV", 348}, {"FIN_WAIT1", 229}, {"ESTABLISHED", 70}, {"CLOSING", 33}, {"FIN_WAIT2", 30}, {"LAST_ACK", 14}} {
		for range state.n {
			port++
			fmt.Fprintf(&listing, "tcp        0      0 192.0.2.1:80            198.51.100.%d:%-5d     %s\n", port%250+1, 1024+port, state.name)
		}
	}
	must(t, os.WriteFile(filepath.Join(bin, "listing"), []byte(listing.String()), 0o600))
	must(t, os.WriteFile(filepath.Join(bin, "netstat"), []byte("#!/bin/sh\nexec cat \"${0%/*}/listing\"\n"), 0o755)) //nolint:gosec // a program
	return testnet.New(t, testnet.Options{})
}

// pagesWithRuns are the texts of the pages that show output, by name.
func pagesWithRuns(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, fs.WalkDir(os.DirFS("../.."), ".", func(name string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && name != "." && name != "docs" && name != "docs/guides" {
			return fs.SkipDir
		}
		if err != nil || filepath.Ext(name) != ".md" {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../..", name))
		if shownRun.Match(text) {
			all[name] = string(text)
		}
		return err
	}))
	return all
}

// TestPagesShowAnswers: the output shown in README and guides is the real output, in
// the language of the page.
func TestPagesShowAnswers(t *testing.T) {
	pages := pagesWithRuns(t)
	if len(pages) < 2 || pages["README.md"] == "" || pages["README.zh-CN.md"] == "" {
		t.Fatalf("pages: %d", len(pages))
	}
	for situation, prepare := range situations() {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			bin := filepath.Dir(program(t))
			ns, shown := prepare(t, bin), 0
			for page, text := range pages {
				for _, match := range shownRun.FindAllStringSubmatch(text, -1) {
					if match[1] == situation {
						shown++
						showsAnswers(t, ns, page, bin, match[2])
					}
				}
			}
			if shown == 0 {
				t.Error("no page shows it")
			}
		})
	}
	for page, text := range pages {
		for _, match := range shownRun.FindAllStringSubmatch(text, -1) {
			if situations()[match[1]] == nil {
				t.Errorf("%s asks for a situation %s", page, match[1])
			}
		}
	}
}

// showsAnswers runs the commands of a block and compares their output.
func showsAnswers(t *testing.T, ns *testnet.NS, page, bin, block string) {
	t.Helper()
	for _, part := range strings.Split("\n"+strings.ReplaceAll("\n"+block, "\n    ", "\n"), "\n$ ")[1:] {
		line, want, _ := strings.Cut(part, "\n")
		cmd := ns.Command("sh", "-c", line)
		cmd.Dir = t.TempDir()
		locale := "C.UTF-8"
		if strings.Contains(page, ".zh") {
			locale = "zh_CN.UTF-8"
		}
		cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "LC_ALL=" + locale, "COLUMNS=100", "HOME=/nonexistent"}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		_ = cmd.Run() // the output matters, not the exit code
		if got := out.String(); !alike(want, got) {
			t.Errorf("%s shows as the answer of %s:\n%s\nit is:\n%s", page, line, want, got)
		}
	}
}

// alike reports whether a text matches what a page shows.
func alike(shown, text string) bool {
	var parts []string
	for part := range strings.SplitSeq("\n"+shown+"\n", "…") {
		parts = append(parts, regexp.QuoteMeta(essence(part)))
	}
	return regexp.MustCompile(`^` + strings.Join(parts, `.*`) + `$`).MatchString(essence(text))
}

// essence is a text without what differs between machines: the size of numbers, the
// unit in which the test runs, and the line breaks that depend on them.
func essence(text string) string {
	return blanks.ReplaceAllString(unit.ReplaceAllString(number.ReplaceAllString(text, "0"), ""), "")
}

// TestAlike: the comparison distinguishes a changed word from a changed number.
func TestAlike(t *testing.T) {
	for _, test := range []struct {
		shown, text string
		want        bool
	}{
		{"a 12 b", "a 1,300 b\n", true},
		{"a  12  b", "a 1 b\n", true},
		{"a 12 b", "a 12 c\n", false},
		{"a 12 b", "a 12 b\nmore\n", false},
		{"a\n…", "a\nb\nc\n", true},
		{"…\nc", "a\nb\nc\n", true},
		{"…\nb", "a\nb\nc\n", false},
	} {
		if got := alike(test.shown, test.text); got != test.want {
			t.Errorf("%q of %q: %v", test.shown, test.text, got)
		}
	}
}
