// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestSentencesAreKnown: the words of the sentences about gaps stay in a redacted
// file, so that it still says what was not read.
func TestSentencesAreKnown(t *testing.T) {
	word, verb := regexp.MustCompile(`[A-Za-z]+[A-Za-z0-9]*`), regexp.MustCompile(`%[-+#0-9.]*[a-z]`)
	seen := 0
	for _, dir := range []string{"engine", "collect", "owner", "kernel/procfs", "kernel/netns", "kernel/sockdiag", "kernel/hashwalk", "kernel/bpf", "kernel/taskfile"} {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		check(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
			check(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != gotoken.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil || !strings.Contains(text, " ") || strings.Contains(text, "\n") {
					return true
				}
				for _, w := range word.FindAllString(verb.ReplaceAllString(text, " "), -1) {
					seen++
					if w = strings.ToLower(w); !knownWords()[w] && !knownWords()[strings.TrimSuffix(w, "s")] {
						t.Errorf("%s: %q in %q is not among wordsOfSentences: --redact would replace it", name, w, text)
					}
				}
				return true
			})
		}
	}
	if seen < 500 {
		t.Errorf("only %d words were looked at", seen)
	}
}
