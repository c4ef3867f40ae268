// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"path/filepath"
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
		{[]string{"metrics", "--top", "5"}, []string{program, daemon, "metrics", "--top", "5"}},
	} {
		if code, said, argv := call("C", tt.args...); code != 0 || !slices.Equal(argv, tt.want) {
			t.Errorf("%q: %d, %q: %s", tt.args, code, argv, said)
		}
	}
}
