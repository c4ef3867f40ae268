// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestEnginesCountAlike asks the same questions of every engine that can answer
// them, in a namespace of its own.
func TestEnginesCountAlike(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	counts := labtest.EveryState()
	if !showsBound(t) {
		delete(counts, tcp.Bound) // the walk shows them on every kernel, sock_diag only since Linux 6.8
	}
	stock := newStock(t, counts, socket.IPv4)
	questions := []question{
		{"", "state"},
		{"", "state,family"},
		{"", "sport"},
		{"", "remote/24,sport"},
		{"", "netns"},
		{"", "kind"},
		{"", "cgroup-id"},
		{"state time-wait", "remote,dport"},
		{"sport = :80 or dport >= 1024", "state"},
		{"not state established and src 0.0.0.0/0", "local,state"},
		{"state syn-recv or state listening or state bound-inactive", "state,sport"},
	}
	both := openBoth(t)
	for _, q := range questions {
		t.Run(q.filter+" by "+q.by, func(t *testing.T) {
			byDump, byWalk := both.asked(t, stock.fresh().Do, q)
			if byWalk.Total == 0 {
				t.Error("nothing counted")
			}
			if diff := cmp.Diff(texts(byDump), texts(byWalk)); diff != "" {
				t.Errorf("-sock_diag +hashwalk\n%s", diff)
			}
		})
	}
}

// TestSample estimates the sockets of a namespace that also has listeners: the true
// number lies in the interval, and a number that is counted fully is not an estimate.
func TestSample(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	const n = 4000
	stock := newStock(t, labtest.Counts{tcp.TimeWait: n, tcp.Listen: 3}, socket.IPv4)
	keys, err := query.ParseKeys("state")
	if err != nil {
		t.Fatal(err)
	}
	within, host := 0, opened(t, engine.Options{}) // one host for all samples: loading the program takes seconds on an emulated processor
	for range 20 {
		groups := query.NewGroups(query.GroupOptions{Keys: keys})
		stock.fresh().Do(func() {
			r, err := host.Count(t.Context(), engine.Counting{Keys: keys, Sample: 8}, func(s *socket.Socket, n engine.Counted) {
				if n.Sampled {
					groups.AddSampled(s, n.Sockets, n.Squares)
				} else {
					groups.AddN(s, n.Sockets)
				}
			})
			if err != nil || r.Sample == nil || r.Sample.Of != r.Sample.Buckets*8 {
				t.Fatalf("%+v %v", r, err)
			}
			groups.Scale(*r.Sample)
		})
		for g := range groups.Top(0).Groups() {
			e := g.Estimate
			switch string(keys[0].Append(nil, g.Cells[0])) {
			case "TIME_WAIT":
				if e.Low <= n && n <= e.High {
					within++
				}
			case "LISTEN":
				if e.Low != e.High || e.Value < 3 {
					t.Errorf("listeners are estimated: %+v", e)
				}
			}
		}
	}
	if within < 14 { // 19 of 20 are expected; fewer than 14 happen by chance in one of 29,000 runs
		t.Errorf("the interval held %d times of 20", within)
	}
}

// texts writes each group on a line.
func texts(g *query.Grouped) (lines []string) {
	for group := range g.Groups() {
		line := []byte(strconv.FormatUint(group.Count, 10))
		for i := range g.Keys {
			line = g.Keys[i].Append(append(line, ' '), group.Cells[i])
		}
		lines = append(lines, string(line))
	}
	return lines
}

// bothEngines are one host for each engine, for all questions: loading the program of
// the walk takes seconds on an emulated processor.
type bothEngines struct{ dump, walk *engine.Host }

func openBoth(t *testing.T) bothEngines {
	t.Helper()
	return bothEngines{opened(t, engine.Options{Engine: "sock_diag"}), opened(t, engine.Options{Engine: "hashwalk"})}
}

func (b bothEngines) byDump(t *testing.T, do func(func()), q question) *query.Grouped {
	t.Helper()
	return countedIn(t, do, b.dump, "sock_diag", q)
}

func (b bothEngines) byWalk(t *testing.T, do func(func()), q question) *query.Grouped {
	t.Helper()
	return countedIn(t, do, b.walk, "hashwalk", q)
}

// countedIn counts inside the namespace with one engine.
func countedIn(t *testing.T, do func(func()), h *engine.Host, name string, q question) *query.Grouped {
	t.Helper()
	keys, err := query.ParseKeys(q.by)
	if err != nil {
		t.Fatal(err)
	}
	var f *query.Filter
	if q.filter != "" {
		if f, err = query.Parse(q.filter, query.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	groups := query.NewGroups(query.GroupOptions{Keys: keys})
	do(func() {
		var r *engine.Report
		r, err = h.Count(t.Context(), engine.Counting{Filter: f, Keys: keys}, func(s *socket.Socket, n engine.Counted) {
			groups.AddN(s, n.Sockets)
		})
		if err == nil && (r.Engine != name || !r.Exact) {
			t.Errorf("by %s, exact %v, gaps %v", r.Engine, r.Exact, r.Gaps)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return groups.Top(0)
}

// TestPlan: the plan names the chosen engine and the reason.
func TestPlan(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	plan := func(o engine.Options, q engine.Counting) *engine.Plan {
		t.Helper()
		p, err := opened(t, o).Explain(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	keys, err := query.ParseKeys("state")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		o    engine.Options
		q    engine.Counting
		want string
	}{
		{"asked for", engine.Options{Engine: "hashwalk"}, engine.Counting{Keys: keys}, "hashwalk"},
		{"a sample", engine.Options{}, engine.Counting{Keys: keys, Sample: 64}, "hashwalk"},
		{"another one asked for", engine.Options{Engine: "sock_diag"}, engine.Counting{Keys: keys}, "sock_diag"},
		{"fields of single sockets", engine.Options{}, engine.Counting{Fields: socket.FieldsOf(socket.FieldRTT)}, "sock_diag"},
	}
	for _, tt := range tests {
		p := plan(tt.o, tt.q)
		if p.Engine != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, p.Engine, tt.want)
		}
		for _, e := range p.Engines {
			if (e.Not == nil) != (e.Name == p.Engine) {
				t.Errorf("%s: %s: %v", tt.name, e.Name, e.Not)
			}
		}
	}
	directed := plan(engine.Options{Engine: "hashwalk"}, engine.Counting{Filter: parsed(t, "direction = inbound"), Keys: keys})
	if directed.Kernel != "direction = inbound" || directed.Here != "" || directed.InPart {
		t.Errorf("direction: the kernel decides %q, %q is decided here", directed.Kernel, directed.Here)
	}
	for name, q := range map[string]engine.Counting{
		"no rows":        {Fields: socket.FieldsOf(socket.FieldRTT)},
		"no such filter": {Filter: parsed(t, "process = x"), Keys: keys},
		"no listener":    {Filter: parsed(t, "listener = :80"), Keys: keys},
	} {
		if _, err := opened(t, engine.Options{Engine: "hashwalk"}).Explain(t.Context(), q); err == nil {
			t.Errorf("%s: hashwalk took it", name)
		}
	}
}

func parsed(t *testing.T, filter string) *query.Filter {
	t.Helper()
	f, err := query.Parse(filter, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
