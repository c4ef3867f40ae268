// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
)

// TestUnknownOwnerJoins: a reading that cannot see the owner of a finding does not
// split the finding in two. Findings about other things, or that were over in between,
// stay separate.
func TestUnknownOwnerJoins(t *testing.T) {
	for name, c := range map[string]struct {
		looks []string // a reading has findings "process:port"; "-" has none, "." is no reading
		want  string
	}{
		"unknown once":            {[]string{"app:80", "app:80", ":80", "app:80"}, "app:80 0-3 there"},
		"unknown at first":        {[]string{":80", "app:80", "app:80"}, "app:80 0-2 there"},
		"unknown at last":         {[]string{"app:80", ":80", "-"}, "app:80 0-1 over"},
		"never known":             {[]string{":80", ":80"}, ":80 0-1 there"},
		"another after unknown":   {[]string{"app:80", ":80", "other:80"}, "app:80 0-1 over other:80 2-2 there"},
		"another at once":         {[]string{"app:80", "other:80"}, "app:80 0-0 over other:80 1-1 there"},
		"of another listener":     {[]string{"app:80", ":81"}, "app:80 0-0 over :81 1-1 there"},
		"over in between":         {[]string{"app:80", "-", ":80"}, "app:80 0-0 over :80 2-2 there"},
		"both at once":            {[]string{"app:80", "app:80 :80", "app:80"}, ":80 1-1 over app:80 0-2 there"},
		"unknown, over, and back": {[]string{"app:80", ":80", "-", "app:80"}, "app:80 0-1 over app:80 3-3 there"},
		"nobody looked a while":   {[]string{"app:80", ".", ":80"}, "app:80 0-2 there"},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := history.Open(history.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			w := db.Writer()
			const apart = 10 * time.Second
			for i, look := range c.looks {
				if look == "." {
					w = db.Writer() // a new writer, as after a restart, does not know which series may be over
					continue
				}
				points := []history.Point{{Name: "other", Value: 1}}
				for f := range strings.FieldsSeq(strings.ReplaceAll(look, "-", "")) {
					process, port, _ := strings.Cut(f, ":")
					points = append(points, history.Point{Name: "tcpvitals_finding", Value: 1, Labels: []history.Label{
						{Name: "rule", Value: "CW01"}, {Name: "severity", Value: "warning"}, {Name: "local", Value: ":" + port}, {Name: "process", Value: process},
					}})
				}
				if err := w.Append(t.Context(), moment.Add(time.Duration(i)*apart), slices.Values(points)); err != nil {
					t.Fatal(err)
				}
			}
			last := moment.Add(time.Duration(len(c.looks)) * apart)
			spans, _, err := db.Spans(t.Context(), history.Scope{Selectors: []string{"tcpvitals_finding"}, From: moment, To: last}, pause)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range joined(spans) {
				got = append(got, fmt.Sprintf("%s%s %d-%d %s", f.Process, f.Local, f.From.Sub(moment)/apart, f.To.Sub(moment)/apart, f.End))
			}
			slices.Sort(got)
			want := strings.Fields(c.want)
			var parts []string
			for part := range slices.Chunk(want, 3) {
				parts = append(parts, strings.Join(part, " "))
			}
			slices.Sort(parts)
			if !slices.Equal(got, parts) {
				t.Errorf("%v, want %v", got, parts)
			}
		})
	}
}
