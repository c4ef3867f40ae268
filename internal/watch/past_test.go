// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A keeper makes what tcpvitalsd would have kept of the twenty minutes before noon: a
// look each second, a judgement each ten, and nothing from 11:50 to 11:55.
type keeper struct{ report.Past }

func (k *keeper) put(name string, every int, value func(second int) float64, labels ...string) {
	s := report.PastSeries{Labels: map[string]string{metricName: "tcpvitals_" + name}}
	for i := 0; i < len(labels); i += 2 {
		s.Labels[labels[i]] = labels[i+1]
	}
	for at := -1200; at < 0; at += every {
		if at >= -600 && at < -300 {
			continue
		}
		s.At, s.Values = append(s.At, k.To.Add(time.Duration(at)*time.Second).UnixMilli()), append(s.Values, value(at))
	}
	k.Series = append(k.Series, s)
}

func keptPast() *report.Past {
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.Local)
	k := &keeper{report.Past{Schema: report.PastSchema, From: noon.Add(-time.Hour), To: noon, Who: "http://127.0.0.1:9779"}}
	same := func(n float64) func(int) float64 { return func(int) float64 { return n } }
	grows := func(from, by float64) func(int) float64 {
		return func(at int) float64 { return from + by*float64(at+1200) }
	}
	for _, family := range []string{"ipv4", "ipv6"} {
		k.put("connections", 1, same(20), "state", "established", "family", family)
		k.put("connections", 1, grows(50, 2), "state", "close_wait", "family", family)
		k.put("connections", 1, same(0), "state", "syn_sent", "family", family)
	}
	k.put("sample_one_in", 1, same(1))
	k.put("transitions_total", 1, grows(0, 7), "from", "established", "to", "close_wait")
	k.put("group_connections", 10, grows(0, 3), "by", "unit", "name", "leaky.service", "state", "close_wait")
	k.put("rules", 10, same(31), "verdict", "passed")
	k.put("rules", 10, same(4), "verdict", "not_judged")
	at := []string{"address", "10.0.0.1", "port", "8080", "netns", "self"}
	k.put("accept_queue_connections", 10, same(5), at...)
	k.put("accept_queue_limit", 10, same(128), at...)
	k.put("accept_queue_drops_total", 10, grows(0, 0.5), at...)
	to := []string{"group", "loopback", "port", "5432", "netns", "self"}
	k.put("ports_free", 10, grows(10_000, -2), to...)
	k.put("ports_capacity", 10, same(28_232), to...)
	k.put("connection_ends_by_total", 10, grows(0, 1), "reason", "closed-first", "process", "nginx")
	k.Findings = []report.PastFinding{{Rule: "CW01", Severity: "warning", From: noon.Add(-16 * time.Minute), To: noon.Add(-12 * time.Minute), End: report.EndOver, Process: "leaky", Local: "10.0.0.1:8080"}}
	return &k.Past
}

// pastModel begins so long before noon.
func pastModel(t *testing.T, ago time.Duration) *model {
	t.Helper()
	o := Options{
		Source: engine.NewListing(strings.NewReader(""), "a listing"), Past: keptPast(), Ago: ago, Every: time.Second, Lang: knowledge.English,
		Now: func() time.Time { return keptPast().To },
	}
	m, err := newModel(o, func(question) {})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *model) seen() string { return strings.Join(m.frame(), "\n") }

func wantSeen(t *testing.T, m *model, all ...string) {
	t.Helper()
	for _, want := range all {
		if got := m.seen(); !strings.Contains(got, want) {
			t.Errorf("no %q:\n%s", want, got)
		}
	}
}

// TestPast: -t begins in the history that tcpvitalsd keeps, and the screens show it; what
// it does not keep is no zero.
func TestPast(t *testing.T) {
	m := pastModel(t, 15*time.Minute)
	wantSeen(t, m, "kept by tcpvitalsd, paused at 11:45:00", "1,340 sockets as far as kept", "1,300", "+4.0/s", "7.0/s", "14m59s ago; kept since 11:40:00", "as tcpvitalsd", "$ tcpvitals census --at ")
	for _, s := range []tcp.State{tcp.Bound, tcp.Listen} { // no series: not known
		if a := m.amountOf(s); a.text != "?" || m.spark(s, 10) != "" {
			t.Errorf("%v: %+v %q", s, a, m.spark(s, 10))
		}
	}
	if a := m.amountOf(tcp.SynSent); a.text != "0" {
		t.Errorf("no SYN_SENT was there, %+v", a)
	}
	for key, want := range map[string][]string{
		"2": {"leaky.service", "CLOSE_WAIT", "900", "+3.0/s", "as tcpvitalsd looked at 11:45:00: http://127.0.0.1:9779"},
		"3": {"10.0.0.1:8080", "5", "128", "0.5", "?"},
		"4": {"loopback:5432", "18,832", "9,400", "28,232", "2.0", "?"},
		"5": {"leaky 10.0.0.1:8080: ", "CW01", "since", "11:44:00", "warning"},
		"6": {"nginx", "closed-first", "300", "1.0"},
		"7": {"no single sockets"},
	} {
		m.press(key, key)
		wantSeen(t, m, want...)
	}
	m.press("5", "5")
	m.press("left", "")
	wantSeen(t, m, "11:44:59")
	m.press("[", "[")
	wantSeen(t, m, "paused at 11:44:00", "CW01 leaky")
	if strings.Contains(m.seen(), " 0s ") {
		t.Errorf("when it appeared, it has lasted for nothing:\n%s", m.seen())
	}
	m.press(">", ">")
	m.press("<", "<")
	m.press("<", "<")
	wantSeen(t, m, "nothing wrong: 31 rules found nothing, 4 could not judge")
}

// TestSavedFindings: of saved machines a finding has the time of the first file in which
// it is, not how long that file has been there.
func TestSavedFindings(t *testing.T) {
	s := &session{t: t, now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	m := s.model()
	m.o.Files, m.screen = []engine.Source{m.o.Source}, findings
	s.facts("", "find", []string{"CW01", "10.0.0.1:8080"})
	s.judge()
	wantSeen(t, m, "since", "12:00:00  CW01")
}

// TestPastHoles: where nobody looked, that is said, and nothing is made up; at the end of
// the history are the looks of watch itself, which are not compared with it.
func TestPastHoles(t *testing.T) {
	m := pastModel(t, 7*time.Minute)
	wantSeen(t, m, "11:55:00", "nothing is kept of 11:53:00")
	m.press("h", "h")
	m.press("h", "h")
	wantSeen(t, m, "nobody looked from 11:49:59")
	if m.net(tcp.CloseWait) != 0 {
		t.Error("a change over the hole:", m.net(tcp.CloseWait))
	}
	if m := pastModel(t, time.Hour); !m.inPast() || m.at.Local().Format("15:04") != "11:40" {
		t.Errorf("begins at %v", m.at)
	}

	noon := m.o.Now()
	l := &look{serial: m.asked.serial, exact: true}
	l.tally.Add(tcp.CloseWait, socket.KindUnknown, 3)
	take := func(seq uint64) {
		m.take(&sampler.Sample[*look]{Look: sampler.Look{Seq: seq, At: noon.Add(time.Duration(seq-1) * time.Second)}, Value: l})
	}
	take(1)
	wantSeen(t, m, "11:55:00") // still there
	for range 5 {
		m.press(">", ">")
	}
	wantSeen(t, m, "paused at 12:00:00", "all 3 sockets")
	if m.inPast() || m.net(tcp.CloseWait) != 0 {
		t.Error("compared with what tcpvitalsd counted:", m.net(tcp.CloseWait))
	}
	m.press("left", "")
	if wantSeen(t, m, "kept by tcpvitalsd, paused at 11:59:59"); !m.inPast() {
		t.Error("the look before is not of tcpvitalsd")
	}
	m.press("space", " ")
	wantSeen(t, m, "all 3 sockets")
	if strings.Contains(m.seen(), "tcpvitalsd") {
		t.Error(m.seen())
	}
	m.at, m.paused = noon.Add(-50*time.Minute), true
	m.memory.of("").ticks = m.memory.of("").ticks[1:]
	take(2)
	if first := m.hour().ticks[0].at; !m.at.Equal(first) {
		t.Errorf("shown is %v, kept since %v", m.at, first)
	}
}
