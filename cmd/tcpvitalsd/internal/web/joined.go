// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// A lasting is a finding that may continue in another series: a reading that could not
// see its owner makes a series without one.
type lasting struct {
	report.PastFinding

	gone   time.Time // time of the reading that did not have the finding; zero if there was none
	joined bool      // one of its parts has an unknown owner
}

// joined returns the findings of spans. Spans that follow each other and differ only
// in that the owner is unknown in one of them become one finding.
func joined(spans []history.Span) []report.PastFinding {
	slices.SortStableFunc(spans, func(a, b history.Span) int { return a.From.Compare(b.From) })
	var all []*lasting
	same := map[report.PastFinding][]*lasting{}
	for i := range spans {
		next := &lasting{PastFinding: pastOf(&spans[i]), gone: spans[i].Gone}
		id := about(&next.PastFinding)
		at := slices.IndexFunc(same[id], func(l *lasting) bool { return l.goesOnIn(next) })
		if at >= 0 {
			same[id][at].join(next)
			continue
		}
		all, same[id] = append(all, next), append(same[id], next)
	}
	out := make([]report.PastFinding, len(all))
	for i, l := range all {
		out[i] = l.PastFinding
	}
	return out
}

// about is the finding without its owner.
func about(f *report.PastFinding) report.PastFinding {
	return report.PastFinding{Rule: f.Rule, Severity: f.Severity, Netns: f.Netns, Local: f.Local, Destination: f.Destination}
}

// goesOnIn reports whether the reading that did not have this finding had next in its
// place.
func (l *lasting) goesOnIn(next *lasting) bool {
	follows := l.gone.Equal(next.From)
	if l.gone.IsZero() { // the agent ended, so there was no reading in between
		follows = next.From.After(l.To) && next.From.Sub(l.To) <= pause
	}
	unknown := ownerless(&l.PastFinding) != ownerless(&next.PastFinding)
	return follows && (unknown || l.joined && ownedAlike(&l.PastFinding, &next.PastFinding))
}

func ownerless(f *report.PastFinding) bool {
	return f.Process == "" && f.Unit == "" && f.Container == ""
}

func ownedAlike(a, b *report.PastFinding) bool {
	return a.Process == b.Process && a.Unit == b.Unit && a.Container == b.Container
}

// join adds the span that follows.
func (l *lasting) join(next *lasting) {
	if ownerless(&l.PastFinding) {
		l.Process, l.Unit, l.Container = next.Process, next.Unit, next.Container
	}
	l.To, l.End, l.Most, l.gone, l.joined = next.To, next.End, max(l.Most, next.Most), next.gone, true
}
