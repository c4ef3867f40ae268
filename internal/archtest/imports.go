// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"slices"
	"strings"
)

// A restriction allows only some packages to import a library and the packages below
// it.
type restriction struct {
	library string   // import path; packages below it are included
	allowed []string // directories; test files are free when tests is true
	tests   bool
	why     string
}

// privileged are the packages through which code could reach the kernel without
// internal/kernel.
func privileged() []restriction {
	wires := slices.Clip([]string{"internal/kernel", "internal/lab", "internal/testnet", "internal/guest"})
	return []restriction{
		{"unsafe", wires, true, "only internal/kernel and internal/lab read memory of the kernel's layout"},
		{"golang.org/x/sys/unix", wires, true, "only internal/kernel and internal/lab speak to the kernel"},
		// Above the kernel layer everybody may use the names of errors and signals.
		{"syscall", append(wires, "cmd", "internal/cli", "internal/owner", "internal/engine", "internal/bench", "internal/userfile", "internal/agent"), true, "errors and signals are the command line's, the owners of files internal/owner's"},
		{"C", nil, false, "static binaries, cross-built: no cgo"},
	}
}

// libraries lists every third-party library with the one package of the product that
// may import it. A new one needs a record in docs/decisions.
func libraries() []restriction {
	return []restriction{
		{"golang.org/x/sys", []string{"internal/kernel", "internal/lab", "internal/testnet", "internal/guest", "internal/render"}, true, "the kernel's interface; render asks for a terminal's width"},
		{"golang.org/x/term", []string{"internal/cli", "internal/render"}, false, "the terminal"},
		{"github.com/clipperhouse/displaywidth", []string{"internal/render"}, false, "columns of a text, docs/decisions/0003"},
		{"github.com/spf13/cobra", []string{"internal/cli", "internal/agent", "internal/docgen", "internal/usage"}, false, "the command lines"},
		{"github.com/spf13/pflag", []string{"internal/cli", "internal/agent", "internal/docgen", "internal/usage"}, false, "the command lines"},
		{"go.yaml.in/yaml/v3", []string{"internal/agent"}, false, "the configuration file, docs/decisions/0018"},
		{"github.com/cilium/ebpf", []string{"internal/kernel/bpf"}, false, "programs in the kernel, docs/decisions/0007"},
		{"github.com/prometheus/procfs", []string{"internal/kernel/procfs"}, false, "files of /proc"},
		{"github.com/prometheus/prometheus", []string{inDaemon + "history", inDaemon + "remote/storetest"}, true, "samples over time and their language, docs/decisions/0019"},
		{"github.com/golang/snappy", []string{inDaemon + "remote"}, true, "how remote write is compressed, docs/decisions/0023"},
		{"github.com/prometheus/client_golang", []string{"internal/exporter"}, false, "metrics, docs/decisions/0018"},
		{"github.com/prometheus/common", []string{"internal/exporter", inDaemon + "history"}, true, "metrics, docs/decisions/0018"},
		{"github.com/prometheus/client_model", nil, true, "metrics in tests"},
		{"github.com/prometheus/exporter-toolkit", []string{"internal/exporter"}, false, "TLS and passwords, docs/decisions/0018"},
		{"github.com/modelcontextprotocol/go-sdk", []string{inDaemon + "assistant"}, true, "the protocol of assistants, docs/decisions/0022"},
		{"charm.land/bubbletea/v2", []string{"internal/watch"}, false, "the live view, docs/decisions/0015"},
		{"github.com/charmbracelet/x/vt", nil, true, "what a terminal shows in tests, docs/decisions/0015"},
		{"github.com/yuin/goldmark", []string{"internal/site"}, false, "Markdown of docs/ for the site, docs/decisions/0021"},
		{"github.com/google/go-cmp", nil, true, "differences in tests"},
		{"github.com/rogpeppe/go-internal", nil, true, "scripts of the command line in tests"},
	}
}

// checkPrivileged limits the packages that can reach the kernel.
func checkPrivileged(t *Tree) (found []Violation) {
	return checkRestrictions(t, privileged(), func(string) bool { return false })
}

// checkLibraries requires that only one package imports each library.
func checkLibraries(t *Tree) (found []Violation) {
	return checkRestrictions(t, libraries(), func(name string) bool {
		first, _, _ := strings.Cut(name, "/")
		return strings.Contains(first, ".") && !within(name, Module)
	})
}

// checkRestrictions applies the restrictions. It also refuses imports without a
// restriction for which mustBeKnown is true.
func checkRestrictions(t *Tree, all []restriction, mustBeKnown func(name string) bool) (found []Violation) {
	for _, file := range t.Product() {
		for _, spec := range file.AST.Imports {
			name := imported(spec)
			i := slices.IndexFunc(all, func(r restriction) bool { return within(name, r.library) })
			switch {
			case i < 0 && mustBeKnown(name):
				found = append(found, t.at(spec, "%s is a library nobody decided for: see docs/decisions", name))
			case i >= 0 && !all[i].allows(file):
				found = append(found, t.at(spec, "%s may not import %s: %s", short(file.Dir), name, all[i].why))
			}
		}
	}
	return found
}

func (r restriction) allows(file *GoFile) bool {
	return file.Test && r.tests || slices.ContainsFunc(r.allowed, func(dir string) bool { return within(file.Dir, dir) })
}

// impure are packages of the standard library that would make a pure package depend on
// the machine. Packages below them are included, except those of pureEnough.
func impure() []string {
	return []string{"os", "net", "syscall", "unsafe", "plugin", "path/filepath", "log", "runtime", "database/sql", "testing"}
}

// pureEnough are exceptions below impure packages: they contain plain values only.
func pureEnough() []string { return []string{"net/netip", "net/url"} }

// checkPurity forbids the operating system and the clock in the word and pure layers,
// and requires that these packages consist of the same files on every GOOS.
func checkPurity(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		kind, _ := layerOf(file.Dir)
		if file.Test || kind != pure && kind != word {
			continue
		}
		if constraint := buildConstraint(file); constraint != "" {
			found = append(found, Violation{file.Name, 0, "a pure package is the same everywhere, but this file is for " + constraint})
		}
		for _, spec := range file.AST.Imports {
			name := imported(spec)
			if slices.Contains(pureEnough(), name) {
				continue
			}
			if slices.ContainsFunc(impure(), func(dir string) bool { return within(name, dir) }) {
				found = append(found, t.at(spec, "pure package %s imports %s", short(file.Dir), name))
			}
		}
		found = append(found, t.clocks(file)...)
	}
	return found
}

// clocks finds the places where a file reads a clock.
func (t *Tree) clocks(file *GoFile) (found []Violation) {
	ast.Inspect(file.AST, func(node ast.Node) bool {
		sel, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name := selector(sel)
		switch name {
		case "time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.Tick",
			"time.NewTimer", "time.NewTicker", "time.Local", "time.LoadLocation":
			found = append(found, t.at(sel, "pure package %s uses %s: pass the time in", short(file.Dir), name))
		}
		return true
	})
	return found
}

// selector returns "pkg.Name" for a selector expression, "" for other expressions.
func selector(expr ast.Expr) string {
	sel, ok := expr.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		return id.Name + "." + sel.Sel.Name
	}
	return ""
}
