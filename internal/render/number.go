// SPDX-License-Identifier: Apache-2.0

package render

import (
	"strconv"
	"time"
)

// UnknownText is how a value that is not known is shown to a person.
const UnknownText = "?"

// number writes a number, or what stands for one that is not known.
func number(n *uint64) string {
	if n == nil {
		return UnknownText
	}
	return strconv.FormatUint(*n, 10)
}

// Percent writes a share from 0 to 1 with one decimal. A share that is not
// zero never reads as 0.0 %.
func Percent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1 %"
	}
	return strconv.FormatFloat(share*100, 'f', 1, 64) + " %"
}

// Milliseconds writes a short duration the way a person reads it.
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
