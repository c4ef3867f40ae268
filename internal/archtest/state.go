// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// stateExceptions are package-level variables that break the rule, by directory and
// name, each with its reason.
var stateExceptions = map[string]string{
	"cmd/tcpvitals.version":            "set by the linker (-X), see the Makefile",
	"cmd/tcpvitalsd.version":           "likewise",
	"internal/problem.ErrNotSupported": "an error, as problem.New makes it",
	"internal/socket.table":            "the field table, joined once from sections that are literals",
}

// checkPackageState allows only package-level variables that cannot change unnoticed:
// errors, compiled regular expressions and replacers, values computed once
// (sync.OnceValue), embedded files, interface assertions, and tables that no code of
// the package writes to. Test files are exempt, because their flags are there.
func checkPackageState(t *Tree) (found []Violation) {
	tables := map[string]map[string]*ast.ValueSpec{} // by directory, then by name
	for _, file := range t.Product() {
		if file.Test {
			continue
		}
		for _, spec := range packageVars(file.AST) {
			for i, name := range spec.Names {
				switch kind := classify(spec, i); {
				case name.Name == "_" || kind == frozen || stateExceptions[file.Dir+"."+name.Name] != "":
				case kind == table:
					if tables[file.Dir] == nil {
						tables[file.Dir] = map[string]*ast.ValueSpec{}
					}
					tables[file.Dir][name.Name] = spec
				default:
					found = append(found, t.at(name, "package-level variable %s: pass it in, or make it a constant, a table or a function", name.Name))
				}
			}
		}
	}
	for _, file := range t.Product() {
		if specs := tables[file.Dir]; specs != nil && !file.Test {
			found = append(found, t.writes(file, specs)...)
		}
	}
	return found
}

// packageVars returns the package-level variables, except embedded files, which the
// compiler fills.
func packageVars(file *ast.File) (specs []*ast.ValueSpec) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR || embeds(gen.Doc) {
			continue
		}
		for _, spec := range gen.Specs {
			if value, ok := spec.(*ast.ValueSpec); ok && !embeds(value.Doc) {
				specs = append(specs, value)
			}
		}
	}
	return specs
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// A stateKind says how easily a package-level variable can change.
type stateKind int

const (
	mutable stateKind = iota // any code may change it
	table                    // a literal: it stays the same unless the package's code writes to it
	frozen                   // its content cannot change
)

func classify(spec *ast.ValueSpec, i int) stateKind {
	if i >= len(spec.Values) {
		return mutable // it has no value, or gets several from one call
	}
	switch value := spec.Values[i].(type) {
	case *ast.CompositeLit:
		return table
	case *ast.CallExpr:
		switch selector(value.Fun) {
		case "errors.New", "fmt.Errorf", "problem.New", "problem.Errorf", "regexp.MustCompile", "strings.NewReplacer", "sync.OnceValue", "sync.OnceValues":
			return frozen
		case "netip.MustParsePrefix", "netip.MustParseAddr":
			return table
		}
	}
	return mutable
}

// writes finds the places where a file changes one of the tables: by assignment to it
// or to a part of it, by taking its address, by delete or by clear.
func (t *Tree) writes(file *GoFile, tables map[string]*ast.ValueSpec) (found []Violation) {
	report := func(expr ast.Expr, how string) {
		if id := root(expr); id != nil && refersTo(id, tables[id.Name]) {
			found = append(found, t.at(id, "%s package-level table %s", how, id.Name))
		}
	}
	ast.Inspect(file.AST, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					report(left, "assigns to")
				}
			}
		case *ast.IncDecStmt:
			report(n.X, "assigns to")
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				report(n.X, "takes the address of")
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (id.Name == "delete" || id.Name == "clear" || id.Name == "copy") {
				report(n.Args[0], "changes")
			}
		}
		return true
	})
	return found
}

// root returns the variable of which an expression such as table[k].Field[0] is part.
func root(expr ast.Expr) *ast.Ident {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			return e
		case *ast.IndexExpr:
			expr = e.X
		case *ast.SliceExpr:
			expr = e.X
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		default:
			return nil
		}
	}
}

// refersTo reports whether an identifier is the package-level variable and not a local
// one of the same name. The parser resolves names within one file; an unresolved name
// is package-level or imported.
func refersTo(id *ast.Ident, spec *ast.ValueSpec) bool {
	if spec == nil {
		return false
	}
	return id.Obj == nil || id.Obj.Decl == spec
}
