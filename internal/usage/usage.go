// SPDX-License-Identifier: Apache-2.0

// Package usage writes the help of a command in Chinese, and has in Chinese what the
// library of the command lines says of its own accord in English.
package usage

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// Own replaces the English texts that the library gives a command by Chinese ones:
// those of --help and --version, and of the command help.
func Own(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	for name, text := range map[string]string{"help": "显示帮助", "version": "显示版本"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.Type() == "bool" {
			f.Usage = text
		}
	}
	for _, one := range append(cmd.Commands(), cmd) {
		if one.Name() == "help" {
			one.Short, one.Long = "显示某个命令的帮助", ""
		}
	}
}

// Chinese returns the help of a command whose own texts, and the titles of its groups,
// are Chinese. It is no template: the library's template links text/template, and with
// it every method of every type.
func Chinese(cmd *cobra.Command) string {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	b.WriteString(strings.TrimRight(text, "\n") + "\n\n")
	write(&b, cmd)
	return defaults(b.String())
}

// defaults translates what the libraries write after a flag with a default, and after a
// command with flags.
func defaults(text string) string {
	text = regexp.MustCompile(`(?m) \[flags\]$`).ReplaceAllString(text, " [选项]")
	return regexp.MustCompile(`(?m) \(default (.*)\)$`).ReplaceAllString(text, "（默认 $1）")
}

// commands lists the commands below one, in their groups if it has any.
func commands(b *strings.Builder, cmd *cobra.Command) {
	list := func(title, group string) {
		b.WriteString("\n\n" + title)
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && c.GroupID == group {
				fmt.Fprintf(b, "\n  %-*s %s", c.NamePadding(), c.Name(), c.Short)
			}
		}
	}
	if len(cmd.Groups()) == 0 {
		list("命令：", "")
		return
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
	list("其他命令：", "")
}

// write writes what the library writes below the text of a command.
func write(b *strings.Builder, cmd *cobra.Command) {
	b.WriteString("用法：")
	if cmd.Runnable() {
		b.WriteString("\n  " + cmd.UseLine())
	}
	below := cmd.HasAvailableSubCommands()
	if below {
		b.WriteString("\n  " + cmd.CommandPath() + " [命令]")
	}
	if cmd.HasExample() {
		b.WriteString("\n\n示例：\n" + cmd.Example)
	}
	if below {
		commands(b, cmd)
	}
	if cmd.HasAvailableLocalFlags() {
		b.WriteString("\n\n选项：\n" + strings.TrimRightFunc(cmd.LocalFlags().FlagUsages(), unicode.IsSpace))
	}
	if cmd.HasAvailableInheritedFlags() {
		b.WriteString("\n\n全局选项：\n" + strings.TrimRightFunc(cmd.InheritedFlags().FlagUsages(), unicode.IsSpace))
	}
	if below {
		b.WriteString("\n\n\"" + cmd.CommandPath() + " [命令] --help\" 说明某个命令。")
	}
	b.WriteString("\n")
}
