// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

const top = 3

// filled is a sample in which everything is known, with hostile names.
func filled() *metrics.Sample {
	at := time.Unix(1_700_000_000, 0)
	hostile := "a\"b\\c\nd\xff{}" + strings.Repeat("é", 200)
	s := &metrics.Sample{At: at.Add(1500 * time.Millisecond), Version: "v1", Own: collect.Own{Known: true, CPU: time.Second, Resident: 1 << 20}}
	for i := range metrics.MostReceivers {
		s.Receivers = append(s.Receivers, metrics.Receiver{Name: fmt.Sprint("store ", i), Sent: 1, Behind: time.Second})
	}
	s.Count = &metrics.Counted{At: at, Engine: "hashwalk", Exact: true, Facts: diagnose.Facts{
		Sysctls: map[string]string{
			"net.ipv4.tcp_mem": "1\t2\t3", "net.ipv4.tcp_max_orphans": "8", "net.ipv4.tcp_max_tw_buckets": "9", "fs.file-max": "10",
			"net.netfilter.nf_conntrack_max": "11", "net.netfilter.nf_conntrack_count": "4",
		},
		Counters: diagnose.NumbersOf(map[string]uint64{"TcpExt.ListenDrops": 7}),
		Gauges:   diagnose.NumbersOf(map[string]uint64{"TCP.orphan": 1, "TCP.tw": 2, "TCP.mem": 3, "file-nr.allocated": 4}),
	}}
	s.Count.States.Add(tcp.TimeWait, socket.IPv6, 5)
	ns := &socket.Netns{Inode: 1, Name: hostile}
	var queues []diagnose.Queue
	var uses []diagnose.PortUse
	for i := range 10 {
		local := netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(8000+i))
		for range 2 {
			queues = append(queues, diagnose.Queue{Socket: &socket.Socket{Local: local, Netns: ns}, Waiting: new(uint64(i)), Limit: new(uint64(9)), Drops: new(uint64(1)), SynRecv: 3})
		}
		remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), uint16(443+i))
		uses = append(uses, diagnose.PortUse{Netns: ns, Remote: remote, Capacity: 100, Free: 100 - i, Used: i})
	}
	networks := []metrics.Network{{Name: "db", Prefix: netip.MustParsePrefix("10.0.0.9/32")}, {Name: "all", Prefix: netip.MustParsePrefix("10.0.0.8/31")}}
	d := &diagnose.Diagnosis{Findings: []diagnose.Finding{
		{Code: "AQ01", Severity: diagnose.Notice, Netns: ns, About: diagnose.About{Local: netip.MustParseAddrPort("[::]:80")}},
		{Code: "TW03", Severity: diagnose.Critical, About: diagnose.About{Remote: netip.MustParseAddrPort("10.0.0.9:443")}, Owner: &socket.Owner{Process: &socket.Process{PID: 77, Name: hostile}}},
	}, Passed: []string{"TW01"}}
	s.Examined = &metrics.Examined{
		At: at.Add(-8500 * time.Millisecond), Exact: false, Diagnosis: d,
		Listeners: metrics.ListenersOf(queues, top), Destinations: metrics.DestinationsOf(uses, networks, top), Findings: metrics.FindingsOf(d, networks, top),
	}
	s.Traced = metrics.TracedOf(&trace.Summary{
		Edges: []trace.Edge{{From: tcp.FinWait2, To: tcp.TimeWait, Count: 4}},
		Ends: []trace.End{
			{Reason: socket.ClosedFirst, From: tcp.FinWait1, Count: 3, By: []trace.Doer{{Process: hostile, Port: 1, Count: 2}, {Process: hostile, Port: 2, Count: 1}}},
			{Reason: socket.ClosedFirst, From: tcp.FinWait2, Count: 2},
		},
	})
	for _, by := range metrics.By() {
		s.Examined.By = append(s.Examined.By, metrics.Groups{By: by, All: []metrics.Group{{Name: hostile}}, Left: 2})
	}
	for _, name := range []string{metrics.SourceCount, metrics.SourceExamine} {
		s.Sources = append(s.Sources, metrics.Source{Name: name, OK: true, Failed: 1, Look: sampler.Look{Seq: 3, Took: time.Millisecond, Interval: time.Second}})
	}
	return s
}

var (
	goodName  = regexp.MustCompile(`^tcpvitals_[a-z][a-z0-9_]*$`)
	goodLabel = regexp.MustCompile(`^[a-z][a-z_]*$`)
)

// TestTable: each entry is complete and named by Prometheus' conventions.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, m := range metrics.All() {
		if !goodName.MatchString(m.Name) || names[m.Name] {
			t.Errorf("%s: not a name, or not its own", m.Name)
		}
		names[m.Name] = true
		if (m.Kind == metrics.Counter) != strings.HasSuffix(m.Name, "_total") {
			t.Errorf("%s is a %s", m.Name, m.Kind)
		}
		if m.Unit.En == "" || m.Unit.Zh == "" || m.Help.En == "" || m.Help.Zh == "" || m.Cost == "" {
			t.Errorf("%s: something is not said", m.Name)
		}
		for _, unit := range []string{"seconds", "bytes", "ratio"} {
			base := strings.TrimSuffix(m.Name, "_total")
			if (m.Unit.En == unit) != strings.HasSuffix(base, "_"+unit) {
				t.Errorf("%s is in %s", m.Name, m.Unit.En)
			}
		}
		for _, label := range m.Labels {
			if !goodLabel.MatchString(label) || slices.Contains([]string{"pid", "remote", "peer"}, label) {
				t.Errorf("%s has the label %s", m.Name, label)
			}
		}
	}
}

// TestOf: each series is returned once, with all labels, and a metric has at most as
// many as the table says.
func TestOf(t *testing.T) {
	s := filled()
	seen, each := map[string]bool{}, map[string]int{}
	for series := range metrics.Of(s) {
		id := fmt.Sprint(series.Name, series.Labels)
		if seen[id] {
			t.Errorf("%s is told twice", id)
		}
		seen[id] = true
		each[series.Name]++
		for _, l := range series.Labels {
			if !utf8.ValidString(l.Value) || len(l.Value) > metrics.LongestLabel {
				t.Errorf("%s: %q", id, l.Value)
			}
		}
		if math.IsNaN(series.Value) {
			t.Errorf("%s is no number", id)
		}
	}
	for _, m := range metrics.All() {
		if n := each[m.Name]; n == 0 || n > m.Most(top) {
			t.Errorf("%s has %d series, at most %d", m.Name, n, m.Most(top))
		}
	}
	if n := metrics.Count(s); n != len(seen) {
		t.Errorf("counted %d of %d", n, len(seen))
	}
}

// valueOf is the value of the only series that has all the given labels.
func valueOf(t *testing.T, s *metrics.Sample, name string, labels ...string) float64 {
	t.Helper()
	for series := range metrics.Of(s) {
		if series.Name != name {
			continue
		}
		var have []string
		for _, l := range series.Labels {
			have = append(have, l.Name+"="+l.Value)
		}
		if !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(have, l) }) {
			return series.Value
		}
	}
	t.Errorf("no %s%v", name, labels)
	return math.NaN()
}

func TestValues(t *testing.T) {
	s := filled()
	tests := []struct {
		name   string
		labels []string
		want   float64
	}{
		{"tcpvitals_connections", []string{"state=time_wait", "family=ipv6"}, 5},
		{"tcpvitals_connections", []string{"state=time_wait", "family=ipv4"}, 0},
		{"tcpvitals_kernel_use", []string{"resource=conntrack"}, 4},
		{"tcpvitals_kernel_limit", []string{"resource=conntrack"}, 11},
		{"tcpvitals_sample_age_seconds", []string{"source=count"}, 1.5},
		{"tcpvitals_sample_age_seconds", []string{"source=examine"}, 10},
		{"tcpvitals_sample_exact", []string{"source=examine"}, 0},
		{"tcpvitals_accept_queue_connections", []string{"port=8009", "address=::"}, 18},
		{"tcpvitals_accept_queue_limit", []string{"port=8009"}, 18},
		{"tcpvitals_accept_queue_fullest_ratio", []string{"port=8009"}, 0.9},
		{"tcpvitals_half_open_connections", []string{"port=8009"}, 3}, // all members of the group together, counted once
		{"tcpvitals_listeners", []string{"port=8009"}, 2},
		{"tcpvitals_listeners_left_out", nil, 7},
		{"tcpvitals_ports_free", []string{"group=db", "port=452"}, 91},
		{"tcpvitals_ports_free", []string{"group=all", "port=451"}, 92},
		{"tcpvitals_ports_used_ratio", []string{"group=private", "port=450"}, 0.07},
		{"tcpvitals_ports_run_out_seconds", []string{"group=db"}, math.Inf(1)},
		{"tcpvitals_transitions_total", []string{"from=fin_wait2", "to=time_wait"}, 4},
		{"tcpvitals_transitions_total", []string{"from=listen", "to=close"}, 0},
		{"tcpvitals_connection_ends_total", []string{"reason=" + socket.ClosedFirst.String()}, 5},
		{"tcpvitals_connection_ends_by_total", []string{"reason=" + socket.ClosedFirst.String()}, 3},
		{"tcpvitals_traced", nil, 1},
		{"tcpvitals_findings", []string{"severity=critical"}, 1},
		{"tcpvitals_findings", []string{"severity=info"}, 0},
		{"tcpvitals_finding", []string{"rule=TW03", "destination=db:443", "severity=critical"}, 1},
		{"tcpvitals_finding", []string{"rule=AQ01", "local=[::]:80"}, 1},
	}
	for _, tt := range tests {
		if got := valueOf(t, s, tt.name, tt.labels...); math.Abs(got-tt.want) > 1e-9 && got != tt.want {
			t.Errorf("%s%v = %v, want %v", tt.name, tt.labels, got, tt.want)
		}
	}
}

// TestNamesThatBecomeTheSame: two names that differ only in what is omitted are one
// series with the sum of both.
func TestNamesThatBecomeTheSame(t *testing.T) {
	long := strings.Repeat("x", 200)
	var queues []diagnose.Queue
	for i, name := range []string{long + "1", long + "2", "\xff", "\xfe"} {
		queues = append(queues, diagnose.Queue{
			Socket: &socket.Socket{Local: netip.MustParseAddrPort("0.0.0.0:80"), Netns: &socket.Netns{Inode: uint64(i), Name: name}}, Waiting: new(uint64(1)),
		})
	}
	got := metrics.ListenersOf(queues, 10)
	if len(got.Told) != 2 || *got.Told[0].Waiting != 2 || *got.Told[1].Waiting != 2 {
		t.Errorf("%+v", got)
	}
	keys, err := query.ParseKeys("netns,state")
	if err != nil {
		t.Fatal(err)
	}
	groups := query.NewGroups(query.GroupOptions{Keys: keys, Pivot: true})
	for i, name := range []string{long + "1", long + "2", metrics.Other, "small"} {
		s := socket.Socket{State: tcp.Established, Netns: &socket.Netns{Inode: uint64(i), Name: name}}
		s.Known = socket.FieldsOf(socket.FieldState, socket.FieldNetns, socket.FieldNetnsInode)
		groups.AddN(&s, uint64(10-i))
	}
	g := metrics.GroupsOf("netns", groups, 3)
	if len(g.All) != 1 || g.All[0].States[tcp.Established] != 19 || g.Others.States[tcp.Established] != 15 || g.Left != 2 {
		t.Errorf("%+v", g)
	}
}

// TestUnknownIsNotZero: a number that was not read has no series.
func TestUnknownIsNotZero(t *testing.T) {
	var names []string
	for series := range metrics.Of(&metrics.Sample{Count: &metrics.Counted{}}) {
		if series.Slow || strings.Contains(series.Name, "kernel") {
			t.Errorf("%s is told though it is not known", series.Name)
		}
		names = append(names, series.Name)
	}
	if slices.Contains(names, "tcpvitals_memory_bytes") || !slices.Contains(names, "tcpvitals_connections") {
		t.Errorf("told: %v", slices.Compact(names))
	}
	for series := range metrics.Of(&metrics.Sample{}) {
		if series.Name != "tcpvitals_build_info" {
			t.Errorf("%s is told of nothing", series.Name)
		}
	}
	unread := metrics.ListenersOf([]diagnose.Queue{{Socket: &socket.Socket{}, Waiting: new(uint64(1)), Limit: new(uint64(1))}, {Socket: &socket.Socket{}, Limit: new(uint64(1))}}, 1)
	if l := unread.Told[0]; l.Waiting != nil || l.Limit == nil || *l.Limit != 2 || l.Drops != nil {
		t.Errorf("a queue that is not known: %+v", l)
	}
}
