// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// commandPages writes a page with the help of every command, in both languages. It
// has the commands of tcpvitals and those of tcpvitalsd.
func commandPages(root, inChinese *cobra.Command, dir string) error {
	write := func(lang knowledge.Lang, locale string, root *cobra.Command) error {
		var b strings.Builder
		b.WriteString(generated + "# " + knowledge.Text{En: "Commands", Zh: "命令"}.In(lang) + "\n\n" +
			knowledge.Text{En: "What `--help` tells of each.\n", Zh: "各命令的 `--help`。\n"}.In(lang))
		err := everyHelp(&b, root, func(cmd *cobra.Command) (string, error) { return helpOf(cmd, locale) })
		err = errors.Join(err, everyHelp(&b, daemon(locale), ownHelp))
		return errors.Join(err, os.WriteFile(filepath.Join(dir, "commands"+end(lang)), []byte(b.String()), 0o644))
	}
	return errors.Join(write(knowledge.English, "C.UTF-8", root), write(knowledge.Chinese, "zh_CN.UTF-8", inChinese))
}

// everyHelp writes the help of a command and of all commands below it.
func everyHelp(b *strings.Builder, cmd *cobra.Command, help func(*cobra.Command) (string, error)) error {
	text, err := help(cmd)
	b.WriteString("\n## " + cmd.CommandPath() + "\n\n" + text)
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() && !below.IsAdditionalHelpTopicCommand() && below.Name() != "completion" {
			err = errors.Join(err, everyHelp(b, below, help))
		}
	}
	return err
}

// helpOf is the help that tcpvitals prints. For a command that tcpvitalsd carries out,
// it is a link to the help there.
func helpOf(cmd *cobra.Command, locale string) (string, error) {
	if cmd.DisableFlagParsing {
		to := "tcpvitalsd " + cmd.Name()
		if cmd.Name() == "serve" {
			to = "tcpvitalsd"
		}
		return fmt.Sprintf("%s → [%s](#%s)\n", escaped(cmd.Short), to, slug(to)), nil
	}
	var out, problems bytes.Buffer
	env := cli.System("")
	env.Stdout, env.Stderr = &out, &problems
	env.Getenv = func(name string) string { return map[string]string{"LC_ALL": locale}[name] }
	if code := cli.Main(context.Background(), env, append(strings.Fields(cmd.CommandPath())[1:], "--help")); code != 0 {
		return "", fmt.Errorf("%s --help: %s", cmd.CommandPath(), problems.String())
	}
	return block(out.String()), nil
}

// ownHelp is the help that a command prints itself.
func ownHelp(cmd *cobra.Command) (string, error) {
	var out bytes.Buffer
	cmd.SetOut(&out)
	err := cmd.Help()
	return block(out.String()), err
}

// block formats a text as a code block.
func block(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \n"); line != "" {
			line = "    " + line
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
