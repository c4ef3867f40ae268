// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	failed, err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

// run writes a summary of r to w and reports whether anything failed. Empty input is a
// failure, because a count of no tests must not look like success.
func run(r io.Reader, w io.Writer) (failed bool, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	sum := summary{w: w, output: map[testID][]string{}, on: map[string]count{}}
	for lines.Scan() {
		sum.line(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		return true, fmt.Errorf("read test events: %w", err)
	}
	return sum.finish(), nil
}
