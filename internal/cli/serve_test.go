// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestServe: the program that runs on takes the place of this one, with all
// flags; where it is not, the way to get it is told.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	call := func(locale string, args ...string) (code int, said string, argv []string) {
		var stdout, stderr bytes.Buffer
		env := System("")
		env.Stdout, env.Stderr, env.Getenv = &stdout, &stderr, func(name string) string {
			return map[string]string{"LC_ALL": locale}[name]
		}
		env.Exec = func(program string, with []string) error {
			argv = append([]string{program}, with...)
			return nil
		}
		return Main(t.Context(), env, args), stdout.String() + stderr.String(), argv
	}
	for locale, want := range map[string]string{"C.UTF-8": "it is built from the same source", "zh_CN.UTF-8": "它由同一份源码构建"} {
		if code, said, argv := call(locale, "serve"); code != exitUnsupported || argv != nil || !strings.Contains(said, want) {
			t.Errorf("without it: %d, %q: %s", code, argv, said)
		}
	}
	program := filepath.Join(dir, daemon)
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ args, want []string }{
		{[]string{"serve", "--listen", ":1", "--help"}, []string{program, daemon, "--listen", ":1", "--help"}},
		{[]string{"history", "--since", "2h", "up"}, []string{program, daemon, "history", "--since", "2h", "up"}},
		{[]string{"mcp", "--netns", "all"}, []string{program, daemon, "mcp", "--netns", "all"}},
		{[]string{"metrics", "--top", "5"}, []string{program, daemon, "metrics", "--top", "5"}},
	} {
		if code, said, argv := call("C", tt.args...); code != 0 || !slices.Equal(argv, tt.want) {
			t.Errorf("%q: %d, %q: %s", tt.args, code, argv, said)
		}
	}
}

// TestCensusFromSeries: a plain count for a time without a snapshot is passed on to the
// program that has the history; any other question is refused as before.
func TestCensusFromSeries(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	t.Setenv("PATH", dir)
	call := func(args ...string) (code int, said string, argv []string) {
		var stderr bytes.Buffer
		env := System("")
		env.Stdout, env.Stderr, env.Getenv = io.Discard, &stderr, func(string) string { return "" }
		env.Exec = func(_ string, with []string) error { argv = with; return nil }
		return Main(t.Context(), env, append([]string{"census", "--data-dir", data}, args...)), stderr.String(), argv
	}
	const none = "no snapshots are kept there"
	if code, said, argv := call("--at", "1h ago"); code == 0 || argv != nil || !strings.Contains(said, none) {
		t.Errorf("without it: %d %q: %s", code, argv, said)
	}
	if err := os.WriteFile(filepath.Join(dir, daemon), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	want := []string{daemon, "census", "--at", "1h ago", "--data-dir", data, "--output", "json", "--lang", "zh"}
	if code, said, argv := call("--at", "1h ago", "-o", "json", "--lang", "zh"); code != 0 || !slices.Equal(argv, want) {
		t.Errorf("%d %q: %s", code, argv, said)
	}
	for _, args := range [][]string{{"state listen"}, {"--by", "process"}, {"--top", "3"}, {"-v"}, {"-o", "yaml"}} {
		if code, said, argv := call(append([]string{"--at", "1h ago"}, args...)...); code == 0 || argv != nil {
			t.Errorf("%q: %d %q: %s", args, code, argv, said)
		}
	}
	if code, said, argv := call("--at", "soon"); code != exitUsage || argv != nil {
		t.Errorf("%d %q: %s", code, argv, said)
	}
}

// TestServeBeside: what lies beside this program is started, but not from a directory
// in which anybody could have put it there.
func TestServeBeside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes of directories tell nothing on Windows")
	}
	dir, elsewhere := t.TempDir(), t.TempDir()
	t.Setenv("PATH", elsewhere)
	for _, name := range []string{filepath.Join(dir, "tcpvitals"), filepath.Join(dir, daemon), filepath.Join(elsewhere, daemon)} {
		if err := os.WriteFile(name, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for mode, want := range map[os.FileMode]string{0o755: dir, 0o777: elsewhere, 0o777 | os.ModeSticky: elsewhere} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		var started string
		env := System("")
		env.Stdout, env.Stderr, env.Program = io.Discard, io.Discard, filepath.Join(dir, "tcpvitals")
		env.Exec = func(program string, _ []string) error { started = program; return nil }
		if code := Main(t.Context(), env, []string{"metrics"}); code != 0 || started != filepath.Join(want, daemon) {
			t.Errorf("directory %v: %d, started %q, want the one in %s", mode, code, started, want)
		}
	}
}
