// SPDX-License-Identifier: Apache-2.0

package render

import (
	"os"

	"golang.org/x/term"
)

// TerminalWidth is how many columns a terminal has; ok is false for what is none.
func TerminalWidth(f *os.File) (width int, ok bool) {
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}
