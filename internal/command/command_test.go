// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestString(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{[]string{"list", "state close-wait", "-c", "+process"}, "tcpvitals list 'state close-wait' -c +process"},
		{[]string{"list", "--sort", "-sendq"}, "tcpvitals list --sort -sendq"},
		{[]string{"tune", "plan", "a b.conf"}, "tcpvitals tune plan 'a b.conf'"},
		{[]string{"list", `process = "';id;'"`}, `tcpvitals list 'process = "'\'';id;'\''"'`},
		{[]string{"census", ""}, "tcpvitals census ''"},
		{[]string{"census", "=ls"}, "tcpvitals census '=ls'"},
		{[]string{"census", "~root"}, "tcpvitals census '~root'"},
		{[]string{"census", "数"}, "tcpvitals census '数'"},
		{[]string{"census", "a\x1b[2K"}, ""},
		{[]string{"census", "a\nb"}, ""},
		{[]string{"census", "\u202egnp"}, ""},
		{[]string{"census", "a\xff"}, ""},
	} {
		if got := Of(tt.words...).String(); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.words, got, tt.want)
		}
	}
}

func TestNoneAndFile(t *testing.T) {
	if !(Line{}).None() || Of("census").None() || Other("sysctl", "a.b").String() != "sysctl a.b" {
		t.Error("none, or not none, or another program")
	}
	for name, want := range map[string]string{
		"web.plan": "web.plan", "-rf": "./-rf", "-": "-", "": "FILE", "a\nb": "FILE", "it's": "it's",
	} {
		if got := File(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestShellReadsTheSameWords asks the shell itself.
func TestShellReadsTheSameWords(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	for _, word := range []string{
		"", " ", "'", "''", "a'b", `"`, `\`, `\\'`, "$(id)", "`id`", "${HOME}", "$$", ";id;", "';id>x;'", "&", "|", "<a>", "*", "?", "[a]", "{a,b}", "~", "~root",
		"#a", "!", "!!", "a=b", "=a", "%1", "-n", "--", "(", ")", "数", "a b  c", "`![](//e.e/a)`",
	} {
		line := Of("list", word, "end")
		script := Program + `() { for w in "$@"; do printf '<%s>\n' "$w"; done; }
` + line.String()
		out, err := exec.CommandContext(t.Context(), sh, "-c", script).Output()
		got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if want := []string{"<list>", "<" + word + ">", "<end>"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q as %s: %q %v", word, line, got, err)
		}
	}
}
