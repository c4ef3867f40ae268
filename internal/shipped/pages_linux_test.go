// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A reason is why a command of a page is not run by [TestShippedPages]: what is
// at the path does, or says more.
type reason struct{ command, why, path string }

func reasons() []reason {
	return []reason{
		{`^make check$`, "this test is part of it", "Makefile"},
		{`^make `, "archtest knows every target, and what they make is tried by these tests", "internal/archtest/pages.go"},
		{`^git |^gpg `, "a release leaves the machine", "internal/shipped/release_linux_test.go"},
		{`^dpkg |^rpm |^man |<Tab>`, "packages are installed in a root of their own", "internal/shipped/packages_linux_test.go"},
		{`^systemctl `, "units are verified", "internal/shipped/systemd_linux_test.go"},
		{`^docker `, "the image is run without Docker", "internal/shipped/image_linux_test.go"},
		{`^helm |^kubectl `, "the chart and what it renders are checked by Helm's and Kubernetes' libraries", "tools/chart"},
		{`^setcap `, "rights of files are tried on a copy", "cmd/tcpvitals/rights_linux_test.go"},
		{`^promtool |^curl `, "what answers Prometheus is asked", "cmd/tcpvitalsd/internal/web/api_test.go"},
		{`^\$EDITOR `, "an editor is the user's", "docs/tune-changes.md"},
		{`^tcpvitals(d|) history|--at `, "a history takes time to come", "cmd/tcpvitalsd/internal/history/week_test.go"},
		{`^tcpvitals tune (apply|confirm|verify|rollback)`, "it changes the machine, or tells of such a change", "internal/cli/testdata/script/tune_apply.txtar"},
		{`^tcpvitals lab (verify|run all)`, "every scenario is run by itself", "internal/lab/scenario/run_linux_test.go"},
		{`^tcpvitalsd --config `, "settings that are shipped are checked", "internal/shipped/examples_linux_test.go"},
		{`^tcpvitals watch .*--from `, "it is played on a terminal", "internal/watch/testdata/session"},
		{`^tcpvitals watch -t `, "it begins in the history of tcpvitalsd", "internal/watch/past_test.go"},
		{`^tcpvitals kill$`, "it is named there: it wants a filter", "internal/cli/testdata/script/kill.txtar"},
	}
}

// A typed command is one that a page tells to type, and where.
type typed struct{ command, page string }

var (
	firstWord = regexp.MustCompile(`^(?:[$#] )?(?:sudo )?(?:bin/)?((?:tcpvitalsd?|make|go|git|gpg|ss|netstat|curl|helm|kubectl|systemctl|dpkg|rpm|docker|promtool|man|setcap|\$EDITOR)(?: .*)?)$`)
	said      = regexp.MustCompile(`\s+# .*$|\s{3,}\S.*$`)
	spans     = regexp.MustCompile("`(tcpvitals [a-z][^`]*)`")
)

// typedIn are the commands in the blocks of a page; in a guide also those in the
// midst of a sentence. Blocks with their answers are not among them: TestPagesShowAnswers
// of internal/cli runs those.
func typedIn(page, text string) (all []typed) {
	answered := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		block, indented := strings.CutPrefix(line, "    ")
		switch match := firstWord.FindStringSubmatch(block); {
		case strings.HasPrefix(line, "<!-- run "):
			answered = true
		case indented && match != nil && !answered && !strings.HasSuffix(block, `\`):
			all = append(all, typed{said.ReplaceAllString(match[1], ""), page})
		case !indented && line != "":
			answered = false
		}
		if !indented && (strings.Contains(page, "guides/") || strings.HasPrefix(page, "README")) {
			for _, match := range spans.FindAllStringSubmatch(line, -1) {
				all = append(all, typed{strings.ReplaceAll(match[1], `\|`, "|"), page})
			}
		}
	}
	return all
}

// shortened is a command as it is run here: for a second where it would take many,
// once where it would go on, on what is there.
func shortened(command string) string {
	for _, change := range [][2]string{
		{`--(window|trace) \d+s?`, "--$1 1s"},
		{`--summary \d+s?`, "--summary 1s"},
		{`--for \S+`, ""},
		{`--every \S+`, "--every 1s --count 1"},
		{`^(tcpvitals trace '[^']*'.*)$`, "$1 --for 1s"},
		{`^(tcpvitals watch.*?)( >> \S+)?$`, "$1 --plain --count 1$2"},
		{`--plain (.*)--plain --count 1`, "$1--plain"},
		{`^(tcpvitals lab hold .*)-n \d+`, "$1-n 10 --for 1s"},
		{`--netns 14754`, "--netns $$$$"},
		{`/etc/sysctl.conf`, "howto.conf"},
		{`^(tcpvitals check|tcpvitals doctor) --proc \S+`, "$1 --proc /proc"},
		{`--data-dir \S+`, "--data-dir data"},
		{`--rules \S+`, "--rules rules.yml"},
		{`^tcpvitals trace$`, "tcpvitals trace --for 1s"},
	} {
		command = regexp.MustCompile(change[0]).ReplaceAllString(command, change[1])
	}
	return command
}

// goesOn matches what runs until it is ended.
var goesOn = regexp.MustCompile(`^tcpvitalsd($| --(data-dir|rules|compat))|^tcpvitals serve`)

// answers reports whether a command does what a page says of it: it answers,
// wholly or in part, finds something or nothing, or runs until it is ended.
func answers(t *testing.T, ns, dir, command string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	line := shortened(command)
	if goesOn.MatchString(command) {
		line = "exec " + line // its exit code is wanted, not the shell's
	}
	cmd := exec.Command("nsenter", "--net="+ns, "sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+"/bin:"+os.Getenv("PATH"), "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	wait := ctx.Done()
	if goesOn.MatchString(command) {
		until, stop := context.WithTimeout(ctx, 3*time.Second)
		defer stop()
		wait = until.Done()
	}
	select {
	case err = <-done:
	case <-wait:
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		err = <-done
		if !goesOn.MatchString(command) {
			return errors.New("it does not end")
		}
	}
	text, _ := os.ReadFile(out.Name())
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		return err
	}
	allowed := []int{0, 3, 4, 7} // whole, in part, findings, nothing to close
	if goesOn.MatchString(command) {
		allowed = append(allowed, 130)
	}
	if strings.HasPrefix(command, "tcpvitals check") {
		allowed = append(allowed, 1, 2) // as monitoring has them
	}
	if !slices.Contains(allowed, code) {
		return fmt.Errorf("exit code %d: %s", code, text)
	}
	return nil
}

// theMachine is a directory with the programs and the files that pages speak of,
// and a namespace to run them in.
func theMachine(t *testing.T) (ns, dir string) {
	need(t, "go", "ss", "netstat", "nsenter")
	ns, dir = testnet.New(t, testnet.Options{}).Path(), t.TempDir()
	for from, name := range map[string]string{"cmd/tcpvitals": "tcpvitals", "cmd/tcpvitalsd": "tcpvitalsd"} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin", name), ".")
		cmd.Dir, cmd.Env = filepath.Join(tree(t), from), append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	settings := "net.ipv4.tcp_fin_timeout = 30\nnet.ipv4.tcp_tw_recycle = 1\n"
	for _, name := range []string{"howto.conf", "sysctl.d/a.conf", "roles/web/files/sysctl.d/a.conf"} {
		write(t, dir, name, settings)
	}
	write(t, dir, "FILE", "tcp 0 0 192.0.2.1:80 198.51.100.1:1024 TIME_WAIT\n")
	write(t, dir, "my.tcp", readText(t, one(t, filepath.Join(tree(t), "internal/lab/scenario"), "tcp/close/active-close.tcp")))
	write(t, dir, "rules.yml", readText(t, filepath.Join(tree(t), "packaging/prometheus/rules.yml")))
	for _, name := range []string{"before", "after", "web1", "night.1", "night.2", "night.3"} {
		if err := answers(t, ns, dir, "tcpvitals snapshot save "+name+".snap"); err != nil {
			t.Fatal(err)
		}
	}
	return ns, dir
}

// TestShippedPages: every command that README and docs tell people to type is one
// that answers, or has a reason why it is not tried here.
func TestShippedPages(t *testing.T) {
	all := map[string][]string{}
	for _, pattern := range []string{"README*.md", "docs/*.md", "docs/guides/*.md"} {
		names, err := filepath.Glob(filepath.Join(tree(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			page, _ := filepath.Rel(tree(t), name)
			for _, c := range typedIn(page, readText(t, name)) {
				all[c.command] = append(all[c.command], c.page)
			}
		}
	}
	if len(all) < 130 {
		t.Errorf("only %d commands", len(all))
	}
	used, tried := map[string]bool{}, 0
	ns, dir := theMachine(t)
	beside := fours{places: make(chan struct{}, 4)}
	for _, command := range slices.Sorted(maps.Keys(all)) {
		if r, ok := reasonFor(command); ok {
			used[r.command] = true
			continue
		}
		tried++
		try := func() {
			began := time.Now()
			defer func() { t.Logf("%s: %v", command, time.Since(began).Round(time.Millisecond)) }()
			if err := answers(t, ns, dir, command); err != nil {
				t.Errorf("%s: %s (as %s): %v", all[command][0], command, shortened(command), err)
			}
		}
		switch {
		case strings.HasPrefix(command, "go run "):
			if said := call(t, "sh", "-c", "cd "+tree(t)+" && "+command); !strings.Contains(said, "TCP socket") {
				t.Errorf("%s: %s", command, said)
			}
		case goesOn.MatchString(command): // all at the same port
			try()
		default:
			beside.Go(try)
		}
	}
	beside.Wait()
	t.Logf("%d commands, %d tried", len(all), tried)
	for _, r := range reasons() {
		if !used[r.command] {
			t.Errorf("no command wants the reason %q", r.command)
		}
		if _, err := os.Stat(filepath.Join(tree(t), r.path)); err != nil {
			t.Errorf("the reason %q: %v", r.command, err)
		}
	}
	for _, wrong := range []string{"tcpvitals census --no-such-flag", "tcpvitals list 'nonsense'", "tcpvitals no-such-command"} {
		if answers(t, ns, dir, wrong) == nil {
			t.Errorf("%s is taken for a command that answers", wrong)
		}
	}
}

// fours runs four at a time.
type fours struct {
	sync.WaitGroup
	places chan struct{}
}

func (g *fours) Go(f func()) {
	g.WaitGroup.Go(func() {
		g.places <- struct{}{}
		defer func() { <-g.places }()
		f()
	})
}

func reasonFor(command string) (reason, bool) {
	for _, r := range reasons() {
		if regexp.MustCompile(r.command).MatchString(command) {
			return r, true
		}
	}
	return reason{}, false
}

// TestShippedPagesAreRead: the commands of a page are found.
func TestShippedPagesAreRead(t *testing.T) {
	const page = "Text `tcpvitals ports`.\n\n    $ sudo tcpvitals kill 'a'    # what\n    answer\n    tcpvitals doctor   says\n\n<!-- run x -->\n\n    $ tcpvitals queues\n\nText.\n\n    bin/tcpvitals serve\n"
	want := []string{"tcpvitals kill 'a'", "tcpvitals doctor", "tcpvitals serve"}
	got := []string{}
	for _, c := range typedIn("docs/a.md", page) {
		got = append(got, c.command)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if in := typedIn("docs/guides/a.md", page); len(in) != 4 || in[0].command != "tcpvitals ports" {
		t.Errorf("in a guide: %v", in)
	}
}
