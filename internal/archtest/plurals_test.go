// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// manyThings matches a number before a noun that is always plural, as in "%d sockets".
var manyThings = regexp.MustCompile(`%[ds] (sockets|listeners|connections|rules|lines|rows|files|changes|values|namespaces|processes|destinations|groups|bytes|findings|parameters|events|packets|SYNs|ports|buckets)\b`)

// neverOne are formats whose number is never 1.
var neverOne = []string{
	"longer than %d bytes", "more than %d bytes", "larger than %d bytes", "more than %d lines", "more than %d files", "the first %d bytes", "its first %d bytes",
	"in a table of %s buckets", "of %s buckets of the table", "cannot hold %d sockets", "%d files, but a window has two ends",
	"%d rules: %d found", "%d rules, %d of them because", "open in %d processes", // the number is at least 2: another text is for 1
	"refused: %d sockets match", // the number exceeds --max, which is at least 1
}

// TestNumbersAgreeWithNouns: texts say "1 socket", not "1 sockets". Rules of the
// doctor write their nouns as "socket[s]".
func TestNumbersAgreeWithNouns(t *testing.T) {
	for _, dir := range []string{"cli", "render", "report", "listing", "diagnose", "tune", "kill"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil || !manyThings.MatchString(text) || excused(text) {
					return true
				}
				t.Errorf("%s: %q: of one it reads wrong", path, text)
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func excused(text string) bool {
	for _, e := range neverOne {
		text = strings.ReplaceAll(text, e, "")
	}
	return !manyThings.MatchString(text)
}
