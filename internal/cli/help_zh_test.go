// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryHelpIsInChinese: every command and every flag has a Chinese help with the
// same placeholder, and there is no Chinese help for a command or flag that no longer
// exists.
func TestEveryHelpIsInChinese(t *testing.T) {
	all := parseHelp(helpInChinese)
	used := map[string]bool{everyCommand: true, "tcpvitals completion": true, "tcpvitals help": true}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, below := range cmd.Commands() {
			walk(below)
		}
		if cmd.Hidden || cmd.Name() == "completion" || cmd.Name() == "help" {
			return
		}
		path := cmd.CommandPath()
		twin, ok := all[path]
		if used[path] = true; !ok || twin.short == "" || (twin.long == "") != (cmd.Long == "") {
			t.Errorf("%s has no help in Chinese", path)
			return
		}
		flags := map[string]bool{}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			flags[f.Name] = true
			if f.Hidden {
				return
			}
			usage := twin.flags[f.Name]
			if usage == "" {
				usage = all[everyCommand].flags[f.Name]
			}
			if usage == "" {
				t.Errorf("%s --%s has no help in Chinese", path, f.Name)
				return
			}
			ours := &pflag.Flag{Usage: usage, Value: f.Value}
			if want, _ := pflag.UnquoteUsage(f); usage != "" {
				if got, _ := pflag.UnquoteUsage(ours); got != want {
					t.Errorf("%s --%s takes %q, in Chinese %q", path, f.Name, want, got)
				}
			}
		})
		for name := range twin.flags {
			if !flags[name] {
				t.Errorf("%s has no flag --%s", path, name)
			}
		}
	}
	root := Root(System(""))
	root.InitDefaultCompletionCmd() // otherwise created when a command is run
	walk(root)
	for path := range all {
		if !used[path] {
			t.Errorf("there is no command %s", path)
		}
	}
}

// TestHelpNamesPages: a page that help names is there, and Chinese help names the
// Chinese page.
func TestHelpNamesPages(t *testing.T) {
	named := regexp.MustCompile(`docs/[a-z0-9.-]+\.md`)
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join("..", "..", name))
		return err == nil
	}
	var english strings.Builder
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		english.WriteString(cmd.Long + "\n")
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(Root(System("")))
	pages := named.FindAllString(english.String(), -1)
	chinese := named.FindAllString(helpInChinese, -1)
	if len(pages) < 10 || len(pages) != len(chinese) {
		t.Errorf("help names %d pages, Chinese help %d", len(pages), len(chinese))
	}
	for _, name := range append(pages, chinese...) {
		if !there(name) {
			t.Errorf("there is no page %s", name)
		}
	}
	for _, name := range chinese {
		if twin := strings.TrimSuffix(name, ".md") + ".zh.md"; there(twin) {
			t.Errorf("Chinese help names %s rather than %s", name, twin)
		}
	}
}
