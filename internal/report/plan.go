// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// PlanSchema names the JSON form of a plan and its version.
const PlanSchema = "tcpvitals.plan/1"

// Plan tells how a question will be answered.
type Plan struct {
	engine.Plan

	Notes []query.Note // notes on how the filter was read
}

// PlanDocument is a plan in JSON, as docs/json.md describes it.
type PlanDocument struct {
	Schema     string       `json:"schema"`
	Engine     string       `json:"engine"`
	Counted    bool         `json:"counted_in_kernel"`
	States     []string     `json:"states"`
	Kernel     string       `json:"decided_in_kernel,omitempty"`
	InPart     bool         `json:"in_part,omitempty"`
	Here       string       `json:"decided_here,omitempty"`
	Notes      []query.Note `json:"filter_notes,omitempty"`
	Namespaces int          `json:"namespaces"`
	Sockets    uint64       `json:"sockets_about"`
	Buckets    uint64       `json:"buckets"`
	Slots      uint64       `json:"slots"` // the same as buckets, under its earlier name
	Engines    []PlanEngine `json:"engines"`
}

// PlanEngine is an engine with its estimated cost and the reason why it was not
// taken.
type PlanEngine struct {
	Engine string  `json:"engine"`
	Cost   float64 `json:"cost_seconds_about,omitempty"`
	Taken  bool    `json:"taken"`
	Not    string  `json:"not_taken_because,omitempty"`
}

// JSON writes the plan as a document.
func (p Plan) JSON(w io.Writer) error {
	d := PlanDocument{
		Schema: PlanSchema, Engine: p.Engine, Counted: p.Counted, Kernel: p.Kernel, InPart: p.InPart, Here: p.Here, Notes: p.Notes,
		Namespaces: p.Size.Namespaces, Sockets: p.Size.Sockets, Buckets: p.Size.Buckets, Slots: p.Size.Buckets,
	}
	for s := range p.States.All() {
		d.States = append(d.States, s.String())
	}
	for _, e := range p.Engines {
		d.Engines = append(d.Engines, PlanEngine{Engine: e.Name, Cost: e.Cost.Round(time.Microsecond).Seconds(), Taken: e.Name == p.Engine, Not: problem.Wording(e.Not, false)})
	}
	return JSON(w, d)
}
