// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
)

func TestASCIIWriter(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"a table", "host · 2\n █▌ 1 → 2\n", "host - 2\n ## 1 > 2\n"},
		{"signs", "✗ ⋮ ○ ● — ↑↓\n", "x : o * - ^v\n"},
		{"a list that goes on", "on 8080, 8081, …; 5 s\n", "on 8080, 8081, ...; 5 s\n"},
		{"names of others", "名字 │ é\n", "名字 | é\n"},
		{"a document", `{"a":"·"}`, `{"a":"·"}`},
		{"no UTF-8", "a\xff\xe2", "a\xff"},
	} {
		var out strings.Builder
		w := &asciiWriter{w: &out}
		for i := range len(test.in) { // byte by byte, so that no character comes whole
			if _, err := w.Write([]byte{test.in[i]}); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != test.want {
			t.Errorf("%s: want %q, got %q", test.name, test.want, out.String())
		}
	}
}

func TestASCIIOfTheLocale(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LC_ALL": "C"}, true},
		{map[string]string{"LC_ALL": "C.UTF-8", "LANG": "C"}, false},
		{map[string]string{"LANG": "POSIX"}, true},
		{map[string]string{"LC_CTYPE": "zh_CN.UTF-8", "LANG": "C"}, false},
		{map[string]string{"LANG": "zh_CN.GBK"}, true},
		{map[string]string{"LANG": "de_DE.ISO-8859-15@euro"}, true},
		{map[string]string{"LANG": "de_DE.utf8@euro"}, false},
		{map[string]string{"LANG": "zh_CN"}, false},
	} {
		env := &Env{Getenv: func(name string) string { return test.env[name] }}
		if got := env.ascii(); got != test.want {
			t.Errorf("%v: want %v, got %v", test.env, test.want, got)
		}
	}
}
