// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// manPages writes the page of each command into a directory, after written has changed
// it.
func manPages(root *cobra.Command, dir string, written func(string) string) error {
	root.DisableAutoGenTag = true
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return manPage(root, dir, written)
}

// manPage writes the page of a command and those of all commands below it.
func manPage(cmd *cobra.Command, dir string, written func(string) string) error {
	epoch := time.Unix(0, 0).UTC() // a page's date must not depend on the day on which it was made
	header := &doc.GenManHeader{Title: "TCPVITALS", Section: "1", Source: "tcpvitals", Manual: "tcpvitals", Date: &epoch}
	cmd.Long = fenced(cmd.Long)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = plain(f.Usage) })
	var page bytes.Buffer
	err := doc.GenMan(cmd, header, &page)
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(written(tagged(page.String()))), 0o644))
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() && !below.IsAdditionalHelpTopicCommand() {
			err = errors.Join(err, manPage(below, dir, written))
		}
	}
	return err
}

// plain keeps what stands for a family of names, such as node_netstat_*, from being read
// as the beginning of slanted text. A text that is plain already stays.
func plain(text string) string {
	return strings.ReplaceAll(text, "_*", `\_\*`)
}

// fenced marks lines that are indented by two blanks, such as commands, as
// preformatted. The library requires four blanks for that.
func fenced(text string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		if set := strings.HasPrefix(line, "  "); set != inside {
			b.WriteString("```\n")
			inside = set
		}
		b.WriteString(line)
	}
	if inside {
		b.WriteString("\n```\n")
	}
	return b.String()
}

// tagged puts each flag on a line and its description below it. The library writes a
// tab between them, which groff shows as a blank.
func tagged(page string) string {
	flag := regexp.MustCompile(`(?m)(?:^\.PP\n)?^(\\fB-.*)\n\t`)
	return flag.ReplaceAllString(page, ".TP\n$1\n")
}

// inEnglish returns a page as the library writes it.
func inEnglish(page string) string { return page }

// inChinese gives a page Chinese headings. It joins lines of Chinese where groff would
// put a blank between them, because Chinese has none, and tells groff that a line may
// end after any character, which groff knows by itself only since 1.23. Lines are not
// stretched, because Chinese has few blanks for it.
func inChinese(page string) string {
	headings := strings.NewReplacer(
		".SH NAME\n", ".SH 名称\n",
		".SH SYNOPSIS\n", ".SH 概要\n",
		".SH DESCRIPTION\n", ".SH 描述\n",
		".SH OPTIONS\n", ".SH 选项\n",
		".SH OPTIONS INHERITED FROM PARENT COMMANDS\n", ".SH 继承自上级命令的选项\n",
		".SH EXAMPLE\n", ".SH 示例\n",
		".SH SEE ALSO\n", ".SH 参见\n",
		" [flags]", " [选项]",
	)
	head, rest, _ := strings.Cut(joined(headings.Replace(page)), "\n\n")
	return ".if \\n(.g .mso zh.tmac\n" + head + "\n.ad l\n\n" + rest
}

// joined joins a line that ends in a Chinese character with the next line if that
// begins with one.
func joined(page string) string {
	var b strings.Builder
	verbatim := false
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		b.WriteString(line)
		verbatim = line == ".EX" || verbatim && line != ".EE"
		if i == len(lines)-1 || !verbatim && wide(last(line)) && wide(first(lines[i+1])) && !strings.HasPrefix(line, ".") {
			continue
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// wide reports whether a character is Chinese or a full-width punctuation mark.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFF60 || r == '“' || r == '”'
}

func first(line string) rune {
	for _, r := range line {
		return r
	}
	return 0
}

func last(line string) rune {
	runes := []rune(line)
	if len(runes) == 0 {
		return 0
	}
	return runes[len(runes)-1]
}
