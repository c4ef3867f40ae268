// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"
	"time"
)

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10": 10 * time.Second, "0": 0, "500ms": 500 * time.Millisecond, "2m": 2 * time.Minute, "1.5s": 1500 * time.Millisecond, "-1s": -time.Second,
	} {
		var s seconds
		if err := s.Set(text); err != nil || time.Duration(s) != want {
			t.Errorf("%s: want %v, got %v, %v", text, want, time.Duration(s), err)
		}
	}
	for _, text := range []string{"", "ten", "10 s", "1e3", "-1", "99999999999"} {
		var s seconds
		if err := s.Set(text); err == nil {
			t.Errorf("%q: read as %v", text, time.Duration(s))
		}
	}
}
