// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"maps"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func rulesOf(t testing.TB, values map[string]string) *diagnose.PortRules {
	t.Helper()
	all := map[string]string{
		diagnose.SysctlPortRange: "32768\t60999", diagnose.SysctlReservedPorts: "", diagnose.SysctlTWReuse: "0", diagnose.SysctlTimestamps: "1",
	}
	maps.Copy(all, values)
	r, err := diagnose.ParsePortRules(all)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParsePortRules(t *testing.T) {
	r := rulesOf(t, map[string]string{
		diagnose.SysctlPortRange: "40000 40019", diagnose.SysctlReservedPorts: "1-39999,40003,40003-40004,40019-65535", diagnose.SysctlTWReuseDelay: "300",
	})
	if r.Capacity() != 17 || r.Reserved != 3 || r.Delay != 300*time.Millisecond {
		t.Errorf("capacity %d, reserved %d, delay %s", r.Capacity(), r.Reserved, r.Delay)
	}
	whole := rulesOf(t, map[string]string{diagnose.SysctlPortRange: "1 65535", diagnose.SysctlReservedPorts: "65535"})
	if whole.Capacity() != 65534 {
		t.Errorf("capacity %d of 65535 less one", whole.Capacity())
	}
	for _, wrong := range []map[string]string{
		{},
		{diagnose.SysctlPortRange: "40019 40000"},
		{diagnose.SysctlPortRange: "1 65536"},
		{diagnose.SysctlPortRange: "40000 40019", diagnose.SysctlReservedPorts: "x"},
		{diagnose.SysctlPortRange: "40000 40019", diagnose.SysctlReservedPorts: "1-70000"},
	} {
		if r, err := diagnose.ParsePortRules(wrong); err == nil {
			t.Errorf("%v: %+v", wrong, r)
		}
	}
}

// call is an outgoing connection; age is that of a socket in TIME_WAIT.
func call(state tcp.State, port uint16, age time.Duration) *socket.Socket {
	return &socket.Socket{
		Known: diagnose.PortFields(), State: state, Direction: socket.Outbound,
		Local:   netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port),
		Remote:  netip.MustParseAddrPort("198.51.100.7:443"),
		Expires: time.Minute - age,
	}
}

func portsOf(rules *diagnose.PortRules, within time.Duration, rows ...*socket.Socket) *diagnose.PortReading {
	r := &diagnose.PortReading{Rules: map[uint64]*diagnose.PortRules{0: rules}, Within: within}
	for _, s := range rows {
		r.Add(s)
	}
	return r
}

// steady makes the TIME_WAIT sockets of a rate that has lasted for some seconds.
func steady(perSecond, seconds int) (rows []*socket.Socket) {
	for i := range perSecond * seconds {
		age := time.Duration(i) * time.Second / time.Duration(perSecond)
		rows = append(rows, call(tcp.TimeWait, uint16(32768+2*i), age))
	}
	return rows
}

func forecastOf(t *testing.T, r *diagnose.PortReading) diagnose.PortUse {
	t.Helper()
	all := diagnose.JudgePorts(r, nil, 0)
	if len(all) != 1 {
		t.Fatalf("%d destinations", len(all))
	}
	return all[0]
}

// TestForecast: 1000 ports last forever at 16 closes per second, and run out at 20.
func TestForecast(t *testing.T) {
	small := map[string]string{diagnose.SysctlPortRange: "32768 33767"}
	u := forecastOf(t, portsOf(rulesOf(t, small), 0, fitting(steady(16, 60))...))
	if u.WillEnd || math.Abs(u.Rate-16) > 0.2 || u.Free != 1000-960 {
		t.Errorf("16 a second for a minute: rate %.1f, free %d, ends %v in %s", u.Rate, u.Free, u.WillEnd, u.RunsOut)
	}
	u = forecastOf(t, portsOf(rulesOf(t, small), 0, fitting(steady(20, 20))...))
	// 400 ports are taken and 600 are left: at 20 per second they last 30 s, before
	// the first one becomes free.
	if !u.WillEnd || u.RunsOut < 28*time.Second || u.RunsOut > 32*time.Second {
		t.Errorf("20 a second for 20 s: ends %v in %s", u.WillEnd, u.RunsOut)
	}
	u = forecastOf(t, portsOf(rulesOf(t, map[string]string{diagnose.SysctlPortRange: "32768 33767", diagnose.SysctlTWReuse: "1"}), 0, fitting(steady(20, 20))...))
	if u.WillEnd || u.Reusable < 370 || u.Free != 1000-400+u.Reusable {
		t.Errorf("the same with tcp_tw_reuse: ends %v in %s, reusable %d, free %d", u.WillEnd, u.RunsOut, u.Reusable, u.Free)
	}
}

// fitting gives the rows ports of a range of 1000, chosen as connect() would.
func fitting(rows []*socket.Socket) []*socket.Socket {
	for i, s := range rows {
		port := 32768 + 2*i
		if i >= 500 {
			port = 32769 + 2*(i-500)
		}
		s.Local = netip.AddrPortFrom(s.Local.Addr(), uint16(port))
	}
	return rows
}

// TestGrowth: connections that stay open use up the ports too, and only a window shows
// it.
func TestGrowth(t *testing.T) {
	rules := rulesOf(t, map[string]string{diagnose.SysctlPortRange: "32768 32867"})
	live := func(n int) (rows []*socket.Socket) {
		for i := range n {
			rows = append(rows, call(tcp.Established, uint16(32768+i), 0))
		}
		return rows
	}
	before, now := portsOf(rules, 0, live(32)...), portsOf(rules, 10*time.Second, live(52)...)
	u := diagnose.JudgePorts(now, before, 10*time.Second)[0]
	if u.Rate != 2 || !u.WillEnd || u.RunsOut != 24*time.Second {
		t.Errorf("rate %.1f, ends %v in %s; 48 left at 2 a second", u.Rate, u.WillEnd, u.RunsOut)
	}
}

// TestOpenedAtLeast: a pool that shrinks has opened at least the connections that are
// seen to be new, and never a negative number. One reading shows what was closed, not
// what was opened.
func TestOpenedAtLeast(t *testing.T) {
	rules := rulesOf(t, map[string]string{diagnose.SysctlPortRange: "32768 32867"})
	rows := func(live, closed int) (rows []*socket.Socket) {
		for i := range live {
			rows = append(rows, call(tcp.Established, uint16(32768+i), 0))
		}
		for i := range closed {
			rows = append(rows, call(tcp.TimeWait, uint16(32818+i), time.Second))
		}
		return rows
	}
	before := portsOf(rules, 0, rows(30, 0)...)
	for _, test := range []struct {
		live, ended    int
		opened, closed float64
	}{
		{10, 25, 0.5, 2.5}, // 20 of the 25 may have been open before
		{10, 0, 0, 0},      // the peer closed them, or it is not known who did
		{32, 8, 1, 0.8},
	} {
		u := diagnose.JudgePorts(portsOf(rules, 10*time.Second, rows(test.live, test.ended)...), before, 10*time.Second)[0]
		if u.Opened != test.opened || u.Closed != test.closed {
			t.Errorf("%+v: opened %g, closed %g", test, u.Opened, u.Closed)
		}
	}
	if u := forecastOf(t, portsOf(rules, 0, rows(10, 25)...)); u.Opened != 0 || u.Closed != 2.5 {
		t.Errorf("one look: opened %g, closed %g", u.Opened, u.Closed)
	}
}

// TestGenerations: a pool that is closed and opened again does not count as growth,
// although the server closes its end late and the former connections still hold their
// ports. Connections that a program itself has half closed and keeps do count.
func TestGenerations(t *testing.T) {
	rules := rulesOf(t, nil)
	of := func(state tcp.State, n, from int, held bool) (rows []*socket.Socket) {
		for i := range n {
			s := call(state, uint16(32768+2*(from+i)), 0)
			s.Cookie = uint64(from + i + 1)
			if held {
				s.Inode = uint32(from + i + 1)
			}
			rows = append(rows, s)
		}
		return rows
	}
	before := portsOf(rules, 0, of(tcp.Established, 300, 0, true)...)
	again := append(of(tcp.FinWait2, 300, 0, false), of(tcp.Established, 300, 300, true)...)
	u := diagnose.JudgePorts(portsOf(rules, 10*time.Second, again...), before, 10*time.Second)[0]
	if u.WillEnd || u.Growth != 0 || u.Rate != 30 {
		t.Errorf("a new generation: ends %v in %s, growth %.1f, rate %.1f", u.WillEnd, u.RunsOut, u.Growth, u.Rate)
	}
	rules = rulesOf(t, map[string]string{diagnose.SysctlPortRange: "32768 33967"})
	before = portsOf(rules, 0, of(tcp.Established, 300, 0, true)...)
	halves := append(of(tcp.FinWait2, 300, 0, true), of(tcp.Established, 300, 300, true)...)
	u = diagnose.JudgePorts(portsOf(rules, 10*time.Second, halves...), before, 10*time.Second)[0]
	if !u.WillEnd || u.Growth != 30 {
		t.Errorf("half closed and kept: ends %v, growth %.1f", u.WillEnd, u.Growth)
	}
}

// TestPortRows: which rows count as used, blocked and reusable, and which do not
// count.
func TestPortRows(t *testing.T) {
	rules := rulesOf(t, map[string]string{diagnose.SysctlPortRange: "40000 40019", diagnose.SysctlTWReuse: "1", diagnose.SysctlReservedPorts: "40018"})
	door := call(tcp.Listen, 40001, 0)
	door.Remote, door.Direction = netip.AddrPort{}, 0
	idle := call(tcp.Bound, 40003, 0)
	idle.Remote, idle.Direction = netip.AddrPort{}, 0
	inbound := call(tcp.Established, 40001, 0)
	inbound.Direction = socket.Inbound
	unknown := call(tcp.TimeWait, 40012, 0)
	unknown.Known = unknown.Known.Minus(socket.FieldsOf(socket.FieldExpires))
	u := forecastOf(t, portsOf(rules, 0,
		door, idle, inbound,
		call(tcp.Established, 40000, 0),
		call(tcp.FinWait2, 40002, 0),
		call(tcp.TimeWait, 40004, 500*time.Millisecond), // too young
		call(tcp.TimeWait, 40006, 5*time.Second),        // reusable
		unknown,
		call(tcp.Established, 40018, 0), // reserved: the application chose it
		call(tcp.Established, 8080, 0),  // not in the range
	))
	type numbers struct{ Capacity, Live, TimeWait, Reusable, Used, Blocked, Inferred, Free, FreeBind int }
	want := numbers{19, 2, 3, 1, 4, 2, 0, 13, 12}
	got := numbers{u.Capacity, u.Live, u.TimeWait, u.Reusable, u.Used, u.Blocked, u.Inferred, u.Free, u.FreeBind}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestPortKnobs: advice is given only if ports are short, and only advice that helps.
func TestPortKnobs(t *testing.T) {
	small := "32768 32867"
	for _, test := range []struct {
		name     string
		reuse    string
		reserved string
		rows     []*socket.Socket
		sev      diagnose.Severity
		knobs    []diagnose.PortKnob
	}{
		{"healthy", "0", "", hundred(tcp.TimeWait, 10), diagnose.OK, nil},
		{"TIME_WAIT", "0", "", hundred(tcp.TimeWait, 95), diagnose.Critical, []diagnose.PortKnob{"reuse-connections", "tw-reuse", "more-addresses", "widen-range"}},
		{"TIME_WAIT that can be reused", "1", "", hundred(tcp.TimeWait, 95), diagnose.OK, nil},
		{"connections that live", "0", "", hundred(tcp.Established, 75), diagnose.Warning, []diagnose.PortKnob{"more-addresses", "widen-range"}},
		{"some reserved", "0", "32867-32900", hundred(tcp.Established, 75), diagnose.Warning, []diagnose.PortKnob{"more-addresses", "widen-range"}},
		{"most reserved", "0", "32808-32867", hundred(tcp.Established, 40)[:20], diagnose.Info, []diagnose.PortKnob{"more-addresses", "reserve-less"}},
	} {
		rules := rulesOf(t, map[string]string{diagnose.SysctlPortRange: small, diagnose.SysctlTWReuse: test.reuse, diagnose.SysctlReservedPorts: test.reserved})
		u := forecastOf(t, portsOf(rules, 0, test.rows...))
		if diff := cmp.Diff(test.knobs, u.Knobs); u.Severity != test.sev || diff != "" {
			t.Errorf("%s: %s, knobs (-want +got)\n%s", test.name, u.Severity, diff)
		}
	}
}

// hundred makes n old connections on ports of a range of 100.
func hundred(state tcp.State, n int) (rows []*socket.Socket) {
	for i := range n {
		port := 32768 + 2*i
		if i >= 50 {
			port = 32769 + 2*(i-50)
		}
		rows = append(rows, call(state, uint16(port), 55*time.Second))
	}
	return rows
}

// TestAllocPortsAndQueues: a connection that is skipped, or counted at a known
// destination, costs no memory.
func TestAllocPortsAndQueues(t *testing.T) {
	row := call(tcp.TimeWait, 40000, time.Second)
	ports := portsOf(rulesOf(t, nil), 0, row)
	if n := testing.AllocsPerRun(100, func() { ports.Add(row) }); n != 0 {
		t.Errorf("PortReading.Add: %v allocations", n)
	}
	owned := call(tcp.Established, 40000, 0)
	owned.Known.Add(socket.FieldInode)
	owned.Inode = 7
	queues := &diagnose.QueueReading{}
	if n := testing.AllocsPerRun(100, func() { queues.Add(owned, false) }); n != 0 {
		t.Errorf("QueueReading.Add: %v allocations", n)
	}
}

func BenchmarkPortReadingAdd(b *testing.B) {
	rows := steady(200, 60)
	r := portsOf(rulesOf(b, nil), 0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Add(rows[i%len(rows)])
	}
}

// TestPortsHeldByCloseWait: if the program does not close, a wider range does not
// help.
func TestPortsHeldByCloseWait(t *testing.T) {
	small := map[string]string{diagnose.SysctlPortRange: "40000 40099"}
	var rows []*socket.Socket
	for i := range 100 {
		rows = append(rows, call(tcp.CloseWait, uint16(40000+i), 0))
	}
	u := forecastOf(t, portsOf(rulesOf(t, small), 0, rows...))
	if u.Severity != diagnose.Critical || u.Unclosed != 100 || !slices.Equal(u.Knobs, []diagnose.PortKnob{diagnose.KnobClose}) {
		t.Errorf("%s, %d not closed, %v", u.Severity, u.Unclosed, u.Knobs)
	}
	for _, s := range rows[:60] {
		s.State = tcp.Established
	}
	if u = forecastOf(t, portsOf(rulesOf(t, small), 0, rows...)); slices.Contains(u.Knobs, diagnose.KnobClose) {
		t.Errorf("%d of 100 not closed: %v", u.Unclosed, u.Knobs)
	}
}

// TestPortsHeldInVain: more ports or addresses do not help if calls get no answer, or
// if sockets are bound and not connected, or shut down and not closed.
func TestPortsHeldInVain(t *testing.T) {
	small := map[string]string{diagnose.SysctlPortRange: "40000 40099"}
	var calling, bound, shut []*socket.Socket
	for i := range 95 {
		calling = append(calling, call(tcp.SynSent, uint16(40000+i), 0))
		half := call(tcp.FinWait2, uint16(40000+i), 0)
		half.Inode = uint32(1 + i)
		shut = append(shut, half)
		idle := call(tcp.Bound, uint16(40000+i), 0)
		idle.Kind, idle.Inode, idle.Direction = socket.Idle, uint32(1+i), 0
		bound = append(bound, idle)
	}
	bound = append(bound, call(tcp.Established, 40099, 0))
	for knob, rows := range map[diagnose.PortKnob][]*socket.Socket{diagnose.KnobStopCalling: calling, diagnose.KnobUnbind: bound, diagnose.KnobCloseShut: shut} {
		u := forecastOf(t, portsOf(rulesOf(t, small), 0, rows...))
		if u.Severity != diagnose.Critical || !slices.Equal(u.Knobs, []diagnose.PortKnob{knob}) {
			t.Errorf("%s, %v, want %s", u.Severity, u.Knobs, knob)
		}
	}
}
