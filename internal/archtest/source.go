// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

const licenseLine = "// SPDX-License-Identifier: Apache-2.0\n"

// checkLicenseLine requires the license in the first line of every Go file, separate
// from the package comment.
func checkLicenseLine(t *Tree) (found []Violation) {
	for _, file := range t.Go {
		switch {
		case !strings.HasPrefix(file.Src, licenseLine):
			found = append(found, Violation{file.Name, 1, "the first line must be " + strings.TrimSpace(licenseLine)})
		case !strings.HasPrefix(file.Src, licenseLine+"\n"):
			found = append(found, Violation{file.Name, 2, "an empty line must follow the license line, or it becomes part of the package comment"})
		}
	}
	return found
}

// checkPackageComments requires exactly one package comment in each package. It must
// be in a file that is built on every system, unless all files of the package are for
// one system.
func checkPackageComments(t *Tree) (found []Violation) {
	packages := map[string][]*GoFile{}
	for _, file := range t.Go {
		if !file.Test {
			packages[file.Dir] = append(packages[file.Dir], file)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		if msg := packageComment(packages[dir]); msg != "" {
			found = append(found, Violation{dir, 0, msg})
		}
	}
	return found
}

func packageComment(files []*GoFile) string {
	var with []string
	everywhere := slices.ContainsFunc(files, func(f *GoFile) bool { return buildConstraint(f) == "" })
	for _, file := range files {
		text := file.AST.Doc.Text()
		if text == "" {
			continue
		}
		with = append(with, file.Name)
		if everywhere && buildConstraint(file) != "" {
			return "the package comment stands in " + file.Name + ", which not every system builds"
		}
		if name := file.AST.Name.Name; name != "main" && !strings.HasPrefix(text, "Package "+name+" ") {
			return "the package comment must begin with Package " + name
		}
	}
	switch len(with) {
	case 0:
		return "no package comment"
	case 1:
		return ""
	default:
		return fmt.Sprintf("%d package comments: %s", len(with), strings.Join(with, ", "))
	}
}

// checkNoInit forbids init functions: initialization must be called explicitly.
func checkNoInit(t *Tree) (found []Violation) {
	for _, file := range t.Go {
		for _, decl := range file.AST.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, t.at(fn, "no init functions: let the one who needs it call it"))
			}
		}
	}
	return found
}

// checkBudgetNames requires that tests that count allocations have Alloc in their
// names, because make budgets runs them by name, without the race detector.
func checkBudgetNames(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		for _, decl := range file.AST.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && strings.HasPrefix(fn.Name.Name, "Test") && !strings.Contains(fn.Name.Name, "Alloc") && mentions(fn, "testing.AllocsPerRun") {
				found = append(found, t.at(fn, "%s counts allocations: its name must contain Alloc for make budgets", fn.Name.Name))
			}
		}
	}
	return found
}

// mentions reports whether a function uses pkg.Name.
func mentions(fn *ast.FuncDecl, name string) (found bool) {
	ast.Inspect(fn, func(node ast.Node) bool {
		if expr, ok := node.(ast.Expr); ok && selector(expr) == name {
			found = true
		}
		return !found
	})
	return found
}

// checkFuzzSeeds requires that every fuzz target has seeds in testdata/fuzz, so that
// every run of the tests tries inputs that once failed.
func checkFuzzSeeds(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		for _, decl := range file.AST.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !file.Test || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
				continue
			}
			seeds := file.Dir + "/testdata/fuzz/" + fn.Name.Name + "/"
			if !slices.ContainsFunc(t.Names, func(name string) bool { return strings.HasPrefix(name, seeds) }) {
				found = append(found, t.at(fn, "no seeds in %s", seeds))
			}
		}
	}
	return found
}
