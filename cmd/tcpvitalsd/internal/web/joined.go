// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// A lasting is a finding that may go on in another series: one look that could not see
// whose it is makes a series of its own.
type lasting struct {
	report.PastFinding

	gone   time.Time // the look that did not find it; zero if there was none
	joined bool      // it has a part whose owner is unknown
}

// joined returns the findings of spans. Spans that follow each other and differ only in
// that the owner is unknown in one of them are one finding.
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

// about is what a finding is about, without its owner.
func about(f *report.PastFinding) report.PastFinding {
	return report.PastFinding{Rule: f.Rule, Severity: f.Severity, Netns: f.Netns, Local: f.Local, Destination: f.Destination}
}

// goesOnIn reports whether the look that did not find it found next in its place.
func (l *lasting) goesOnIn(next *lasting) bool {
	follows := l.gone.Equal(next.From)
	if l.gone.IsZero() { // the agent ended: nobody looked in between
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

// join adds what follows.
func (l *lasting) join(next *lasting) {
	if ownerless(&l.PastFinding) {
		l.Process, l.Unit, l.Container = next.Process, next.Unit, next.Container
	}
	l.To, l.End, l.Most, l.gone, l.joined = next.To, next.End, max(l.Most, next.Most), next.gone, true
}
