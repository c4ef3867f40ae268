// SPDX-License-Identifier: Apache-2.0

package render

import (
	"os"

	"golang.org/x/term"
)

// TerminalWidth returns the columns of a terminal; ok is false if f is no terminal.
func TerminalWidth(f *os.File) (width int, ok bool) {
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}
