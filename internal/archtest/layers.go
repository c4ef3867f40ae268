// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// A layer is a group of packages that may import the same others; see
// docs/architecture.md.
type layer string

const (
	command layer = "command" // main, in a few lines
	face    layer = "face"    // what people and machines ask through
	drawing layer = "drawing" // answers as people see them, whichever face shows them
	answer  layer = "answer"  // documents that machines read, whichever face hands them out
	service layer = "service" // answers questions with the help of everything below
	pure    layer = "pure"    // thinks; no operating system, no clock, no files
	kernel  layer = "kernel"  // asks the kernel
	word    layer = "word"    // what all others speak with
	support layer = "support" // tests and the building of this tree; the product never imports it
)

// inDaemon is where the packages of tcpvitalsd's own module are.
const inDaemon = "cmd/tcpvitalsd/internal/"

// layers says in which layer each package is, those to come too. A package that
// is not here has none yet: add it where it belongs.
var layers = map[string]layer{
	"cmd/tcpvitals":                command,
	"cmd/tcpvitalsd":               command,
	inDaemon + "assistant":         face, // who speaks the Model Context Protocol
	inDaemon + "history":           service,
	inDaemon + "receiver":          service, // who is told what fires
	inDaemon + "remote":            service, // stores that the history is sent to
	inDaemon + "web":               face,
	"internal/agent":               face, // the program that runs on
	"internal/cli":                 face,
	"internal/exporter":            face,
	"internal/watch":               face,
	"internal/render":              drawing,
	"internal/report":              answer,
	"internal/collect":             service,
	"internal/engine":              service,
	"internal/explain":             service, // what words mean: pages, lists, search results
	"internal/hostnames":           service, // names of addresses and ports
	"internal/kept":                service,
	"internal/kill":                service,
	"internal/owner":               service,
	"internal/lab":                 service,
	"internal/snapshot":            service,
	"internal/tune":                service,
	"internal/userfile":            service,
	"internal/sampler":             service,
	"internal/trace":               service, // events with owners and filters; internal/kernel/tracer makes them
	"internal/alert":               service, // the table of alerts, and what is written of it
	"internal/dashboard":           service, // the table of what Grafana shows
	"internal/metrics":             service, // what a sample is, and the table of its series
	"internal/query":               pure,
	"internal/listing":             pure,
	"internal/diagnose":            pure,
	"internal/knowledge":           pure,
	"internal/kernel":              kernel,
	"internal/tcp":                 word,
	"internal/socket":              word,
	"internal/problem":             word,
	"internal/visible":             word,
	"internal/command":             word,
	"internal/archtest":            support,
	"internal/bench":               support,
	"internal/docgen":              support,
	"internal/guest":               support,
	"internal/listing/listingtest": support, // writes long listings for tests and benchmarks
	"internal/park":                support,
	"internal/shipped":             support,
	"internal/site":                support, // docs/ as a site
	"internal/testnet":             support,
	"internal/testsum":             support,
}

// below says which layers a layer may import. A face imports no other face, and
// nothing imports a face but main. A pure package imports no other pure one,
// except for [sharedPure].
var below = map[layer][]layer{
	command: {face},
	face:    {drawing, answer, service, pure, word},
	drawing: {answer, service, pure, word},
	answer:  {service, pure, word},
	service: {service, pure, kernel, word},
	pure:    {word},
	kernel:  {kernel, word},
	word:    {word},
	support: {face, drawing, answer, service, pure, kernel, word, support},
}

// sharedPure are the pure packages that other pure packages may import: how to
// count, and how to say what is known in two languages. They import no other.
var sharedPure = []string{"internal/query", "internal/knowledge"}

// layerOf finds the layer of a package or the nearest package above it.
func layerOf(pkg string) (layer, bool) {
	for {
		if found, ok := layers[pkg]; ok {
			return found, true
		}
		cut := strings.LastIndexByte(pkg, '/')
		if cut < 0 {
			return "", false
		}
		pkg = pkg[:cut]
	}
}

// checkLayers sees to it that imports point down. Test files may look
// anywhere: they compare layers with each other.
func checkLayers(t *Tree) (found []Violation) {
	for _, file := range t.Product() {
		from, ok := layerOf(file.Dir)
		if !ok {
			found = append(found, t.at(file.AST, "package %s has no layer: give it one in internal/archtest/layers.go", file.Dir))
			continue
		}
		if file.Test {
			continue
		}
		for _, spec := range file.AST.Imports {
			pkg, ours := strings.CutPrefix(imported(spec), Module+"/")
			if !ours {
				continue
			}
			if msg := mayImport(file.Dir, from, pkg); msg != "" {
				found = append(found, t.at(spec, "%s", msg))
			}
		}
	}
	return found
}

// mayImport returns why one package of ours may not import another, or "".
func mayImport(dir string, from layer, pkg string) string {
	to, ok := layerOf(pkg)
	if !ok {
		return pkg + " has no layer"
	}
	if slices.Contains(below[from], to) || from == pure && shared(dir, pkg) || sameFamily(dir, pkg) {
		return ""
	}
	return fmt.Sprintf("%s (%s) imports %s (%s)", short(dir), from, short(pkg), to)
}

// shared reports whether a pure package may import another.
func shared(dir, pkg string) bool {
	return slices.Contains(sharedPure, pkg) && !slices.Contains(sharedPure, dir)
}

// sameFamily reports whether one package stands below the other, such as
// internal/diagnose and internal/diagnose/rules.
func sameFamily(a, b string) bool { return within(a, b) || within(b, a) }

func short(pkg string) string { return strings.TrimPrefix(pkg, "internal/") }
