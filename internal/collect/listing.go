// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"context"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// pasted reads a text that may hold several tables. Only at its end is it known how
// they are related: as several looks at one machine, as parts of one machine, or not
// at all.
type pasted struct {
	all    *diagnose.Space // all rows up to now
	part   *diagnose.Space // rows of the present part; for the first part the same as all
	judged []*diagnose.Diagnosis
}

func newPasted() *pasted {
	all := listingSpace(&diagnose.Reading{Queues: &diagnose.QueueReading{}, Ports: &diagnose.PortReading{}})
	return &pasted{all: all, part: all}
}

func listingSpace(r *diagnose.Reading) *diagnose.Space {
	return &diagnose.Space{Facts: listingFacts(), Sockets: r}
}

func listingMachine(space *diagnose.Space) *diagnose.Machine {
	return &diagnose.Machine{Listing: true, Host: listingFacts(), Spaces: []*diagnose.Space{space}}
}

// row takes a row.
func (p *pasted) row(s *socket.Socket) bool {
	p.all.Sockets.Add(s)
	if p.part != p.all {
		p.part.Sockets.Add(s)
	}
	return true
}

// anew begins the next part.
func (p *pasted) anew() {
	p.ended()
	p.part = listingSpace(&diagnose.Reading{Queues: &diagnose.QueueReading{}, Ports: &diagnose.PortReading{}})
}

// ended judges the part that ends, as long as there are few parts.
func (p *pasted) ended() {
	if len(p.judged) < listing.KeptParts {
		p.judged = append(p.judged, diagnose.Judge(listingMachine(p.part), nil, 0))
	}
}

// counts takes the parts of a text that has only counts by state.
func (p *pasted) counts(result listing.Result) {
	p.all = countsSpace(result, result.Counts)
	for _, c := range result.Parts.Each {
		p.part = countsSpace(result, c)
		p.ended()
	}
	p.part = countsSpace(result, result.Last)
}

func countsSpace(result listing.Result, c listing.Counts) *diagnose.Space {
	result.Counts = c
	return listingSpace(&diagnose.Reading{Tally: tallyOf(result), Counts: true})
}

func tallyOf(result listing.Result) query.Tally { return engine.CensusOf(result).Tally }

// examineListing examines a listing. It also accepts one that has only counts by
// state.
func examineListing(ctx context.Context, l *engine.Listing) (*Examined, error) {
	p := newPasted()
	report, result, err := l.Read(ctx, engine.Scan{Fields: diagnose.ReadingFields()}, engine.Visit(p.row), p.anew)
	switch {
	case err != nil && result.CountsOnly && result.Counts.Total() > 0:
		p.counts(result)
		counts := engine.CensusOf(result)
		report = &engine.Report{Engine: "listing", Exact: counts.Exact, Summed: counts.Summed, Gaps: counts.Gaps, Limits: counts.Limits}
	case err != nil:
		return nil, err
	}
	out := &Examined{Report: report, Format: result.Format.String(), Machine: listingMachine(p.all)}
	switch result.Parts.Kin {
	case listing.Alone:
	case listing.Looks: // only the last look is judged, not the sum of all
		report.Exact, report.Summed = result.Whole(), false
		out.Machine = listingMachine(p.part)
		out.judges(result, judgesLast(result.Parts))
	case listing.Pieces:
		out.judges(result, judgesSum(result.Parts))
	default:
		p.ended()
		out.Parts = p.judged
		out.judges(result, judgesEach(result.Parts))
		report.Exact, report.Summed = false, false
	}
	report.Gaps = append(report.Gaps, listenersLeftOut(out.Machine)...)
	out.Machine.Gaps = report.Gaps
	return out, nil
}

// judges records which part is judged. This gap replaces the one that says how the
// parts were counted.
func (e *Examined) judges(result listing.Result, g problem.Gap) {
	e.Report.Gaps = slices.DeleteFunc(e.Report.Gaps, func(other problem.Gap) bool { return slices.Contains(result.Summed, other) })
	e.Report.Gaps = append(e.Report.Gaps, g)
	e.Judged = &g
}

// judgesLast says that only the last of several looks was judged.
func judgesLast(p listing.Parts) problem.Gap {
	return problem.Unread("several moments", problem.LooksAtOne, p.N, p.Line).NeverShown()
}

// judgesSum says that the parts of one machine were judged together.
func judgesSum(p listing.Parts) problem.Gap {
	return problem.Unread("several parts", problem.PartsOfOne, p.Line, p.Text).NeverShown()
}

// judgesEach says that nothing tells how the parts of a text are related. Then a
// verdict that all is well is impossible.
func judgesEach(p listing.Parts) problem.Gap {
	if p.N == 1 {
		return problem.Unread("several sources", problem.SeveralMachines, p.Line, p.Text)
	}
	if p.N > listing.KeptParts+1 {
		return problem.Unread("several parts", problem.ManyPartsUnclear, p.N, p.Line, p.Text, listing.KeptParts)
	}
	return problem.Unread("several parts", problem.PartsUnclear, p.N, p.Line, p.Text)
}
