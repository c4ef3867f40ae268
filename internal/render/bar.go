// SPDX-License-Identifier: Apache-2.0

package render

import "strings"

// eighths are the block elements from one eighth to a full cell.
const eighths = "▏▎▍▌▋▊▉█"

// Bar draws share (0 to 1) as a bar in so many columns, padded with spaces. Anything
// above zero shows at least the thinnest bar.
func Bar(share float64, cells int) string {
	units := int(share*float64(cells)*8 + 0.5)
	if share > 0 && units == 0 {
		units = 1
	}
	units = min(units, cells*8)
	bar := strings.Repeat("█", units/8)
	drawn := units / 8
	if part := units % 8; part > 0 {
		bar += string([]rune(eighths)[part-1])
		drawn++
	}
	return bar + strings.Repeat(" ", cells-drawn)
}
