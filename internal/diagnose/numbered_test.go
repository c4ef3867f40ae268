// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestNumbered(t *testing.T) {
	for _, test := range []struct {
		format string
		values []any
		want   string
	}{
		{"%s SYN[s] to %s destination[s] [1:is|are] sent again", []any{4, 1}, "4 SYNs to 1 destination are sent again"},
		{"%s SYN[s] to %s destination[s] [1:is|are] sent again", []any{1, 3}, "1 SYN to 3 destinations is sent again"},
		{"%s connection[s] [was|were] dropped in %s s", []any{uint64(1), "5"}, "1 connection was dropped in 5 s"},
		{"%[2]s%[1]s socket[s] (%s %%)", []any{1, "x "}, "x 1 socket (x  %)"},
		{"%s packet[s] dropped and %s entr[y|ies] thrown out", []any{uint64(0), uint64(1)}, "0 packets dropped and 1 entry thrown out"},
		{"%s close[s] a second", []any{1.5}, "1.50 closes a second"},
		{"%s connection[s]", []any{uint64(1001)}, "1,001 connections"},
		{"%s TIME_WAIT [x", []any{1}, "1 TIME_WAIT [x"},
	} {
		if got := say(test.format, "%s", test.values...).En; got != test.want {
			t.Errorf("%s %v: want %q, got %q", test.format, test.values, test.want, got)
		}
	}
}

// TestCountedWordsAreMarked: a plural noun after a value must be marked with brackets,
// or it would stay plural after 1.
func TestCountedWordsAreMarked(t *testing.T) {
	plain := regexp.MustCompile(`%(?:\[\d\])?s (?:[a-z-]+ ){0,2}?(?:connection|socket|SYN|destination|close|client|packet|segment|namespace|orphan|peer|time|request|port|byte|process|program|entry|entrie|processe)s\b`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	formats := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 {
				return true
			}
			name, ok := call.Fun.(*ast.Ident)
			literal, ok2 := call.Args[0].(*ast.BasicLit)
			if !ok || !ok2 || name.Name != "say" {
				return true
			}
			format, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			formats++
			if found := plain.FindString(format); found != "" {
				t.Errorf("%s: %q: write [s] for what makes the plural", fset.Position(n.Pos()), found)
			}
			return true
		})
	}
	if formats < 60 {
		t.Errorf("only %d formats were read", formats)
	}
}
