// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// TestSecondsAreWrittenShort: a hint repeats a duration as one would type it.
func TestSecondsAreWrittenShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 500 * time.Millisecond: "500ms", 30 * time.Second: "30s", 10 * time.Minute: "10m", 3 * time.Hour: "3h",
		90 * time.Minute: "1h30m", time.Hour + 5*time.Second: "1h0m5s", 100 * time.Minute: "1h40m", 10*time.Hour + 10*time.Minute: "10h10m",
	} {
		s := seconds(d)
		if got := s.String(); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}

// TestEveryDurationTakesSeconds: a number without a unit means seconds in every flag
// of every command.
func TestEveryDurationTakesSeconds(t *testing.T) {
	env := System("v0.0.0-test")
	seen := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "duration" {
				return
			}
			seen++
			if err := f.Value.Set("10"); err != nil || f.Value.String() != "10s" {
				t.Errorf("%s --%s 10: %s, %v", cmd.CommandPath(), f.Name, f.Value, err)
			}
		})
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(Root(env))
	if seen < 10 {
		t.Errorf("%d flags that take a time", seen)
	}
}
