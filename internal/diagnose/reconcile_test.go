// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// sampleTally is the example of the how-to, with kinds of sockets.
func sampleTally() *query.Tally {
	var t query.Tally
	t.Add(tcp.Listen, socket.Full, 5)
	t.Add(tcp.Established, socket.Full, 70)
	t.Add(tcp.CloseWait, socket.Full, 4)
	t.Add(tcp.SynRecv, socket.Request, 348)
	t.Add(tcp.FinWait1, socket.Full, 229)
	t.Add(tcp.FinWait2, socket.Mini, 28)
	t.Add(tcp.FinWait2, socket.Full, 2)
	t.Add(tcp.TimeWait, socket.Mini, 18122)
	t.Add(tcp.Bound, socket.Idle, 3)
	for range 229 {
		t.AddUnowned(tcp.FinWait1)
	}
	return &t
}

// told writes each comparison on a line.
func told(all []Comparison) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%s: %s %d, %s %d, parts %v, rest %d: %s\n", c.Name, c.OurName, c.Ours, c.TheirName, c.Theirs, c.Parts, c.Rest, c.Agreement)
	}
	return b.String()
}

func gauges(established, tw, inuse, inuse6, orphan, alloc uint64) Facts {
	return Facts{
		Gauges: NumbersOf(map[string]uint64{
			"Tcp.CurrEstab": established, "TCP.tw": tw, "TCP.inuse": inuse, "TCP6.inuse": inuse6, "TCP.orphan": orphan, "TCP.alloc": alloc,
		}),
		Counters: NumbersOf(map[string]uint64{
			"Tcp.ActiveOpens": 10, "Tcp.PassiveOpens": 1000, "TcpExt.TW": 5000, "TcpExt.TWKilled": 0, "Tcp.EstabResets": 3,
		}),
	}
}

func TestReconcile(t *testing.T) {
	for _, test := range []struct {
		name   string
		before *Facts
		now    Facts
		want   string
	}{
		{
			"a quiet host: every difference is explained", nil, gauges(74, 18150, 300, 10, 229, 313),
			`established: ESTABLISHED 70, Tcp.CurrEstab 74, parts [{CLOSE_WAIT 4}], rest 0: explained
time-wait: TIME_WAIT 18122, TCP.tw 18150, parts [{FIN_WAIT2 mini 28}], rest 0: explained
in-use: all 18811, TCP.inuse 310, parts [{TIME_WAIT -18122} {FIN_WAIT2 mini -28} {SYN_RECV request -348} {BOUND -3}], rest 0: explained
half-open: SYN_RECV 348,  0, parts [], rest 0: not-counted
orphans: orphans 229, TCP.orphan 229, parts [], rest 0: same
allocated: full 313, TCP.alloc 313, parts [], rest 0: same
`,
		},
		{
			"a container: orphans and alloc are the host's", nil, gauges(74, 18150, 310, 0, 14504, 20000),
			`established: ESTABLISHED 70, Tcp.CurrEstab 74, parts [{CLOSE_WAIT 4}], rest 0: explained
time-wait: TIME_WAIT 18122, TCP.tw 18150, parts [{FIN_WAIT2 mini 28}], rest 0: explained
in-use: all 18811, TCP.inuse 310, parts [{TIME_WAIT -18122} {FIN_WAIT2 mini -28} {SYN_RECV request -348} {BOUND -3}], rest 0: explained
half-open: SYN_RECV 348,  0, parts [], rest 0: not-counted
orphans: orphans 229, TCP.orphan 14504, parts [], rest 14275: wider-scope
allocated: full 313, TCP.alloc 20000, parts [], rest 19687: wider-scope
`,
		},
		{
			"a kernel from before the fix of 2024: CurrEstab without CLOSE_WAIT is no contradiction", nil, gauges(70, 18150, 310, 0, 229, 313),
			`established: ESTABLISHED 70, Tcp.CurrEstab 70, parts [], rest 0: same
`,
		},
		{
			"read once, a little later: not judged, never blamed", nil, gauges(80, 18150, 310, 0, 229, 313),
			`established: ESTABLISHED 70, Tcp.CurrEstab 80, parts [{CLOSE_WAIT 4}], rest 6: unjudged
`,
		},
	} {
		b := &CrossCheck{Sockets: sampleTally(), OwnersKnown: true, Now: test.now, Before: test.before}
		if got := told(Reconcile(b)); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s:\nwant %s\n got %s", test.name, test.want, got)
		}
	}
}

// TestReconcileMoved: connections that opened and closed during the count explain a
// difference; a greater difference is unexplained.
func TestReconcileMoved(t *testing.T) {
	before := gauges(74, 18100, 310, 0, 229, 313)
	for _, test := range []struct {
		name   string
		change func(*Facts)
		want   Agreement
	}{
		{"nothing moved", func(*Facts) {}, AgreeUnexplained}, // CurrEstab 84 before and after
		{"the gauge passed our count", func(f *Facts) { f.Gauges = changed(f.Gauges, "Tcp.CurrEstab", 70) }, AgreeMoved},
		{"five came and went", func(f *Facts) { f.Counters = changed(f.Counters, "Tcp.PassiveOpens", 1005) }, AgreeMoved},
		{"one came: too few", func(f *Facts) { f.Counters = changed(f.Counters, "Tcp.PassiveOpens", 1001) }, AgreeUnexplained},
		{"the counters are not known", func(f *Facts) { f.Counters = Numbers{} }, AgreeUnexplained},
	} {
		now := gauges(84, 18150, 310, 0, 229, 313)
		first := before
		first.Gauges = NumbersOf(map[string]uint64{"Tcp.CurrEstab": 84})
		test.change(&now)
		c := Reconcile(&CrossCheck{Sockets: sampleTally(), Now: now, Before: &first})[0]
		if c.Agreement != test.want || c.Explained() != (test.want != AgreeUnexplained) {
			t.Errorf("%s: want %s, got %s", test.name, test.want, told([]Comparison{c}))
		}
	}
}

// changed returns the numbers with one of them replaced.
func changed(n Numbers, name string, value uint64) Numbers {
	all := maps.Collect(n.All())
	all[name] = value
	return NumbersOf(all)
}

// TestReconcileUnknown: numbers that were not read are not compared, and kinds that a
// listing does not show are no contradiction.
func TestReconcileUnknown(t *testing.T) {
	if got := Reconcile(&CrossCheck{Sockets: &query.Tally{}}); len(got) != 0 {
		t.Errorf("compared with nothing: %s", told(got))
	}
	var tally query.Tally
	tally.Add(tcp.FinWait2, socket.KindUnknown, 3)
	now := Facts{Gauges: NumbersOf(map[string]uint64{"TCP.tw": 3, "TCP.inuse": 0, "TCP.alloc": 1})}
	got := told(Reconcile(&CrossCheck{Sockets: &tally, Now: now, Before: &now}))
	const want = `time-wait: TIME_WAIT 0, TCP.tw 3, parts [], rest 3: unjudged
in-use: all 3, TCP.inuse 0, parts [], rest -3: unjudged
`
	if got != want {
		t.Errorf("want %s\n got %s", want, got)
	}
}

func TestEveryComparisonSaysWhy(t *testing.T) {
	b := &CrossCheck{Sockets: sampleTally(), OwnersKnown: true, Now: gauges(1, 2, 3, 4, 5, 6)}
	all := Reconcile(b)
	if len(all) != 6 {
		t.Errorf("%d comparisons", len(all))
	}
	for _, c := range all {
		if c.Why.En == "" || c.Why.Zh == "" {
			t.Errorf("%s does not say why", c.Name)
		}
	}
}
