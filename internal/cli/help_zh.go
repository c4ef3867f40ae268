// SPDX-License-Identifier: Apache-2.0

package cli

import (
	_ "embed"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/usage"
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
		for _, g := range cmd.Groups() {
			for _, ours := range groups() {
				if g.ID == string(ours.id) {
					g.Title = ours.title.Zh
				}
			}
		}
		_, _ = io.WriteString(cmd.OutOrStdout(), usage.Chinese(cmd)) // a write error is reported at the end
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
	usage.Own(cmd)
	t, ok := all[cmd.CommandPath()]
	if !ok {
		return
	}
	cmd.Short, cmd.Long = t.short, t.long
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if text, ok := t.flags[f.Name]; ok {
			f.Usage = text
		} else if text, ok := all[everyCommand].flags[f.Name]; ok {
			f.Usage = text
		}
	})
}
