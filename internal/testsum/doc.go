// SPDX-License-Identifier: Apache-2.0

// Package main is testsum: it reads the output of `go test -json`, shows the result of
// each package, the whole output of failed tests and the reason of each skip, and ends
// with one line that counts the tests. Before it come the counts on each kernel, if
// internal/guest has run the tests on some.
//
// It is for this project's Makefile and not part of the product.
//
//	$ go test -json ./... | go run ./internal/testsum
//	ok    github.com/tcpvitals/tcpvitals/internal/tcp 0.01s
//	41 passed, 0 failed, 0 skipped
package main
