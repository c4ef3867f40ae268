// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"strings"
)

const exitPage = "docs/exit-codes.md"

// checkExitCodes requires that every exit code of the programs has a row in the
// documented table.
func checkExitCodes(t *Tree) (found []Violation) {
	page := t.Text(exitPage)
	for _, file := range t.Go {
		prefix := map[string]string{"internal/cli": "exit", "internal/problem": "Exit"}[file.Dir]
		if prefix == "" || file.Test {
			continue
		}
		ast.Inspect(file.AST, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			code, ok := spec.Values[0].(*ast.BasicLit)
			if ok && !strings.Contains(page, "\n| "+code.Value+" |") && !strings.HasPrefix(page, "| "+code.Value+" |") {
				found = append(found, t.at(spec, "exit code %s (%s) has no row in %s", code.Value, spec.Names[0].Name, exitPage))
			}
			return true
		})
	}
	return found
}
