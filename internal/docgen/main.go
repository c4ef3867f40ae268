// SPDX-License-Identifier: Apache-2.0

// Command docgen writes the manual pages and the shell completions from the command
// tree, so that they always agree with --help, and the reference pages from the topics
// of explain. It is a separate program so that the product does not link the
// generator's libraries.
//
//	go run ./internal/docgen docs
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/agent"
	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/usage"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docgen DIRECTORY")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// generate writes DIRECTORY/man/*.1, DIRECTORY/man/zh_CN/*.1, DIRECTORY/completion/*
// and DIRECTORY/reference/*.md.
func generate(dir string) error {
	env := cli.System("")
	env.Version = "" // the pages are the same for every build
	root := cli.Root(env)
	if err := manPages(root, filepath.Join(dir, "man"), inEnglish); err != nil {
		return err
	}
	chinese := cli.Root(env)
	cli.Chinese(chinese)
	if err := manPages(chinese, filepath.Join(dir, "man", "zh_CN"), inChinese); err != nil {
		return err
	}
	if err := manPages(daemon("C.UTF-8"), filepath.Join(dir, "man"), inEnglish); err != nil {
		return err
	}
	if err := manPages(ownInChinese(daemon("zh_CN.UTF-8")), filepath.Join(dir, "man", "zh_CN"), inChinese); err != nil {
		return err
	}
	if err := completions(root, filepath.Join(dir, "completion")); err != nil {
		return err
	}
	if err := referencePages(filepath.Join(dir, "reference")); err != nil {
		return err
	}
	inChinese := cli.Root(env) // a new tree, because writing the pages changes the tree
	cli.Chinese(inChinese)
	return commandPages(cli.Root(env), inChinese, filepath.Join(dir, "reference"))
}

// daemon is the command tree of tcpvitalsd, in the language of a locale.
func daemon(locale string) *cobra.Command {
	env := agent.System("")
	env.Version, env.Getenv = "", func(name string) string { return map[string]string{"LC_ALL": locale}[name] }
	return agent.Root(env)
}

// ownInChinese gives a command and all below it in Chinese what the library of the
// command lines says in English, and returns the command.
func ownInChinese(cmd *cobra.Command) *cobra.Command {
	usage.Own(cmd)
	for _, below := range cmd.Commands() {
		ownInChinese(below)
	}
	return cmd
}

func completions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.InitDefaultCompletionCmd()
	if err := root.GenBashCompletionFileV2(filepath.Join(dir, "tcpvitals.bash"), true); err != nil {
		return err
	}
	if err := root.GenZshCompletionFile(filepath.Join(dir, "_tcpvitals")); err != nil {
		return err
	}
	return root.GenFishCompletionFile(filepath.Join(dir, "tcpvitals.fish"), true)
}
