// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// A layer is a group of packages with the same rights to import; see
// docs/architecture.md.
type layer string

const (
	command layer = "command" // main packages of a few lines
	face    layer = "face"    // interfaces through which people and machines ask
	drawing layer = "drawing" // draws answers for people, for every face
	answer  layer = "answer"  // writes answers as documents for machines, for every face
	service layer = "service" // answers questions by means of all layers below
	pure    layer = "pure"    // computes; uses no operating system, no clock, no files
	kernel  layer = "kernel"  // reads the kernel
	word    layer = "word"    // the vocabulary of all other layers
	support layer = "support" // for tests and for building this tree; the product never imports it
)

// inDaemon is the directory of the packages of tcpvitalsd's own module.
const inDaemon = "cmd/tcpvitalsd/internal/"

// layers assigns every package to a layer, including packages that do not exist yet. A
// package that is missing here has no layer: add it.
var layers = map[string]layer{
	"cmd/tcpvitals":                command,
	"cmd/tcpvitalsd":               command,
	inDaemon + "assistant":         face, // who speaks the Model Context Protocol
	inDaemon + "history":           service,
	inDaemon + "receiver":          service, // who is told what fires
	inDaemon + "remote":            service, // stores that the history is sent to
	inDaemon + "remote/storetest":  support, // a store for tests
	inDaemon + "web":               face,
	"internal/agent":               face, // the program that runs on
	"internal/cli":                 face,
	"internal/exporter":            face,
	"internal/watch":               face,
	"internal/render":              drawing,
	"internal/usage":               drawing, // the help of commands, for every face
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
	"internal/metrics/metricstest": support, // checks queries in tests
	"internal/testfile":            support, // generated files and their generators
	"internal/testnet":             support,
	"internal/testsum":             support,
}

// below says which layers a layer may import. A face imports no other face, and only
// main imports a face. A pure package imports no other pure one, except those of
// [sharedPure].
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

// sharedPure are the pure packages that other pure packages may import: counting, and
// the sentences in two languages. They import no other pure package.
var sharedPure = []string{"internal/query", "internal/knowledge"}

// layerOf finds the layer of a package, or that of the nearest package above it.
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

// checkLayers requires that imports point to lower layers. Test files may import
// anything, because they compare layers with each other.
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

// mayImport says why one of our packages may not import another; "" if it may.
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

// shared reports whether a pure package may import another pure one.
func shared(dir, pkg string) bool {
	return slices.Contains(sharedPure, pkg) && !slices.Contains(sharedPure, dir)
}

// sameFamily reports whether one package is below the other, such as internal/diagnose
// and internal/diagnose/rules.
func sameFamily(a, b string) bool { return within(a, b) || within(b, a) }

func short(pkg string) string { return strings.TrimPrefix(pkg, "internal/") }
