// SPDX-License-Identifier: Apache-2.0

package render

import "strings"

// ASCII replaces what pages and tables are drawn with; other characters stay.
func ASCII(text string) string {
	return strings.NewReplacer(
		"·", "-", "•", "*", "…", ".", "–", "-", "−", "-", "×", "x", "±", "~", "→", ">", "←", "<", "≥", ">", "≤", "<", "≈", "~",
		"─", "-", "━", "-", "│", "|", "┃", "|", "┄", ".", "┆", ":", "└", "+", "┌", "+", "├", "+", "┘", "+", "┴", "+", "┐", "+", "┤", "+", "┬", "+", "┼", "+",
		"▲", "^", "►", ">", "▶", ">", "▼", "v", "◄", "<", "◀", "<", "█", "#", "▉", "#", "▊", "#", "▋", "#", "▌", "#", "▍", ":", "▎", ":", "▏", ".",
		"‘", "'", "’", "'", "“", "\"", "”", "\"",
	).Replace(text)
}
