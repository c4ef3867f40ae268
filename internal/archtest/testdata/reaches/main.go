// SPDX-License-Identifier: Apache-2.0

// Command reaches calls what was vulnerable in the standard library of go1.26.8
// (GO-2026-6599, GO-2026-6600). `make vuln` looks whether that is found when it
// is told that this is the version: a check that cannot fail says nothing.
package main

import (
	"html/template"
	"io"
)

func main() {
	if err := template.Must(template.New("").Parse("")).Execute(io.Discard, nil); err != nil {
		panic(err)
	}
}
