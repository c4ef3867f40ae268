// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// door makes a listener on 0.0.0.0:80.
func door(cookie uint64, waiting, limit, drops uint32) *socket.Socket {
	return &socket.Socket{
		Known:  diagnose.QueueFields(),
		State:  tcp.Listen,
		Kind:   socket.Full,
		Family: socket.IPv4,
		Local:  netip.MustParseAddrPort("0.0.0.0:80"),
		Cookie: cookie, Inode: uint32(cookie), RecvQ: waiting, SendQ: limit,
		Mem: &socket.MemInfo{Words: 9, Drops: drops},
	}
}

func at(local string, s *socket.Socket) *socket.Socket {
	s.Local = netip.MustParseAddrPort(local)
	return s
}

// guests makes connections in a state that no process has open.
func guests(state tcp.State, local string, cookies ...uint64) (all []*socket.Socket) {
	for _, c := range cookies {
		all = append(all, at(local, &socket.Socket{Known: diagnose.QueueFields(), State: state, Cookie: c}))
	}
	return all
}

func upTo(n uint64) (all []uint64) {
	for i := range n {
		all = append(all, 1000+i)
	}
	return all
}

func reading(somaxconn uint64, rows ...[]*socket.Socket) *diagnose.QueueReading {
	r := &diagnose.QueueReading{}
	if somaxconn > 0 {
		r.Somaxconn = map[uint64]uint64{0: somaxconn}
	}
	for _, some := range rows {
		for _, s := range some {
			r.Add(s, true)
		}
	}
	return r
}

// counted is a reading of a namespace whose kernel has counted that many overflows.
func counted(overflows uint64, r *diagnose.QueueReading) *diagnose.QueueReading {
	r.Counters = map[uint64]diagnose.ListenCounters{0: {Drops: overflows, Overflows: overflows}}
	return r
}

// cookies is a reading of a namespace that answers with cookies when a SYN queue is
// full, and has sent and received that many.
func cookies(sent, back uint64, r *diagnose.QueueReading) *diagnose.QueueReading {
	r.Counters = map[uint64]diagnose.ListenCounters{0: {CookiesSent: sent, CookiesBack: back}}
	r.SynQueues = map[uint64]diagnose.SynQueue{0: {Cookies: true, MaxBacklog: 128}}
	return r
}

func doors(all ...*socket.Socket) []*socket.Socket { return all }

// opinion is the verdict on a listener.
type opinion struct {
	Severity string
	Signs    []diagnose.QueueSign
	Knobs    []diagnose.QueueKnob
	SetBy    diagnose.LimitSource
}

func TestJudgeQueues(t *testing.T) {
	const (
		accept    = diagnose.KnobAccept
		backlog   = diagnose.KnobBacklog
		somaxconn = diagnose.KnobSomaxconn
		sources   = diagnose.KnobSources
		measure   = diagnose.KnobMeasure
	)
	type signs = []diagnose.QueueSign
	type knobs = []diagnose.QueueKnob
	const here = "192.0.2.1:80"
	six := guests(tcp.Established, here, upTo(6)...)
	others := guests(tcp.Established, here, 7, 8, 9, 10, 11, 12)
	for _, test := range []struct {
		name        string
		before, now *diagnose.QueueReading
		want        opinion // for the first listener, the worst
	}{
		{"healthy", nil, reading(4096, doors(door(1, 0, 511, 0))), opinion{"ok", nil, nil, diagnose.LimitApplication}},
		{"one waits, a tiny limit", nil, reading(4096, doors(door(1, 1, 1, 0))), opinion{"ok", nil, nil, diagnose.LimitApplication}},
		{"at the limit is not full", nil, reading(4096, doors(door(1, 5, 5, 0))), opinion{"notice", signs{"filling"}, knobs{measure}, diagnose.LimitApplication}},
		{"full, the application's limit", nil, reading(4096, doors(door(1, 6, 5, 0))), opinion{"critical", signs{"full"}, knobs{accept, backlog}, diagnose.LimitApplication}},
		{"full, somaxconn", nil, reading(5, doors(door(1, 6, 5, 0))), opinion{"critical", signs{"full"}, knobs{accept, somaxconn}, diagnose.LimitSomaxconn}},
		{"full, somaxconn lowered since", nil, reading(4, doors(door(1, 6, 5, 0))), opinion{"critical", signs{"full"}, knobs{accept, somaxconn}, diagnose.LimitEarlier}},
		{"full, somaxconn not known", nil, reading(0, doors(door(1, 6, 5, 0))), opinion{"critical", signs{"full"}, knobs{accept, diagnose.KnobLimit}, diagnose.LimitUnknown}},
		{"dropped at some time", nil, reading(4096, doors(door(1, 0, 5, 9))), opinion{"notice", signs{"dropped"}, knobs{measure}, diagnose.LimitApplication}},
		{"dropped before the window", reading(4096, doors(door(1, 0, 5, 9))), reading(4096, doors(door(1, 0, 5, 9))), opinion{"ok", nil, nil, diagnose.LimitApplication}},
		{
			"stuck: no limit is long enough",
			counted(0, reading(4096, doors(door(1, 6, 5, 0)), six)),
			counted(3, reading(4096, doors(door(1, 6, 5, 3)), six)),
			opinion{"critical", signs{"dropping", "full", "stuck"}, knobs{accept}, diagnose.LimitApplication},
		},
		{
			"stuck with room",
			reading(4096, doors(door(1, 6, 511, 0)), six),
			reading(4096, doors(door(1, 6, 511, 0)), six),
			opinion{"warning", signs{"stuck"}, knobs{accept}, diagnose.LimitApplication},
		},
		{
			"served, and still too short",
			counted(0, reading(5, doors(door(1, 6, 5, 0)), six)),
			counted(3, reading(5, doors(door(1, 6, 5, 3)), others)),
			opinion{"critical", signs{"dropping", "full"}, knobs{somaxconn, accept}, diagnose.LimitSomaxconn},
		},
		{
			"the drop counter wraps",
			counted(7, reading(4096, doors(door(1, 0, 5, 1<<32-1)))),
			counted(9, reading(4096, doors(door(1, 0, 5, 1)))),
			opinion{"critical", signs{"dropping"}, knobs{backlog, accept}, diagnose.LimitApplication},
		},
		{
			"half full at one reading only",
			reading(4096, doors(door(1, 0, 10, 0))),
			reading(4096, doors(door(1, 7, 10, 0))),
			opinion{"ok", nil, nil, diagnose.LimitApplication},
		},
		{
			"one stuck worker of three",
			nil,
			reading(4096, doors(door(1, 0, 5, 0), door(2, 6, 5, 4), door(3, 1, 5, 0))),
			opinion{"critical", signs{"full", "alone", "dropped"}, knobs{accept}, diagnose.LimitApplication},
		},
		{
			"all workers full",
			nil,
			reading(4096, doors(door(1, 6, 5, 0), door(2, 6, 5, 0), door(3, 6, 5, 0))),
			opinion{"critical", signs{"full"}, knobs{accept, backlog}, diagnose.LimitApplication},
		},
		{
			"half-open above half the limit",
			nil,
			reading(4096, doors(door(1, 0, 100, 0)), guests(tcp.SynRecv, here, upTo(51)...)),
			opinion{"warning", signs{"half-open"}, knobs{sources}, diagnose.LimitApplication},
		},
		{
			"half-open, but at most what the kernel lets pass",
			nil,
			reading(4096, doors(door(1, 0, 5, 0)), guests(tcp.SynRecv, here, upTo(4)...)),
			opinion{"ok", nil, nil, diagnose.LimitApplication},
		},
		{
			"half-open above the limit",
			nil,
			reading(4096, doors(door(1, 0, 100, 0)), guests(tcp.SynRecv, here, upTo(101)...)),
			opinion{"critical", signs{"half-open-full"}, knobs{sources, backlog}, diagnose.LimitApplication},
		},
		{
			"one half-open connection, and no place at all",
			nil,
			cookies(0, 0, reading(4096, doors(door(1, 0, 0, 0)), guests(tcp.SynRecv, here, 1))),
			opinion{"critical", signs{"half-open-full"}, knobs{backlog, sources}, diagnose.LimitApplication},
		},
		{
			"half-open above the limit, answered with cookies that come back",
			cookies(5, 5, reading(4096, doors(door(1, 0, 16, 0)))),
			cookies(25, 23, reading(4096, doors(door(1, 0, 16, 0)), guests(tcp.SynRecv, here, upTo(17)...))),
			opinion{"critical", signs{"half-open-full"}, knobs{backlog, accept}, diagnose.LimitApplication},
		},
		{
			"half-open above the limit, answered with cookies that do not come back",
			cookies(5, 5, reading(4096, doors(door(1, 0, 16, 0)))),
			cookies(25, 6, reading(4096, doors(door(1, 0, 16, 0)), guests(tcp.SynRecv, here, upTo(17)...))),
			opinion{"critical", signs{"half-open-full"}, knobs{sources}, diagnose.LimitApplication},
		},
		{
			"served, both queues full",
			counted(0, reading(4096, doors(door(1, 6, 5, 0)), six)),
			counted(3, reading(4096, doors(door(1, 6, 5, 3)), others, guests(tcp.SynRecv, here, upTo(6)...))),
			opinion{"critical", signs{"dropping", "full", "half-open-full"}, knobs{backlog, accept}, diagnose.LimitApplication},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := diagnose.JudgeQueues(test.now, test.before, 2*time.Second)
			got := opinion{all[0].Severity.String(), all[0].Signs, all[0].Knobs, all[0].LimitSetBy}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestUnknownLimit: /proc/net/tcp does not show the limit; unknown is not zero.
func TestUnknownLimit(t *testing.T) {
	s := door(1, 7, 0, 0)
	s.Known = s.Known.Minus(socket.FieldsOf(socket.FieldBacklog))
	s.Mem = nil
	q := diagnose.JudgeQueues(reading(4096, doors(s)), nil, 0)[0]
	if q.Limit != nil || q.Drops != nil || q.Severity != diagnose.Unknown || len(q.Signs)+len(q.Knobs) != 0 {
		t.Errorf("%+v", q)
	}
}

// TestUnknownInodes: if it is not known whether a process has a connection open, the
// number of waiting connections is unknown.
func TestUnknownInodes(t *testing.T) {
	open := guests(tcp.Established, "192.0.2.1:80", 1)
	open[0].Known = open[0].Known.Minus(socket.FieldsOf(socket.FieldInode))
	if q := diagnose.JudgeQueues(reading(4096, doors(door(1, 0, 5, 0)), open), nil, 0)[0]; q.Unaccepted != nil {
		t.Errorf("%d unaccepted", *q.Unaccepted)
	}
}

// TestDiscarded: packets that a listener discarded are not lost connections if the
// counters of the namespace say that none was lost.
func TestDiscarded(t *testing.T) {
	for drops, want := range map[uint64]diagnose.Severity{0: diagnose.OK, 1: diagnose.Notice} {
		if q := diagnose.JudgeQueues(counted(drops, reading(4096, doors(door(1, 0, 511, 90)))), nil, 0)[0]; q.Severity != want {
			t.Errorf("ListenDrops %d: %s %v", drops, q.Severity, q.Signs)
		}
	}
}

// TestBlame: a listener is blamed for an overflow only if its queue was seen full or
// no other listener can have caused it, and for no more overflows than were counted.
func TestBlame(t *testing.T) {
	type bounds = diagnose.Overflows
	port := func(n string, s *socket.Socket) *socket.Socket { return at("0.0.0.0:"+n, s) }
	for _, test := range []struct {
		name        string
		counted     uint64 // overflows in the window
		before, now []*socket.Socket
		want        bounds // for the listener with cookie 1
		severity    diagnose.Severity
	}{
		{"discards only", 0, doors(door(1, 0, 100, 0)), doors(door(1, 0, 100, 51)), bounds{}, diagnose.OK},
		{"alone", 9, doors(door(1, 0, 5, 0)), doors(door(1, 0, 5, 9)), bounds{9, 9}, diagnose.Critical},
		{"alone, and discards", 9, doors(door(1, 0, 5, 0)), doors(door(1, 0, 5, 60)), bounds{9, 9}, diagnose.Critical},
		{
			"beside one that overflowed", 9,
			doors(door(1, 0, 100, 0), port("81", door(2, 6, 5, 0))), doors(door(1, 0, 100, 51), port("81", door(2, 6, 5, 9))),
			bounds{0, 9},
			diagnose.OK,
		},
		{
			"full, beside one that discards", 9,
			doors(door(1, 6, 5, 0), port("81", door(2, 0, 5, 0))), doors(door(1, 6, 5, 9), port("81", door(2, 0, 5, 51))),
			bounds{1, 9},
			diagnose.Critical,
		},
		{
			"full at the first look only", 9,
			doors(door(1, 6, 5, 0), port("81", door(2, 0, 5, 0))), doors(door(1, 0, 5, 9), port("81", door(2, 0, 5, 51))),
			bounds{1, 9},
			diagnose.Critical,
		},
		{
			"beside one that has gone", 9,
			doors(door(1, 0, 100, 0), port("81", door(2, 6, 5, 0))), doors(door(1, 0, 100, 51)),
			bounds{0, 9},
			diagnose.OK,
		},
		{
			"beside one that is new", 9,
			doors(door(1, 0, 100, 0)), doors(door(1, 0, 100, 51), port("81", door(2, 0, 5, 9))),
			bounds{0, 9},
			diagnose.OK,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := diagnose.JudgeQueues(counted(7+test.counted, reading(4096, test.now)), counted(7, reading(4096, test.before)), time.Second)
			for i := range all {
				q := &all[i]
				if q.Socket.Cookie == 1 && (*q.Window.Overflows != test.want || q.Severity != test.severity) {
					t.Errorf("%+v %s %v, want %+v %s", *q.Window.Overflows, q.Severity, q.Signs, test.want, test.severity)
				}
			}
		})
	}
}

// TestWhoseConnections: waiting connections are attributed to the listener that the
// kernel would choose.
func TestWhoseConnections(t *testing.T) {
	only6 := at("[::]:81", door(5, 0, 9, 0))
	only6.V6Only = true
	r := reading(4096,
		doors(
			door(1, 0, 9, 0), at("192.0.2.1:80", door(2, 0, 9, 0)), at("[::]:80", door(3, 0, 9, 0)),
			at("[::]:82", door(4, 0, 9, 0)), only6,
		),
		guests(tcp.SynRecv, "192.0.2.1:80", 1),           // the exact address
		guests(tcp.Established, "192.0.2.2:80", 2, 3),    // any IPv4 address
		guests(tcp.CloseWait, "[2001:db8::1]:80", 4),     // any IPv6 address
		guests(tcp.Established, "[::ffff:7f00:1]:82", 5), // IPv4 to an IPv6 listener
		guests(tcp.Established, "192.0.2.2:81", 6),       // not taken by a v6only listener
	)
	got := map[uint64][2]uint64{}
	for _, q := range diagnose.JudgeQueues(r, nil, 0) {
		got[q.Socket.Cookie] = [2]uint64{q.SynRecv, *q.Unaccepted}
	}
	want := map[uint64][2]uint64{1: {0, 2}, 2: {1, 0}, 3: {0, 1}, 4: {0, 1}, 5: {0, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SYN_RECV and unaccepted by listener (-want +got)\n%s", diff)
	}
}

// TestNotChosen: a listener that the filter did not choose is not judged, but its
// connections are not attributed to the wildcard listener.
func TestNotChosen(t *testing.T) {
	r := reading(4096, doors(door(1, 0, 9, 0)), guests(tcp.Established, "192.0.2.1:80", 1))
	r.Add(at("192.0.2.1:80", door(2, 1, 9, 0)), false)
	all := diagnose.JudgeQueues(r, nil, 0)
	if len(all) != 1 || *all[0].Unaccepted != 0 {
		t.Errorf("%d judged, %d unaccepted", len(all), *all[0].Unaccepted)
	}
}

// TestMovementOnDevices: of two listeners with the same address on different devices,
// one being stuck does not make the other one stuck.
func TestMovementOnDevices(t *testing.T) {
	moment := func() *diagnose.QueueReading {
		r := reading(4096, doors(door(1, 1, 100, 0)), guests(tcp.Established, "192.0.2.1:80", 1))
		other := door(2, 1, 100, 0)
		other.Ifindex = 7
		r.Add(other, false)
		return r
	}
	q := diagnose.JudgeQueues(moment(), moment(), 2*time.Second)[0]
	if q.Members != 1 || q.Window.Movement != diagnose.MovementUnknown {
		t.Errorf("%d members, %s", q.Members, q.Window.Movement)
	}
}

// TestMovement distinguishes a queue that is served from one that is not.
func TestMovement(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after uint32
		members       int
		was, is       []uint64
		elapsed       time.Duration
		want          diagnose.Movement
	}{
		{"nothing waits", 0, 0, 1, nil, nil, 2 * time.Second, diagnose.MovementIdle},
		{"shrank", 3, 1, 1, []uint64{1, 2, 3}, []uint64{3}, 2 * time.Second, diagnose.Moved},
		{"others came", 2, 2, 1, []uint64{1, 2}, []uint64{3, 4}, 2 * time.Second, diagnose.Moved},
		{"grew, none left", 2, 3, 1, []uint64{1, 2}, []uint64{1, 2, 3}, 2 * time.Second, diagnose.Stuck},
		{"too short a look", 2, 2, 1, []uint64{1, 2}, []uint64{1, 2}, time.Second / 2, diagnose.MovementUnknown},
		{"another member may have been served", 2, 2, 2, []uint64{1, 2, 3}, []uint64{1, 2}, 2 * time.Second, diagnose.MovementUnknown},
		{"a short visit at each reading", 1, 1, 1, nil, nil, 2 * time.Second, diagnose.MovementUnknown},
		{"a short visit, then one that waits", 1, 1, 1, nil, []uint64{1}, 2 * time.Second, diagnose.MovementUnknown},
		{"one of two was seen, and stayed", 2, 2, 1, []uint64{1}, []uint64{1}, 2 * time.Second, diagnose.Stuck},
		{"of several, all stayed", 2, 2, 2, []uint64{1, 2}, []uint64{1, 2}, 2 * time.Second, diagnose.Stuck},
		{"of several, another's may have stayed", 2, 2, 2, []uint64{1}, []uint64{1}, 2 * time.Second, diagnose.MovementUnknown},
		{"just came", 0, 2, 1, nil, []uint64{1, 2}, 2 * time.Second, diagnose.MovementUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			moment := func(waiting uint32, cookies []uint64) *diagnose.QueueReading {
				r := reading(4096, doors(door(1, waiting, 100, 0)), guests(tcp.Established, "192.0.2.1:80", cookies...))
				for i := 1; i < test.members; i++ {
					r.Add(door(uint64(1+i), 0, 100, 0), false)
				}
				return r
			}
			q := diagnose.JudgeQueues(moment(test.after, test.is), moment(test.before, test.was), test.elapsed)[0]
			if q.Window.Movement != test.want {
				t.Errorf("%s, want %s", q.Window.Movement, test.want)
			}
		})
	}
}

// TestDeferred: half-open connections whose SYN-ACK is not sent again wait for data,
// if the namespace counts ACKs that were ignored for that reason.
func TestDeferred(t *testing.T) {
	judge := func(deferred uint64, again int) *diagnose.Queue {
		half := guests(tcp.SynRecv, "192.0.2.1:80", upTo(300)...)
		for _, s := range half[:again] {
			s.Retrans = 1
		}
		r := reading(4096, doors(door(1, 0, 511, 0)), half)
		r.Counters = map[uint64]diagnose.ListenCounters{0: {Deferred: deferred}}
		return &diagnose.JudgeQueues(r, nil, 0)[0]
	}
	for _, test := range []struct {
		deferred uint64
		again    int
		severity string
		sign     diagnose.QueueSign
	}{
		{300, 0, "ok", diagnose.SignDeferred},
		{300, 29, "ok", diagnose.SignDeferred},
		{300, 31, "warning", diagnose.SignHalfOpen},
		{0, 0, "warning", diagnose.SignHalfOpen},
	} {
		q := judge(test.deferred, test.again)
		if q.Severity.String() != test.severity || !slices.Equal(q.Signs, []diagnose.QueueSign{test.sign}) || (len(q.Knobs) == 0) != (test.severity == "ok") {
			t.Errorf("%+v: %s %v %v", test, q.Severity, q.Signs, q.Knobs)
		}
	}
}
