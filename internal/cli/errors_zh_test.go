// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// spokenElsewhere are literals whose words come from another place, by file and the
// text of Msg.
func spokenElsewhere() map[string]bool {
	return map[string]bool{
		"lab.go err.Error()":      true, // an error of the wire
		"lab_hold.go err.Error()": true, // an error of the options of hold
		"lab_list.go usage.Msg":   true, // has the words of the error that it refines
	}
}

// TestEveryUsageErrorIsInChinese: the message for a wrong call or an unusable input,
// and its advice, exist in the reader's language.
func TestEveryUsageErrorIsInChinese(t *testing.T) {
	files, err := filepath.Glob("*.go")
	elsewhere, other := filepath.Glob("../[a-z]*/*.go")
	deeper, third := filepath.Glob("../[a-z]*/[a-z]*/*.go")
	if err := errors.Join(err, other, third); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range slices.Concat(files, elsewhere, deeper) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "../cli/") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			input := names(literal.Type, "problem", "InputError")
			if !input && !names(literal.Type, "problem", "UsageError") {
				return true
			}
			found++
			has := map[string]bool{}
			for _, element := range literal.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					if text, ok := exprText(pair.Value); input && ok && (text == "err.Error()" || text == "kind.Error()") {
						continue // the text comes from the system
					}
					has[pair.Key.(*ast.Ident).Name] = true
					if text, ok := exprText(pair.Value); ok && spokenElsewhere()[file+" "+text] {
						return true
					}
				}
			}
			if has["Msg"] && !has["Zh"] && !spokenByOthers(file) || has["Hint"] && !has["HintZh"] {
				t.Errorf("%s: what it says, or its hint, has no Chinese", set.Position(literal.Pos()))
			}
			return true
		})
	}
	if found < 100 {
		t.Errorf("only %d were found", found)
	}
}

// spokenByOthers are files whose errors quote the input word for word.
func spokenByOthers(file string) bool { return file == "../snapshot/file.go" }

func names(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	id, ok := s.X.(*ast.Ident)
	return ok && id.Name == pkg
}

// exprText writes selectors and calls of them, such as err.Error().
func exprText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.CallExpr:
		text, ok := exprText(e.Fun)
		return text + "()", ok && len(e.Args) == 0
	case *ast.SelectorExpr:
		text, ok := exprText(e.X)
		return text + "." + e.Sel.Name, ok
	case *ast.Ident:
		return e.Name, true
	default:
		return "", false
	}
}

// TestEveryFilterErrorIsInChinese: an error in a filter, a key, an ignore rule, a
// script of the lab or a line of a plan, and its advice, exist in the reader's
// language.
func TestEveryFilterErrorIsInChinese(t *testing.T) {
	found := 0
	for _, pattern := range []string{"../query/*.go", "../diagnose/*.go", "../lab/*/*.go", "../tune/plan/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				found += syntaxErrorsSaid(t, file)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d were found", found)
	}
}

// syntaxErrorsSaid counts the errors that a file makes and checks that each has its
// Chinese.
func syntaxErrorsSaid(t *testing.T, file string) (found int) {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if name, ok := literal.Type.(*ast.Ident); ok && name.Name == "words" && len(literal.Elts) != 0 && len(literal.Elts) != 2 {
			t.Errorf("%s: words in one language", set.Position(literal.Pos()))
		}
		if !names(literal.Type, "problem", "SyntaxError") {
			return true
		}
		found++
		has := map[string]bool{}
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				has[pair.Key.(*ast.Ident).Name] = true
			}
		}
		if !has["Zh"] || has["Hint"] && !has["HintZh"] {
			t.Errorf("%s: what it says, or its hint, has no Chinese", set.Position(literal.Pos()))
		}
		return true
	})
	return found
}
