// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// drawnWith are the sequences that a frame is written with: to a cell, to the end of
// the line, and inks.
var drawnWith = regexp.MustCompile(`\x1b\[([0-9]+(;[0-9]+)?H|K|[0-9;]*m)`)

// TestBytesToTheTerminal: whatever processes, units, containers and namespaces are
// called, and whatever is typed, what comes to the terminal is the sequences of frames and
// text in which nothing is hidden.
func TestBytesToTheTerminal(t *testing.T) {
	for _, name := range hostileNames {
		for _, lang := range []knowledge.Lang{knowledge.English, knowledge.Chinese} {
			s := hostileHost(t, name, lang)
			var before *canvas
			for _, key := range []string{"1", "2", "down", "?", "esc", "3", "4", "5", "enter", "esc", "6", "7", "enter", "esc", "esc", "/", "end", name, "enter", "esc", "b", name, "enter"} {
				s.m.press(key, key)
				s.m.heard(looked{hostileLook(s, name)})
				for _, ascii := range []bool{false, true} {
					c := s.m.paint()
					var b bytes.Buffer
					c.changes(&b, before, manner{colour: true, ascii: ascii})
					c.changes(&b, nil, manner{ascii: ascii})
					before = c
					bare := drawnWith.ReplaceAllString(b.String(), "")
					if at := visible.Hidden(bare); at >= 0 {
						t.Fatalf("%q, key %q: %q", name, key, bare[max(0, at-20):min(len(bare), at+20)])
					}
				}
			}
			for _, text := range []string{s.m.plainLook(s.now), s.m.plainFindings(nil, s.judged.Value, s.now)} {
				if visible.Hidden(text[:max(0, len(text)-1)]) >= 0 {
					t.Errorf("%q: a line %q", name, text)
				}
			}
		}
	}
}

// hostileHost is a host of which everything is called name.
func hostileHost(t *testing.T, name string, lang knowledge.Lang) *session {
	s := &session{t: t, now: time.Unix(1, 0)}
	s.o = Options{Every: time.Second, Lang: lang, By: "process,unit,container,netns", Trace: new(trace.Shared)}
	s.o.Scope.Netns = "all"
	s.model().width, s.m.height = 200, 30
	s.findings = []diagnose.Finding{{
		Code: "CW01", Summary: knowledge.Text{En: name, Zh: name}, Detail: []knowledge.Text{{En: name, Zh: name}},
		Owner: hostileOwner(name), Netns: &socket.Netns{Name: name},
	}}
	s.judge()
	return s
}

func hostileOwner(name string) *socket.Owner {
	return &socket.Owner{Confidence: socket.OwnerKnown, Process: &socket.Process{PID: 1, Name: name}, Unit: name, Container: name, Pod: name}
}

// hostileLook is a look at it that answers what the screen asks.
func hostileLook(s *session, name string) *sampler.Sample[*look] {
	one := &socket.Socket{
		State: tcp.Established, Kind: socket.Full, Cookie: 7, Owner: hostileOwner(name), Netns: &socket.Netns{Name: name, Container: name}, Cgroup: &socket.Cgroup{Path: name},
		Local: netip.MustParseAddrPort("10.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.2:4711"), Known: allFields().Union(rowFields()),
	}
	one.Known = one.Known.Union(socket.FieldsOf(socket.FieldUnit, socket.FieldContainer, socket.FieldNetns))
	out := &look{serial: s.m.asked.serial, exact: true, rows: []*socket.Socket{one}, one: one, own: collect.Own{Known: true}, edges: []trace.Edge{}}
	out.tally.Add(tcp.Established, socket.Full, 1)
	if s.m.asked.by != nil {
		sums := query.NewGroups(query.GroupOptions{Keys: s.m.asked.by})
		sums.Add(one)
		out.groups = sums.Top(mostGroups)
	}
	out.queues, out.ports = &collect.QueueLook{}, &collect.PortLook{}
	out.listeners = []diagnose.Queue{{Socket: one}}
	out.uses = []diagnose.PortUse{{Local: one.Local.Addr(), Remote: one.Remote, Netns: one.Netns}}
	out.ends = []trace.End{{Reason: socket.ClosedFirst, From: tcp.Established, Count: 2, By: []trace.Doer{{Process: name, Unit: name, Count: 1}, {Unit: name, Container: name, Count: 1}}}}
	s.seq++
	s.now = s.now.Add(time.Second)
	return &sampler.Sample[*look]{Look: sampler.Look{Seq: s.seq, At: s.now, Since: time.Second}, Value: out}
}
