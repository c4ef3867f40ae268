// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// ownLists are functions whose lists are not part of a sentence: they are parsed
// again, or are the same in both languages.
var ownLists = map[string]string{
	"internal/query/filter_print.go":     "the list of a filter, which is parsed again",
	"internal/socket/field.go":           "names of engines, in a table of both languages",
	"internal/knowledge/sysctl_range.go": "a range of values, as plans and documents have it",
	"internal/owner/sharing.go":          "processes, which knowledge.Relisted writes as a language does",
	"internal/listing/gaps.go":           "states that stand twice, for a reason",
	"internal/listing/verdict.go":        "English only: the Chinese is made beside it",
	"internal/cli/completion.go":         "what a shell shows beside a word",
	"internal/render/audit_table.go":     "English only: the Chinese line is made above it",
}

// checkLists finds lists with English commas that a reader of Chinese would see.
// knowledge.Listed joins lists in the manner of a language.
func checkLists(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		if l, _ := layerOf(file.Dir); file.Test || l == support || ownLists[file.Name] != "" {
			continue
		}
		var above []ast.Node
		ast.Inspect(file.AST, func(n ast.Node) bool {
			if n == nil {
				above = above[:len(above)-1]
				return true
			}
			above = append(above, n)
			if call, ok := n.(*ast.CallExpr); ok && joins(call, `", "`) && !inEnglish(above) {
				found = append(found, t.at(call, "a list that Chinese separates by 、 is joined by knowledge.Listed"))
			}
			return true
		})
	}
	return found
}

// joins reports whether a call joins words with the text of a literal.
func joins(call *ast.CallExpr, between string) bool {
	if selector(call.Fun) != "strings.Join" || len(call.Args) != 2 {
		return false
	}
	literal, ok := call.Args[1].(*ast.BasicLit)
	return ok && literal.Kind == token.STRING && literal.Value == between
}

// inEnglish reports whether a list is part of an English text or of the help of a
// flag, or has the Chinese list beside it.
func inEnglish(above []ast.Node) bool {
	for _, n := range slices.Backward(above) {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && slices.Contains([]string{"En", "Msg", "Hint"}, key.Name) {
				return true
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && (strings.HasSuffix(sel.Sel.Name, "Var") || strings.HasSuffix(sel.Sel.Name, "VarP")) {
				return true
			}
		case ast.Stmt:
			return hasChinese(n)
		case *ast.FuncDecl:
			return false
		}
	}
	return false
}

// hasChinese reports whether a statement also joins a list in the Chinese manner.
func hasChinese(stmt ast.Stmt) (has bool) {
	ast.Inspect(stmt, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			has = has || joins(call, `"、"`)
		}
		return !has
	})
	return has
}
