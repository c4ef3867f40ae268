// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// LabSchema names the JSON form of the lab's documents (docs/json.md).
const LabSchema = "tcpvitals.lab/1"

// LabDocument is the document that the lab's commands print with -o json.
type LabDocument struct {
	Schema    string        `json:"schema"`
	Kind      string        `json:"kind"` // list or run
	Kernel    string        `json:"kernel,omitempty"`
	Scenarios []LabScenario `json:"scenarios,omitempty"`
	Results   []LabResult   `json:"results,omitempty"`
}

// LabText is a text in both languages.
type LabText struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

func labText(t knowledge.Text) LabText { return LabText(t) }

// LabScenario is an experiment.
type LabScenario struct {
	Name     string   `json:"name"`
	Topic    string   `json:"topic"`
	Title    LabText  `json:"title"`
	Claim    LabText  `json:"claim"`
	Expected string   `json:"expected"`
	See      []string `json:"see"`
	Families []string `json:"families"`
	SlowMS   float64  `json:"slow_ms,omitempty"`
	Needs    []string `json:"needs,omitempty"`
}

// LabResult is the result of one run of a scenario.
type LabResult struct {
	Name       string        `json:"name"`
	Topic      string        `json:"topic"`
	Family     string        `json:"family"`
	Verdict    string        `json:"verdict"`
	Expected   string        `json:"expected"`
	AsExpected bool          `json:"as_expected"`
	Why        LabText       `json:"why"`
	Title      LabText       `json:"title"`
	Claim      LabText       `json:"claim"`
	Wire       string        `json:"wire,omitempty"`
	TookMS     float64       `json:"took_ms"`
	Evidence   []LabEvidence `json:"evidence"`
	Trace      []LabEvent    `json:"trace,omitempty"`
}

// LabEvidence is one observation for or against the claim.
type LabEvidence struct {
	Line int    `json:"line"`
	Turn int    `json:"turn,omitempty"`
	Step string `json:"step"`
	For  bool   `json:"for"`
	Held bool   `json:"held"`
	Got  string `json:"got,omitempty"`
}

// LabEvent is one event of a trace.
type LabEvent struct {
	AtMS    float64     `json:"at_ms"`
	Kind    string      `json:"kind"` // segment, call, check or note
	Flow    string      `json:"flow,omitempty"`
	Line    int         `json:"line,omitempty"`
	Turn    int         `json:"turn,omitempty"`
	End     string      `json:"end,omitempty"`
	Kernel  string      `json:"kernel_state,omitempty"`
	Peer    string      `json:"peer_state,omitempty"`
	Segment *LabSegment `json:"segment,omitempty"`
	Text    string      `json:"text,omitempty"`
	Result  string      `json:"result,omitempty"`
	Note    *LabText    `json:"note,omitempty"`
}

// LabSegment is a segment and what became of it.
type LabSegment struct {
	Flags  []string `json:"flags"`
	Seq    uint32   `json:"seq"`
	Ack    *uint32  `json:"ack,omitempty"`
	Len    int      `json:"len"`
	Data   string   `json:"data,omitempty"`
	Window uint16   `json:"window"`
	MSS    uint16   `json:"mss,omitempty"`
	TSVal  *uint32  `json:"tsval,omitempty"`
	TSEcr  *uint32  `json:"tsecr,omitempty"`
	Fate   string   `json:"fate"`
	Again  bool     `json:"again,omitempty"`
	Copied bool     `json:"copied,omitempty"`
	Label  string   `json:"label,omitempty"`
	Count  int      `json:"count,omitempty"`
}

// NewLabScenario describes a scenario.
func NewLabScenario(s *scenario.Scenario) LabScenario {
	d := LabScenario{
		Name: s.Name, Topic: s.Topic, Title: labText(s.Title), Claim: labText(s.Claim), Expected: s.Expected.String(),
		See: append([]string{}, s.See...), SlowMS: milliseconds(s.Slow), Needs: s.Needs,
	}
	for _, family := range s.Families {
		d.Families = append(d.Families, family.String())
	}
	return d
}

// NewLabResult describes a result, with its trace if requested.
func NewLabResult(r *scenario.Result, withTrace bool) LabResult {
	d := LabResult{
		Name: r.Scenario.Name, Topic: r.Scenario.Topic, Family: r.Family.String(),
		Verdict: r.Verdict.String(), Expected: r.Scenario.Expected.String(), AsExpected: r.AsExpected(),
		Why: labText(r.Why), Title: labText(r.Scenario.Title), Claim: labText(r.Scenario.Claim), TookMS: milliseconds(r.Took), Evidence: []LabEvidence{},
	}
	if len(r.Trace) > 0 {
		d.Wire = r.Wire.String()
	}
	for _, e := range r.Evidence {
		d.Evidence = append(d.Evidence, labEvidence(e))
	}
	if withTrace {
		for _, e := range r.Trace {
			d.Trace = append(d.Trace, NewLabEvent(e))
		}
	}
	return d
}

func labEvidence(e script.Evidence) LabEvidence {
	return LabEvidence{Line: e.Line, Turn: e.Turn, Step: e.Text, For: e.For(), Held: e.Held, Got: e.Got.En}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// NewLabEvent describes an event of a trace.
func NewLabEvent(e *record.Event) LabEvent {
	d := LabEvent{
		AtMS: milliseconds(e.At), Flow: e.Flow, Line: e.Line, Turn: e.Turn, Text: e.Text, Result: e.Result,
		Kernel: labState(e.States[record.Kernel]), Peer: labState(e.States[record.Peer]), End: e.End.String(),
	}
	switch e.Kind {
	case record.Segment:
		d.Kind, d.Segment = "segment", labSegment(e.Segment)
	case record.Call:
		d.Kind = "call"
	case record.Check:
		d.Kind = "check"
	case record.Note:
		text := labText(e.Note)
		d.Kind, d.Note, d.End = "note", &text, ""
	}
	return d
}

// labState returns the name of a state; "" if unknown.
func labState(s tcp.State) string {
	if s == 0 {
		return ""
	}
	return s.String()
}

func labSegment(s record.SegmentDetails) *LabSegment {
	d := &LabSegment{
		Flags: strings.Split(s.Flags.String(), ","), Seq: s.Seq, Len: s.Len, Data: s.Data, Window: s.Win, MSS: s.MSS,
		Fate: s.Fate.String(), Again: s.Again, Copied: s.Copied, Label: s.Label,
	}
	if s.Count > 1 {
		d.Count = s.Count
	}
	if strings.Contains(s.Flags.String(), "ACK") {
		d.Ack = &s.Ack
	}
	if s.HasTimestamps {
		d.TSVal, d.TSEcr = &s.TSVal, &s.TSEcr
	}
	return d
}
