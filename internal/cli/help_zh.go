// SPDX-License-Identifier: Apache-2.0

package cli

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpInChinese is the help of all commands in Chinese; the head of the file
// describes its format.
//
//go:embed help.zh.txt
var helpInChinese string

// A helpText is the help of one command in Chinese.
type helpText struct {
	short, long string
	flags       map[string]string
}

// everyCommand marks the part of the text on flags that all commands have.
const everyCommand = "*"

// parseHelp parses the text and returns the help of each command by its path.
func parseHelp(text string) map[string]*helpText {
	all := map[string]*helpText{}
	var t *helpText
	inLong := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case inLong && line == ".":
			inLong = false
		case inLong:
			t.long += line + "\n"
		case word == "@":
			t = &helpText{flags: map[string]string{}}
			all[rest] = t
		case word == "short":
			t.short = rest
		case line == "long":
			inLong = true
		case strings.HasPrefix(word, "--"):
			t.flags[word[2:]] = rest
		}
	}
	return all
}

// speakChinese makes the help of a command and its subcommands Chinese. The text is
// parsed only when help is shown.
func speakChinese(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		all := parseHelp(helpInChinese)
		translate(cmd, all)
		for _, below := range cmd.Commands() {
			translate(below, all)
		}
		out := cmd.OutOrStdout()
		var b strings.Builder
		text := cmd.Long
		if text == "" {
			text = cmd.Short
		}
		b.WriteString(strings.TrimRight(text, "\n") + "\n\n")
		usageInChinese(&b, cmd)
		_, _ = out.Write([]byte(defaultInChinese(b.String()))) // a write error is reported at the end
	})
}

// Chinese replaces the help of a command and of all below it by the Chinese one, as
// manual pages have it. Help that is shown needs less, see speakChinese.
func Chinese(root *cobra.Command) {
	all := parseHelp(helpInChinese)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		translate(cmd, all)
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(root)
}

// translate replaces the English texts of a command by the Chinese ones.
func translate(cmd *cobra.Command, all map[string]*helpText) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	t, ok := all[cmd.CommandPath()]
	if !ok {
		return
	}
	cmd.Short, cmd.Long = t.short, t.long
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if usage, ok := t.flags[f.Name]; ok {
			f.Usage = usage
		} else if usage, ok := all[everyCommand].flags[f.Name]; ok {
			f.Usage = usage
		}
	})
}

// defaultInChinese translates what the libraries write after a flag with a default,
// and after a command with flags.
func defaultInChinese(text string) string {
	text = regexp.MustCompile(`(?m) \[flags\]$`).ReplaceAllString(text, " [参数]")
	return regexp.MustCompile(`(?m) \(default (.*)\)$`).ReplaceAllString(text, "（默认 $1）")
}

// commandsInChinese lists the commands below one, in their groups if it has any.
func commandsInChinese(b *strings.Builder, cmd *cobra.Command) {
	list := func(title string, group groupID) {
		b.WriteString("\n\n" + title)
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && c.GroupID == string(group) {
				fmt.Fprintf(b, "\n  %-*s %s", c.NamePadding(), c.Name(), c.Short)
			}
		}
	}
	if len(cmd.Groups()) == 0 {
		list("命令：", "")
		return
	}
	for _, g := range groups() {
		list(g.title.Zh, g.id)
	}
	list("其他命令：", "")
}

// usageInChinese writes what the library writes below the text of a command. It is no
// template: the library's template links text/template, and with it every method of
// every type.
func usageInChinese(b *strings.Builder, cmd *cobra.Command) {
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
		commandsInChinese(b, cmd)
	}
	if cmd.HasAvailableLocalFlags() {
		b.WriteString("\n\n参数：\n" + strings.TrimRightFunc(cmd.LocalFlags().FlagUsages(), unicode.IsSpace))
	}
	if below {
		b.WriteString("\n\n\"" + cmd.CommandPath() + " [命令] --help\" 说明某个命令。")
	}
	b.WriteString("\n")
}
