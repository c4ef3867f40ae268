// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// A term is a word that Chinese texts must not use, and the word to use in its place,
// so that one thing has one name.
type term struct {
	pattern *regexp.Regexp
	instead string
}

// terms is the glossary. The patterns are split so that this file does not
// match itself.
var terms = []term{
	{regexp.MustCompile(`监听` + `者`), "监听套接字"},
	{regexp.MustCompile(`小型?` + `套接字`), "minisocket"},
	{regexp.MustCompile(`SYN ?` + `洪`), "SYN flood"},
	{regexp.MustCompile(`(?:^|[^（])SYN ` + `队列`), "半连接队列, or 半连接队列（SYN 队列）"},
	{regexp.MustCompile(`(?:^|[^（])accept ` + `队列`), "全连接队列, or 全连接队列（accept 队列）"},
	{regexp.MustCompile(`孤` + `儿(?:[^连]|$)`), "孤儿连接"},
	{regexp.MustCompile(`留` + `意|告` + `知[：。]`), "提示 for notice, 信息 for info"},
	{regexp.MustCompile(`复` + `位`), "重置"},
	{regexp.MustCompile(`人人` + `中招|只` + `坑|并发` + `拨号|不作` + `声`), "a written word"},
	{regexp.MustCompile(`我` + `方`), "本端 for the end here"},
	{regexp.MustCompile(`我` + `们`), "本程序 for the program, or no subject"},
	{regexp.MustCompile(`属` + `主`), "所有者"},
	{regexp.MustCompile(`计` + `时器`), "定时器"},
	{regexp.MustCompile(`缺` + `省`), "默认"},
	{regexp.MustCompile(`目的` + `地(?:[^址]|$)`), "目标"},
	{regexp.MustCompile(`过滤` + `式`), "过滤条件"},
	{regexp.MustCompile(`\[参` + `数\]|命令行参` + `数|参` + `数 -|该命令的参` + `数`), "选项 for a flag; 参数 is a kernel parameter or an argument"},
	{regexp.MustCompile(`\d ?[–—] ?\d`), "～ between the ends of a range"},
	{regexp.MustCompile(`\p{Han}minisocket|minisocket\p{Han}`), "blanks around minisocket"},
}

// capitalised matches names of the kernel or of system calls that were capitalised at
// the beginning of a sentence: names must stay as they are.
var capitalised = regexp.MustCompile(`\b(?:[A-Z][a-z0-9]+(?:_[a-z0-9]+)+\b|(?:Accept|Bind|Close|Connect|Getsockopt|Listen|Read|Recv|Send|Setsockopt|Shutdown|Write)\(\))`)

// nothing matches a place where a value is missing.
var nothing = regexp.MustCompile(`\(\s*\)[^;]? [a-z]|（\s*）|（[^（）]*为 ?）`)

// halfWidth matches an English punctuation mark next to a Chinese character.
var halfWidth = regexp.MustCompile(`\p{Han}[,;:!?]|[,;!?]\p{Han}|\p{Han}\([^)]*\p{Han}[^)]*\)`)

// isScript reports whether a file is a script of the lab. Claims and notes of scripts
// are shown in both languages.
func isScript(name string) bool {
	return within(name, "internal/lab/scenario") && strings.HasSuffix(name, ".tcp")
}

// chinesePart returns the Chinese part of a line of a script: the value of a key for
// Chinese, or the second text of a note.
func chinesePart(line string) string {
	if _, value, ok := strings.Cut(line, ".zh: "); ok {
		return value
	}
	if at := strings.LastIndex(line, `" "`); at >= 0 {
		return line[at:]
	}
	return ""
}

// checkWording checks every text in the product, in Chinese pages and in scripts.
func checkWording(t *Tree) (found []Violation) {
	for _, file := range t.Go {
		if file.Test || within(file.Dir, "internal/archtest") {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(literal.Value); err == nil {
				for _, msg := range wording(text) {
					found = append(found, t.at(literal, "%s", msg))
				}
				if sign := halfWidth.FindString(text); sign != "" && !within(file.Dir, "internal/listing") { // internal/listing matches texts that others wrote
					found = append(found, t.at(literal, "%s: Chinese has full-width signs", sign))
				}
			}
			return true
		})
	}
	for _, name := range t.Names {
		if strings.HasPrefix(name, "docs/") && strings.HasSuffix(name, ".zh.md") || name == "README.zh-CN.md" || name == "internal/cli/help.zh.txt" || isScript(name) {
			for i, line := range strings.Split(t.Text(name), "\n") {
				if isScript(name) {
					line = chinesePart(line)
				}
				for _, msg := range wording(line) {
					found = append(found, Violation{name, i + 1, msg})
				}
				if sign := halfWidth.FindString(line); sign != "" {
					found = append(found, Violation{name, i + 1, sign + ": Chinese has full-width signs"})
				}
			}
		}
	}
	return found
}

// wording returns what is wrong with the words of a text.
func wording(text string) (wrong []string) {
	if name := capitalised.FindString(text); name != "" {
		wrong = append(wrong, name+": a name keeps its small letter at the beginning of a sentence")
	}
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return wrong
	}
	if hole := nothing.FindString(text); hole != "" {
		wrong = append(wrong, hole+": a value is missing here")
	}
	for _, term := range terms {
		if word := term.pattern.FindString(text); word != "" {
			wrong = append(wrong, strings.TrimSpace(word)+": the word here is "+term.instead)
		}
	}
	return wrong
}
