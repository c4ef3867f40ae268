// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMeasure: the same trouble has the same number with another window and with
// another limit.
func TestMeasure(t *testing.T) {
	lost := func(n float64) *Finding {
		return &Finding{Basis: Loss, Evidence: []Evidence{above("waiting", 6, "", 5), above("overflows", n, "", 0)}}
	}
	near := func(n, limit float64) *Finding {
		return &Finding{Basis: Limit, Evidence: []Evidence{above("waiting", n, "", limit)}}
	}
	for _, test := range []struct {
		name   string
		f      *Finding
		window time.Duration
		value  float64
		unit   string
	}{
		{"lost in 10 s", lost(120), 10 * time.Second, 12, "1/s"},
		{"lost in 5 s", lost(60), 5 * time.Second, 12, "1/s"},
		{"near a limit", near(480, 512), 0, 93.75, "%"},
		{"near one twice as high", near(960, 1024), 0, 93.75, "%"},
		{"a share as it is", &Finding{Basis: Limit, Evidence: []Evidence{above("share", 95, "%", 90)}}, 0, 95, "%"},
		{"a count as it is", &Finding{Basis: Lasting, Evidence: []Evidence{above("CLOSE_WAIT", 120, "", 100)}}, 10 * time.Second, 120, ""},
	} {
		got := test.f.Measure(test.window)
		if got == nil || got.Value != test.value || got.Unit != test.unit {
			t.Errorf("%s: %s", test.name, cmp.Diff(test.value, got))
		}
	}
	if got := (&Finding{}).Measure(0); got != nil {
		t.Errorf("of no evidence: %+v", got)
	}
}

// TestSpread: the time between two readings comes from the readings if both know it.
func TestSpread(t *testing.T) {
	tests := []struct{ before, now, want time.Duration }{
		{0, 0, readGap},
		{time.Second, 0, readGap},
		{0, time.Second, readGap},
		{time.Millisecond, 3 * time.Millisecond, 6 * time.Millisecond},
		{2 * time.Second, time.Millisecond, 4 * time.Second},
	}
	for _, tt := range tests {
		c := &Case{Now: &Space{Spread: tt.now}, Before: &Space{Spread: tt.before}}
		if got := c.spread(); got != tt.want {
			t.Errorf("%v and %v: %v, want %v", tt.before, tt.now, got, tt.want)
		}
	}
}
