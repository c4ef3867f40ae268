// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/tracer"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// variedPorts are what connections of vary listen on.
var variedPorts = []int{18480, 18481, 19490}

// vary makes connections of both families, some of them v4-mapped, to several
// addresses and ports; they end in several ways.
func vary() error {
	var errs []error
	for i, port := range variedPorts {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{Port: port}) // for both families
		if err != nil {
			return err
		}
		for j, to := range []string{"127.0.0.1", "127.0.0.2", "127.1.2.3", "::1"} {
			errs = append(errs, oneOf(l, net.JoinHostPort(to, fmt.Sprint(port)), i+j))
		}
		errs = append(errs, l.Close())
	}
	for family, host := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"} {
		l, err := net.Listen(family, host)
		if err != nil {
			return err
		}
		errs = append(errs, oneOf(l.(*net.TCPListener), l.Addr().String(), 0), l.Close())
	}
	if refused, err := net.Dial("tcp4", "127.0.0.1:7"); err == nil {
		errs = append(errs, refused.Close(), errors.New("nobody listens, and connect works"))
	}
	return errors.Join(errs...)
}

// oneOf makes a connection that ends in one of several ways.
func oneOf(l *net.TCPListener, to string, way int) error {
	client, err := net.Dial("tcp", to)
	if err != nil {
		return err
	}
	server, err := l.AcceptTCP()
	if err != nil {
		return err
	}
	first, second := client.(*net.TCPConn), server
	if way%2 == 1 {
		first, second = second, first
	}
	if way%3 == 2 {
		err = first.SetLinger(0)
	}
	err = errors.Join(err, first.Close())
	_, _ = second.Read(make([]byte, 1))
	return errors.Join(err, second.Close())
}

// randomChoice writes a filter of conditions that a program can evaluate and, if all
// is set, of others.
func randomChoice(r *rand.Rand, depth int, all bool) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	if depth > 0 && r.IntN(4) > 0 {
		a, b := randomChoice(r, depth-1, all), randomChoice(r, depth-1, all)
		return pick("not ( "+a+" )", "( "+a+" ) and ( "+b+" )", "( "+a+" ) or ( "+b+" )", "( "+a+" ) or not ( "+b+" )")
	}
	kinds := 6
	if all {
		kinds = 10
	}
	switch r.IntN(kinds) {
	case 0:
		return pick("sport", "dport") + pick(" = ", " != ", " >= ", " <= ", " < ", " > ") + pick(":18480", ":18481", ":19490", ":7", ":32768", ":45000")
	case 1:
		return pick("sport", "dport") + pick(" in ", " not in ") + pick("( 18480-18481 )", "( 7, 19490 )", "( 30000-65535 )")
	case 2:
		return pick("src", "dst") + pick(" = ", " != ") + pick("127.0.0.1", "127.0.0.0/30", "127.1.0.0/16", "127.0.0.0/8", "[::1]", "::/0", "0.0.0.0/0", "::ffff:127.0.0.0/104", "127.0.0.2:18480", "*:19490")
	case 3:
		return "family" + pick(" = ", " != ") + pick("ipv4", "ipv6")
	case 4:
		return pick("cgroup-id = 1", "cgroup-id != 1", "cgroup-id in ( 1, 2 )", "cgroup-id = 77")
	case 5:
		return "direction" + pick(" = ", " != ") + pick("inbound", "outbound", "none")
	case 6:
		return pick("state ", "exclude ") + pick("close", "fin-wait-1", "connected", "synchronized", "last-ack", "all", "syn-recv", "time-wait")
	case 7:
		return "reason" + pick(" = ", " != ") + pick("closed-first", "closed-after", "linger-zero", "peer-reset", "refused", "none")
	case 8:
		return "from" + pick(" = ", " != ") + pick("ESTABLISHED", "SYN_SENT", "LISTEN", "CLOSE_WAIT")
	default:
		return pick("lasted > 1ns", "lasted = none", "closer = none", "dev = 0", "mark = 1", "process != none", "rtt > 1ms", "kind = full", "inode > 0")
	}
}

// tracedBy opens a trace of a namespace. It skips the test if the kernel cannot trace in
// the way of the options.
func tracedBy(t *testing.T, ns *testnet.NS, o Options) *Trace {
	t.Helper()
	testnet.Require(t, testnet.BPF)
	o.Netns, o.Now = ns.Path(), time.Now
	tr, err := Open(t.Context(), o)
	if errors.Is(err, problem.ErrNotSupported) {
		testnet.Skip(t, testnet.BPF, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

// told returns the rows with their numbers, and how many records the program made for
// them.
func (tr *Trace) told(t *testing.T, filter *query.Filter) (rows map[string]int, records int) {
	t.Helper()
	rows = map[string]int{}
	var row changed
	if err := tr.watcher.Records(func(r *tracer.Record) bool {
		if r.What != tracer.ResetSent {
			records++
		}
		tr.fill(&row, r)
		if filter.Match(&row.socket) == query.Yes {
			s := &row.socket
			rows[fmt.Sprint(s.Cookie, s.Change.From, s.State, s.Local, s.Remote, s.Direction, s.Change.Reason, s.Change.Reset)]++
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return rows, records
}

// TestPushed: a filter selects the same changes in the program as in this process.
// With many filters at once on the same connections nothing is missing, and if a
// program can evaluate the whole filter, it makes no other records.
func TestPushed(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	const batches, filters = 6, 10
	ns := testnet.New(t, testnet.Options{})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	matched, decided := 0, 0
	for batch := range batches {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			events := batch%4 != 0
			way := []tracer.Way{tracer.Typed, tracer.Raw}[batch%2]
			o := Options{Events: events, Rows: !events, Opens: true, Resets: true, Way: way}
			every := tracedBy(t, ns, o)
			var chosen []*query.Filter
			var traces []*Trace
			for i := range filters {
				f, err := query.Parse(randomChoice(r, 3, i%2 == 0), query.Options{})
				if err != nil {
					t.Fatal(err)
				}
				o.Filter = f
				chosen, traces = append(chosen, f), append(traces, tracedBy(t, ns, o))
			}
			var err error
			ns.Do(func() { err = vary() })
			if err != nil {
				t.Fatal(err)
			}
			testnet.Delivered(t)
			m, d := comparePushed(t, every, chosen, traces)
			matched, decided = matched+m, decided+d
		})
	}
	t.Logf("%d rows were chosen by %d filters, %d of which a program decides", matched, batches*filters, decided)
	if matched == 0 || decided < batches*filters/10 {
		t.Error("too few to prove anything")
	}
}

// comparePushed compares the rows of each trace with those that its filter selects
// from all changes, which are read once.
func comparePushed(t *testing.T, every *Trace, chosen []*query.Filter, traces []*Trace) (matched, decided int) {
	t.Helper()
	var all []tracer.Record
	if err := every.watcher.Records(func(r *tracer.Record) bool { all = append(all, *r); return true }); err != nil {
		t.Fatal(err)
	}
	var row changed
	for i, f := range chosen {
		want, exactly := map[string]int{}, 0
		for j := range all {
			r := &all[j]
			every.fill(&row, r)
			if s := &row.socket; f.Match(s) == query.Yes {
				want[fmt.Sprint(s.Cookie, s.Change.From, s.State, s.Local, s.Remote, s.Direction, s.Change.Reason, s.Change.Reset)]++
				matched++
				if r.What != tracer.ResetSent {
					exactly++
				}
			}
		}
		got, records := traces[i].told(t, f)
		if !maps.Equal(got, want) {
			t.Errorf("%s: %d rows, want %d\n%v\n%v", f, len(got), len(want), got, want)
		}
		if states, _, rest := query.Split(f, tracer.Pushable()); rest.All() && states == tcp.AllStates {
			decided++
			if records != exactly {
				t.Errorf("%s: %d records for %d rows", f, records, exactly)
			}
		}
	}
	return matched, decided
}
