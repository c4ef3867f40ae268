// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// The lists in the Makefile of packages and tests that are not run under the race
// detector.
var (
	singleList = regexp.MustCompile(`(?m)^SINGLE +:= (.+)$`)
	plainList  = regexp.MustCompile(`(?m)^PLAIN +:= (.+)$`)
)

// checkSingle forbids concurrency in the packages that the Makefile does not run under
// the race detector, except in tests that it excludes by name.
func checkSingle(t *Tree) (found []Violation) {
	const makefile = "Makefile"
	single, plain := listed(t.Text(makefile), singleList), listed(t.Text(makefile), plainList)
	seen := map[string]bool{}
	for _, file := range t.Product() {
		dir := strings.TrimPrefix(file.Dir, "internal/")
		if !slices.Contains(single, dir) {
			continue
		}
		seen[dir] = true
		for _, decl := range file.AST.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && file.Test && slices.ContainsFunc(plain, func(name string) bool { return strings.Contains(fn.Name.Name, name) }) {
				continue
			}
			ast.Inspect(decl, func(node ast.Node) bool {
				if beside(node) {
					found = append(found, t.at(node, "%s is in the Makefile's SINGLE, and something runs beside something else here: take it out", dir))
				}
				return true
			})
		}
	}
	for _, dir := range single {
		if !seen[dir] {
			found = append(found, Violation{makefile, 0, "SINGLE names " + dir + ", which is no package"})
		}
	}
	return found
}

// listed are the words of a list that are separated by |.
func listed(makefile string, list *regexp.Regexp) []string {
	match := list.FindStringSubmatch(makefile)
	if match == nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(match[1]), "|")
}

// beside reports whether a node starts a goroutine or makes a test run in parallel.
func beside(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		called, ok := n.Fun.(*ast.SelectorExpr)
		return ok && slices.Contains([]string{"Go", "Parallel", "AfterFunc"}, called.Sel.Name)
	default:
		return false
	}
}
