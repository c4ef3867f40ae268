// SPDX-License-Identifier: Apache-2.0

package kept

import (
	"strconv"
	"strings"
	"time"
)

// ParseTime parses a time: 03:00 (its last occurrence before now), 2026-11-30 03:00,
// RFC 3339, or a duration ago such as 2h. ok is false for anything else. The result
// may be after now; the caller decides about that.
func ParseTime(text string, now time.Time) (at time.Time, ok bool) {
	text = strings.TrimSpace(text)
	if span, ok := strings.CutSuffix(text, " ago"); ok {
		d, ok := ParseSpan(strings.TrimSpace(span))
		return now.Add(-d), ok
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, true
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		of, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		at := time.Date(now.Year(), now.Month(), now.Day(), of.Hour(), of.Minute(), of.Second(), 0, now.Location())
		if at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()-1, of.Hour(), of.Minute(), of.Second(), 0, now.Location())
		}
		return at, true
	}
	return now, false
}

// ParseSpan parses a duration such as 2h, 90m or 3d.
func ParseSpan(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}
