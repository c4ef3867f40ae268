// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// english matches five English words in a row. Before matching, the test removes
// messages of the system, quoted input, and commands to be typed.
var (
	english = regexp.MustCompile(`(?:\b[a-z]{2,}\b[ ;:]+){4,}[a-z]{2,}\b`)
	quoted  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|tcpvitals [ -~]*`)
	system  = strings.NewReplacer("no such file or directory", "", "operation not permitted", "", "invalid argument", "")
	wrong   = regexp.MustCompile(`^(?:\[linux\] )?(?:exits [1-9] |! exec )tcpvitals (.*)$`)
	words   = regexp.MustCompile(`'[^']*'|\S+`)
)

// mistakes are the command lines in the scripts that end with an error. The files that
// they name are written to dir.
func mistakes(t *testing.T, dir string) (all [][]string) {
	t.Helper()
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts: %v", len(scripts), err)
	}
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script, files, _ := strings.Cut("\n"+string(text), "\n-- ")
		for line := range strings.Lines(script) {
			m := wrong.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil || strings.ContainsAny(m[1], "$\\") || strings.Contains(m[1], "--lang en") {
				continue
			}
			args := words.FindAllString(m[1], -1)
			for i := range args {
				args[i] = strings.Trim(args[i], "'")
			}
			all = append(all, args)
		}
		for file := range strings.SplitSeq(files, "\n-- ") {
			if name, body, ok := strings.Cut(file, " --\n"); ok && filepath.IsLocal(name) {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return all
}

// inPlaces are command lines with mistakes that need a file of their own.
func inPlaces(t *testing.T, dir string) [][]string {
	t.Helper()
	for name, text := range map[string]string{
		"cut.snap":          "tcpvitals snapshot\n\x00\x01",
		"cut.trace":         `{"schema":"tcpvitals.trace/1"}` + "\n{}\n",
		"state/1.jsonl":     "{}\n",
		"bad.plan":          "[network]\nnet.ipv4.tcp_fin_timeout = x y\n",
		"long/many.conf":    strings.Repeat("a = 1\n", 200_000),
		"state2/00001.json": "no journal",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return [][]string{
		{"census", "--from", "cut.snap"},
		{"census", "--from", "."},
		{"census", "--from", "/dev/null"},
		{"census", "--from", "/dev/full"},
		{"trace", "--from", "cut.trace"},
		{"tune", "audit", "long/many.conf"},
		{"tune", "apply", "bad.plan"},
		{"tune", "rollback", "77", "--state-dir", "state"},
		{"tune", "confirm", "1", "--state-dir", "state"},
		{"snapshot", "save", "/dev/null/x"},
		{"lab", "show", "no-such"},
		{"lab", "run", "--wire", "string", "time-wait"},
		{"lab", "hold", "no-such-state", "3"},
		{"census", "--engine", "hashwalk", "--by", "process"},
		{"census", "--engine", "hashwalk", "rtt > 1s"},
		{"census", "--sample", "10", "--by", "inode"},
		{"explain", "qqqqqq"},
		{"kill", "state established or state time-wait"},
		{"census", "--netns", "/etc/passwd"},
		{"census", "--netns", "99999999"},
	}
}

// TestErrorsAreToldInChinese runs every mistake of the scripts, and some more, in a
// Chinese locale. No error message may be an English sentence.
func TestErrorsAreToldInChinese(t *testing.T) {
	dir := t.TempDir()
	all := append(mistakes(t, dir), inPlaces(t, dir)...)
	if len(all) < 100 {
		t.Fatalf("%d mistakes: the scripts have more", len(all))
	}
	t.Chdir(dir)
	told := 0
	for _, args := range all {
		stderr := mistake(t, args)
		if stderr == "" {
			continue // it fails only in the environment of the scripts
		}
		told++
		plain := system.Replace(quoted.ReplaceAllString(stderr, ""))
		for _, arg := range args {
			plain = strings.ReplaceAll(plain, arg, "")
		}
		if said := english.FindString(plain); said != "" {
			t.Errorf("tcpvitals %s is told in English (%s):\n%s", strings.Join(args, " "), said, stderr)
		}
		if !strings.ContainsFunc(stderr, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("tcpvitals %s is not told in Chinese:\n%s", strings.Join(args, " "), stderr)
		}
	}
	if told < 100 {
		t.Errorf("%d of %d mistakes are errors", told, len(all))
	}
}

// mistake runs a command in a Chinese locale and returns its error message.
func mistake(t *testing.T, args []string) string {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	env := cli.System("v0.0.0-test")
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &out, &errs
	env.Getenv = func(name string) string { return map[string]string{"LC_ALL": "zh_CN.UTF-8"}[name] }
	env.Exec, env.Args = nil, nil
	if code := cli.Main(ctx, env, args); code == 0 || code == 3 || code == 130 {
		return ""
	}
	return errs.String()
}
