// SPDX-License-Identifier: Apache-2.0

package archtest

import "strings"

// A separation keeps one package of ours away from others of a layer that it may
// import.
type separation struct {
	from, to string // with what is below them
	why      string
}

// separations are the lines that layers do not draw.
func separations() []separation {
	const reads = "engine reads sockets; what is read to be judged is in collect"
	return []separation{
		{"internal/engine", "internal/collect", reads},
		{"internal/engine", "internal/diagnose", reads},
		{"internal/engine", "internal/knowledge", reads},
		{"internal/engine", "internal/tune", reads},
		{"internal/sampler", "internal", "the sampler keeps time for any pass and knows none"},
	}
}

// checkSeparations sees to it that they are kept.
func checkSeparations(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		if file.Test {
			continue
		}
		for _, spec := range file.AST.Imports {
			pkg, ours := strings.CutPrefix(imported(spec), Module+"/")
			for _, s := range separations() {
				if ours && within(file.Dir, s.from) && within(pkg, s.to) && !within(pkg, s.from) {
					found = append(found, t.at(spec, "%s imports %s: %s", short(file.Dir), short(pkg), s.why))
				}
			}
		}
	}
	return found
}

// heavy is what only the program that runs on may link: a database costs at each
// start what a command on a small host takes in all.
func heavy() []string {
	return []string{"cmd/tcpvitalsd", "internal/exporter", "internal/agent"}
}

// slow are libraries that fill large tables at each start of the program, with the
// alternative to each.
func slow() map[string]string {
	return map[string]string{
		"html/template":                   "a tenth of a start for one page: internal/render has hypertext",
		"text/template":                   "with it every method of every type is linked: templates may call any",
		"net/http":                        "for the program that runs on",
		"github.com/cilium/ebpf/link":     "internal/kernel/bpf attaches by bpf(2)",
		"github.com/cilium/ebpf/features": "internal/kernel/bpf asks the kernel",
	}
}

// leanProgram is the one that people type.
const leanProgram = "cmd/tcpvitals"

// checkLean sees to it that the lean program reaches nothing heavy or slow.
func checkLean(t *Tree) (found []Violation) {
	files := map[string][]*GoFile{}
	for _, file := range t.Product() {
		if !file.Test {
			files[file.Dir] = append(files[file.Dir], file)
		}
	}
	seen := map[string]bool{}
	var visit func(dir string)
	visit = func(dir string) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		for _, file := range files[dir] {
			for _, spec := range file.AST.Imports {
				pkg, ours := strings.CutPrefix(imported(spec), Module+"/")
				if !ours {
					if why, is := slow()[imported(spec)]; is {
						found = append(found, t.at(spec, "%s would start slower with %s: %s", leanProgram, imported(spec), why))
					}
					continue
				}
				for _, h := range heavy() {
					if within(pkg, h) {
						found = append(found, t.at(spec, "%s would link %s, which is for the program that runs on", leanProgram, short(pkg)))
					}
				}
				visit(pkg)
			}
		}
	}
	visit(leanProgram)
	return found
}
