// SPDX-License-Identifier: Apache-2.0

// Package archtest is the house rules as tests: what may import what, what
// every file begins with, what may stand at package level, and which pages
// must exist. A rule reads the tree as text and syntax, for every GOOS at
// once; it builds nothing and runs nothing.
//
// It is not a linter: what golangci-lint finds is left to .golangci.yml.
//
// Each rule is one function in [Rules]; its own test shows it a bad tree that
// it must catch and a good one that it must leave alone.
//
//	$ go test ./internal/archtest
//	--- FAIL: TestTree/layers
//	    internal/cli/run.go:9: cli (face) imports kernel/procfs (kernel)
package archtest
