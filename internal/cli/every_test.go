// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// seen is the result of a simulated reading.
type seen struct{ lost bool }

func (seen) table(*Env) (string, error) { return "looked\n", nil }
func (seen) json(w io.Writer) error     { _, err := io.WriteString(w, "{}\n"); return err }
func (s seen) partial() bool            { return s.lost }

// TestRepeatEnds: the exit code depends on the readings, whoever ends the command.
func TestRepeatEnds(t *testing.T) {
	tests := []struct {
		name        string
		lost        bool
		interrupted int // after that many readings; 0 means never
		before      bool
		want        int
	}{
		{"by itself", false, 0, false, exitOK},
		{"by itself, and lost something", true, 0, false, exitPartial},
		{"interrupted", false, 2, false, exitOK},
		{"interrupted, and lost something", true, 2, false, exitPartial},
		{"interrupted before anything was seen", false, 0, true, exitInterrupted},
	}
	for _, tt := range tests {
		ctx, interrupt := context.WithCancel(t.Context())
		looks := 0
		var out bytes.Buffer
		env := System("v0.0.0-test")
		env.Stdout, env.Wait = &out, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		pass := func(ctx context.Context, _ *sampler.Sample[seen], _ time.Time) (seen, error) {
			if tt.before {
				interrupt()
			}
			return seen{tt.lost && looks == 0}, ctx.Err()
		}
		show := func(_, now *sampler.Sample[seen]) (sighting, []report.Change, error) {
			if looks++; looks == tt.interrupted {
				interrupt()
			}
			return now.Value, nil, nil
		}
		err := repeat(ctx, env, EveryOptions{Every: time.Hour, Count: 3}, outputTable, knowledge.English, pass, show)
		if got := exitCode(err); got != tt.want {
			t.Errorf("%s: exit code %d (%v), want %d", tt.name, got, err, tt.want)
		}
		if tt.before != errors.Is(err, context.Canceled) || tt.before != (looks == 0) {
			t.Errorf("%s: %d looks, %v", tt.name, looks, err)
		}
		interrupt()
	}
}
