// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"slices"
)

// encoder is the only file that writes JSON documents.
const encoder = "internal/report/json.go"

// checkEncoders keeps the writing of JSON in one place, so that escaping and
// indentation are the same in all documents. Services write formats that only this
// program reads (snapshots, journals).
func checkEncoders(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		if l, _ := layerOf(file.Dir); file.Test || file.Name == encoder || !slices.Contains([]layer{face, drawing, answer}, l) {
			continue
		}
		ast.Inspect(file.AST, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && slices.Contains([]string{"json.NewEncoder", "json.Marshal", "json.MarshalIndent"}, selector(call.Fun)) {
				found = append(found, t.at(call, "%s: documents are written by %s alone", selector(call.Fun), encoder))
			}
			return true
		})
	}
	return found
}
