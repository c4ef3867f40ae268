// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// openers are the functions that open, list or make files by name.
var openers = []string{
	"os.Open", "os.OpenFile", "os.ReadFile", "os.ReadDir", "os.OpenRoot", "os.DirFS", "os.Create", "os.CreateTemp", "os.WriteFile", "os.OpenInRoot",
	"filepath.Walk", "filepath.WalkDir", "filepath.Glob", "ioutil.ReadFile",
}

// mayOpen are the packages that may open files; packages below them are included.
var mayOpen = []string{"internal/kernel", "internal/userfile"}

// opens are files that may open only what the kernel or this program made.
var opens = map[string]string{
	inDaemon + "history/dir.go":              "the directory of the database, which is held while it is used, and nobody else may write",
	inDaemon + "history/look.go":             "the same, to read it",
	"internal/kept/kept.go":                  "which files are in the directory of snapshots; they are opened by internal/userfile",
	"internal/kill/ancestors.go":             "directories of processes",
	"internal/tune/audit/live.go":            "names of parameters of the kernel",
	"internal/lab/testbed/counters_linux.go": "counters of the kernel, by a name of its own",
	"internal/lab/testbed/observe_linux.go":  "parameters of the kernel, by a name of its own",
}

// checkOpeners allows only internal/userfile to open files that a user names or that
// others may have put there: a link, a FIFO or a device may be in their place. Files
// of /proc and /sys are the kernel's; their names are literals in the sources.
func checkOpeners(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		if l, _ := layerOf(file.Dir); file.Test || l == support || opens[file.Name] != "" || slices.ContainsFunc(mayOpen, func(dir string) bool { return file.Dir == dir || strings.HasPrefix(file.Dir, dir+"/") }) {
			continue
		}
		ast.Inspect(file.AST, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if ok && len(call.Args) > 0 && slices.Contains(openers, selector(call.Fun)) && !ofKernel(call.Args[0]) {
				found = append(found, t.at(call, "%s: a file that somebody names is opened by internal/userfile alone", selector(call.Fun)))
			}
			return true
		})
	}
	return found
}

// ofKernel reports whether a name is a literal that begins with /proc/ or /sys/.
func ofKernel(arg ast.Expr) bool {
	if sum, ok := arg.(*ast.BinaryExpr); ok {
		return ofKernel(sum.X)
	}
	lit, ok := arg.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return false
	}
	name, err := strconv.Unquote(lit.Value)
	return err == nil && (strings.HasPrefix(name, "/proc/") || strings.HasPrefix(name, "/sys/"))
}
