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
