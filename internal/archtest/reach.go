// SPDX-License-Identifier: Apache-2.0

package archtest

import "strings"

// A separation forbids an import between two of our packages that their layers allow.
type separation struct {
	from, to string // packages below them are included
	why      string
}

// separations are the separations in addition to the layers.
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

// checkSeparations finds imports that a separation forbids.
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

// heavy are packages that only the program that runs on may link: starting a database
// costs more than a whole command on a small host.
func heavy() []string {
	return []string{"cmd/tcpvitalsd", "internal/exporter", "internal/agent"}
}

// slow are libraries that fill large tables at each start of the program, each with an
// alternative.
func slow() map[string]string {
	return map[string]string{
		"html/template":                   "a tenth of a start for one page: internal/render has hypertext",
		"text/template":                   "with it every method of every type is linked: templates may call any",
		"net/http":                        "for the program that runs on",
		"github.com/cilium/ebpf/link":     "internal/kernel/bpf attaches by bpf(2)",
		"github.com/cilium/ebpf/features": "internal/kernel/bpf asks the kernel",
	}
}

// leanProgram is the program that people start as a command.
const leanProgram = "cmd/tcpvitals"

// checkLean requires that the lean program links nothing heavy or slow.
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
