// SPDX-License-Identifier: Apache-2.0

// Package archtest tests the house rules: what may import what, how every file begins,
// what is allowed at package level, and which pages must exist. A rule reads the tree
// as text and syntax, for every GOOS at once; it builds nothing and runs nothing.
//
// It is not a linter: what golangci-lint can find is configured in .golangci.yml.
//
// Each rule is one function in [Rules]. Its test gives it a bad tree in which it must
// find a violation, and a good one in which it must find none.
//
//	$ go test ./internal/archtest
//	--- FAIL: TestTree/layers
//	    internal/cli/run.go:9: cli (face) imports kernel/procfs (kernel)
package archtest
