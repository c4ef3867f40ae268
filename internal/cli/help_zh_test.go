// SPDX-License-Identifier: Apache-2.0

package cli

import (
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
	used := map[string]bool{everyCommand: true, "tcpvitals completion": true, "tcpvitals help": true} // two of these are created when a command is run
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, below := range cmd.Commands() {
			walk(below)
		}
		if cmd.Hidden || strings.Contains(cmd.CommandPath(), " completion") || cmd.Name() == "help" {
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
	walk(Root(System("")))
	for path := range all {
		if !used[path] {
			t.Errorf("there is no command %s", path)
		}
	}
}
