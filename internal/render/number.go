// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strconv"
	"time"
)

// UnknownText is shown for an unknown value.
const UnknownText = "?"

// number prints a number, or UnknownText.
func number(n *uint64) string {
	if n == nil {
		return UnknownText
	}
	return strconv.FormatUint(*n, 10)
}

// Percent prints a share from 0 to 1 with one decimal. A share above zero is never
// printed as 0.0 %.
func Percent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1 %"
	}
	return strconv.FormatFloat(share*100, 'f', 1, 64) + " %"
}

// Milliseconds prints a short duration in milliseconds.
func Milliseconds(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
	default:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
}
