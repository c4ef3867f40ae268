// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
)

// TestHelpIsInChinese: where Chinese is asked for, no line of the help of a command is
// English only. Lines to type and words that stand for values have no Chinese.
func TestHelpIsInChinese(t *testing.T) {
	environ := map[string]string{"LC_ALL": "zh_CN.UTF-8"}
	env, _ := testEnv(environ)
	asked := [][]string{{"--help"}, {"help"}, {"help", "--help"}}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, below := range cmd.Commands() {
			words := strings.Fields(below.CommandPath())[1:]
			asked = append(asked, append(words, "--help"), append([]string{"help"}, words...))
			walk(below)
		}
	}
	walk(Root(env))
	if len(asked) < 10 {
		t.Fatalf("only these ask for help: %q", asked)
	}
	toType := regexp.MustCompile(`^  tcpvitalsd\b`)
	for _, args := range asked {
		env, said := testEnv(environ)
		if code := Main(t.Context(), env, args); code != 0 {
			t.Errorf("%q: exit code %d, %s", args, code, said.err.String())
		}
		text := said.out.String()
		if !strings.Contains(text, "用法：\n  tcpvitalsd") {
			t.Errorf("%q has no usage:\n%s", args, text)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, "(default ") || strings.Contains(line, "[flags]") {
				t.Errorf("%q has words of the library: %s", args, line)
			}
			latin := strings.ContainsFunc(line, func(r rune) bool { return r < 0x80 && unicode.IsLetter(r) })
			if latin && !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !toType.MatchString(line) {
				t.Errorf("%q has a line in English: %s", args, line)
			}
		}
	}
}
