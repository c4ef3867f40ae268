// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/scenario"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// stories are runs recorded with lab show -o json on Linux 6.18.
func stories() []string {
	return []string{"lost-last-ack", "old-duplicate", "old-duplicate-corrupts", "simultaneous-close"}
}

// recorded reads a recorded run: its JSON must contain everything needed to draw it.
func recorded(t testing.TB, name string) (report.LabResult, []*record.Event) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "lab", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var d report.LabDocument
	if err := json.Unmarshal(data, &d); err != nil || len(d.Results) != 1 {
		t.Fatalf("%s: %d results, %v", name, len(d.Results), err)
	}
	var events []*record.Event
	for _, e := range d.Results[0].Trace {
		events = append(events, event(t, e))
	}
	return d.Results[0], events
}

func event(t testing.TB, d report.LabEvent) *record.Event {
	t.Helper()
	e := &record.Event{
		At: time.Duration(math.Round(d.AtMS*1000)) * time.Microsecond, Flow: d.Flow, Line: d.Line, Turn: d.Turn, Text: d.Text, Result: d.Result,
		States: [2]tcp.State{stateOf(t, d.Kernel), stateOf(t, d.Peer)}, End: endOf(d.End),
		Kind: record.Kind(slices.Index([]string{"segment", "call", "check", "note"}, d.Kind)),
	}
	if d.Note != nil {
		e.Note = knowledge.Text(*d.Note)
	}
	if d.Segment != nil {
		e.Segment = detailsOf(t, *d.Segment)
	}
	return e
}

func stateOf(t testing.TB, name string) tcp.State {
	t.Helper()
	if name == "" {
		return 0
	}
	s, err := tcp.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func endOf(name string) record.End {
	if name == record.Peer.String() {
		return record.Peer
	}
	return record.Kernel
}

func detailsOf(t testing.TB, d report.LabSegment) record.SegmentDetails {
	t.Helper()
	flags, err := segment.ParseFlags(strings.Join(d.Flags, ","))
	if err != nil {
		t.Fatal(err)
	}
	s := record.SegmentDetails{
		Flags: flags, Seq: d.Seq, Len: d.Len, Data: d.Data, Win: d.Window, MSS: d.MSS, Again: d.Again, Copied: d.Copied,
		Label: d.Label, Count: max(d.Count, 1),
		Fate: record.Fate(slices.Index([]string{"delivered", "lost", "held", "late"}, d.Fate)),
	}
	if d.Ack != nil {
		s.Ack = *d.Ack
	}
	if d.TSVal != nil {
		s.HasTimestamps, s.TSVal, s.TSEcr = true, *d.TSVal, *d.TSEcr
	}
	return s
}

func TestLadderGolden(t *testing.T) {
	for _, name := range stories() {
		_, events := recorded(t, name)
		for _, lang := range languages {
			golden(t, fmt.Sprintf("ladder.%s.%s.txt", name, lang), Ladder(events, Options{Lang: lang, Width: 100}))
		}
		for _, width := range []int{40, 60, 80} {
			golden(t, fmt.Sprintf("ladder.%s.%d.txt", name, width), Ladder(events, Options{Width: width}))
		}
		golden(t, "ladder."+name+".ascii.txt", Ladder(events, Options{ASCII: true, Width: 90}))
	}
}

// TestLadderSVGGolden: the pictures in the documentation are those of the recorded
// runs.
func TestLadderSVGGolden(t *testing.T) {
	for _, name := range stories() {
		result, events := recorded(t, name)
		for _, lang := range languages {
			file := name + ".svg"
			if lang == knowledge.Chinese {
				file = name + ".zh.svg"
			}
			golden(t, filepath.Join("..", "..", "..", "docs", "img", file), string(LadderSVG(events, captionOf(t, result, lang), Options{Lang: lang})))
		}
	}
}

// captionOf is CaptionOf for a recorded result.
func captionOf(t testing.TB, r report.LabResult, lang knowledge.Lang) Caption {
	t.Helper()
	verdict, err := scenario.ParseVerdict(r.Verdict)
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario.Scenario{Title: knowledge.Text(r.Title), Claim: knowledge.Text(r.Claim)}
	c := CaptionOf(&scenario.Result{Scenario: s, Verdict: verdict}, lang)
	for _, e := range r.Evidence {
		c.Proofs = append(c.Proofs, e.Line)
	}
	return c
}

// TestLabJSONRoundTrip: a run that is written as JSON and read back gives the same
// JSON again.
func TestLabJSONRoundTrip(t *testing.T) {
	for _, name := range stories() {
		want, events := recorded(t, name)
		var got []report.LabEvent
		for _, e := range events {
			got = append(got, report.NewLabEvent(e))
		}
		if diff := cmp.Diff(want.Trace, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLadderFitsWidth(t *testing.T) {
	for _, name := range stories() {
		_, events := recorded(t, name)
		for width := minWidth; width <= 130; width++ {
			for _, lang := range languages {
				for line := range strings.Lines(Ladder(events, Options{Width: width, Lang: lang})) {
					if got := Width(strings.TrimRight(line, "\n")); got > width {
						t.Fatalf("%s, %s: %d columns in %d: %s", name, lang, got, width, line)
					}
				}
			}
		}
	}
}

func TestLadderASCIIIsASCII(t *testing.T) {
	for _, name := range stories() {
		_, events := recorded(t, name)
		for _, r := range Ladder(events, Options{ASCII: true}) {
			if r > '~' {
				t.Errorf("%s: %q", name, r)
			}
		}
	}
}

// strange is a trace that no scenario makes: all kinds of events, and hostile texts.
func strange() []*record.Event {
	states := [2]tcp.State{tcp.Established, tcp.Established}
	var events []*record.Event
	for i, fate := range []record.Fate{record.Delivered, record.Lost, record.Held, record.Late, record.Late} {
		for end := range record.End(2) {
			events = append(events, &record.Event{
				At: time.Duration(i) * time.Second, Flow: "<b>", End: end, States: states,
				Segment: record.SegmentDetails{Flags: segment.ACK, Data: `</text><script>&"'`, Len: 18, Fate: fate, Label: fmt.Sprint("l", i), Count: 500, Copied: i == 0},
			})
		}
	}
	return append(
		events,
		&record.Event{Kind: record.Call, Text: "write(<script>)", Result: "E<&>"},
		&record.Event{Kind: record.Check, Text: "counter <x>", Flow: "other"},
		&record.Event{Kind: record.Note, Note: knowledge.Text{En: "<script>alert(1)</script>", Zh: "<脚本>"}},
		&record.Event{Flow: "other", Segment: record.SegmentDetails{Flags: segment.SYN}},
	)
}

func TestLadderSVGIsSafe(t *testing.T) {
	traces := map[string][]*record.Event{"empty": nil, "strange": strange()}
	for _, name := range stories() {
		_, traces[name] = recorded(t, name)
	}
	for name, events := range traces {
		svg := LadderSVG(events, Caption{Title: "<script>", Claim: `"&'`, Verdict: "</svg>"}, Options{})
		if err := wellFormed(svg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, bad := range []string{"<script", "href", "url(", "@import", "onload"} {
			if bytes.Contains(svg, []byte(bad)) {
				t.Errorf("%s: contains %q", name, bad)
			}
		}
	}
}

func wellFormed(svg []byte) error {
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func TestLadderStrange(t *testing.T) {
	for _, width := range []int{0, 40, 200} {
		text := Ladder(strange(), Options{Width: width})
		for _, want := range []string{"lost", "held up", "late", "× 500", "counter <x>", "write(<script>) → E<&>"} {
			if !strings.Contains(text, want) {
				t.Errorf("width %d: no %q in\n%s", width, want, text)
			}
		}
	}
}

// TestLabVerification: if families differ, each has a row, and results that differ
// from the expected ones are marked.
func TestLabVerification(t *testing.T) {
	find := func(name string) *scenario.Scenario {
		s, err := scenario.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	result := func(s *scenario.Scenario, family socket.Family, v scenario.Verdict) *scenario.Result {
		return &scenario.Result{Scenario: s, Family: family, Verdict: v, Why: knowledge.Text{En: "reason", Zh: "原因"}}
	}
	both, split, absent := find("lost-last-ack"), find("linger-zero"), find("tw-reuse-delay")
	results := []*scenario.Result{
		result(split, socket.IPv4, scenario.Holds), result(split, socket.IPv6, scenario.Refuted),
		result(both, socket.IPv4, scenario.Holds), result(both, socket.IPv6, scenario.Holds),
		result(absent, socket.IPv4, scenario.NotPossible), result(absent, socket.IPv6, scenario.NotPossible),
	}
	for _, lang := range languages {
		for _, width := range []int{40, 100} {
			o := Options{Lang: lang, Width: width}
			golden(t, fmt.Sprintf("verify.%s.%d.txt", lang, width), LabVerification(results, "6.1.0", o)+LabSummary(results, o))
		}
	}
}
