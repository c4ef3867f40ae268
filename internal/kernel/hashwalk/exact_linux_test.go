// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// open returns a Walker, or skips the test if the machine allows none.
func open(t testing.TB) *Walker {
	t.Helper()
	testnet.Require(t, testnet.BPF)
	w, err := Open()
	if err != nil {
		testnet.Skip(t, testnet.BPF, err.Error())
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// A world is namespaces with sockets in them, and their rows according to sock_diag.
type world struct {
	inside  []func(func()) // each runs a function in one namespace
	inodes  []uint64
	sockets []socket.Socket
	bound   bool // this kernel's sock_diag shows BOUND
	copying *Walker
	times   int
	made    time.Time
}

// everyState asks for a different number of each state, so that no two can be
// confused.
func everyState(times int) labtest.Counts {
	counts, n := make(labtest.Counts), 3
	for state := range tcp.AllStates.All() {
		if state != tcp.Close {
			counts[state] = n * times
			n++
		}
	}
	return counts
}

// hold makes n namespaces with every state in them.
func hold(t testing.TB, n, times int) *world {
	t.Helper()
	w := &world{copying: open(t), times: times, made: time.Now()}
	w.copying.copies = true
	for i := range n {
		family := socket.IPv4
		if i%2 == 1 {
			family = socket.IPv6
		}
		held := labtest.Hold(t, everyState(times), family)
		w.inside = append(w.inside, held.Do)
		w.inodes = append(w.inodes, held.Inode)
	}
	w.refresh(t)
	return w
}

// young returns the world, or a new one if its first sockets will soon end, as on a
// slow machine: TIME_WAIT lasts a minute.
func (w *world) young(t testing.TB) *world {
	t.Helper()
	if time.Since(w.made) < 20*time.Second {
		return w
	}
	return hold(t, len(w.inside), w.times)
}

// refresh asks sock_diag, namespace by namespace.
func (w *world) refresh(t testing.TB) {
	t.Helper()
	w.sockets = nil
	for i, inside := range w.inside {
		var err error
		inside(func() { err = w.dump(w.inodes[i]) })
		if err != nil {
			t.Fatal("sock_diag: ", err)
		}
	}
}

// dump reads a namespace by sock_diag, from inside.
func (w *world) dump(inode uint64) error {
	conn, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer conn.Close()
	var d sockdiag.Decoder
	first, listening := len(w.sockets), owner.NewClues(owner.CluesOptions{})
	visit := func(m sockdiag.Message) bool {
		var s socket.Socket
		d.Decode(m, &s)
		s.Netns = &socket.Netns{Inode: inode}
		s.Known.Add(socket.FieldNetnsInode)
		w.bound = w.bound || s.State == tcp.Bound
		w.sockets = append(w.sockets, *s.Clone())
		if s.State == tcp.Listen {
			listening.Add(&s, owner.Owner{})
		}
		return true
	}
	for _, states := range []tcp.StateSet{tcp.AllStates &^ tcp.SetOf(tcp.Bound), tcp.SetOf(tcp.Bound)} {
		q := sockdiag.Request{States: states, Fields: socket.FieldsOf(socket.FieldCgroupID)}
		if err := conn.Dump(context.Background(), q, visit); err != nil {
			return err
		}
	}
	for i := range w.sockets[first:] {
		direct(listening, &w.sockets[first+i])
	}
	return nil
}

// direct sets who opened a connection.
func direct(listening *owner.Clues, s *socket.Socket) {
	s.Known.Add(socket.FieldDirection)
	s.Known.Add(socket.FieldListener)
	if !s.State.Connection() {
		return
	}
	s.Direction = socket.Outbound
	if at, ok := listening.Listener(s.Local); ok {
		s.Direction, s.Listener = socket.Inbound, at
	}
}

// name is the text of a socket's keys.
func name(keys []Key, s *socket.Socket) string {
	var words []string
	for _, k := range keys {
		v, ok := k.Field.Field().Value(s)
		switch {
		case !ok:
			words = append(words, "unknown")
		case v.Kind() == socket.Address:
			words = append(words, cutAddress(k, v.Addr()).String())
		default:
			words = append(words, string(k.Field.Field().Append(nil, v)))
		}
	}
	return strings.Join(words, " ")
}

func cutAddress(k Key, a netip.Addr) netip.Addr {
	a = a.Unmap()
	if !k.Cut {
		return a
	}
	bits := int(k.Bits6)
	if a.Is4() {
		bits = int(k.Bits4)
	}
	p, _ := a.Prefix(bits)
	return p.Addr()
}

// expected groups those sockets of sock_diag that match the query.
func (w *world) expected(q *Query) map[string]uint64 {
	groups := map[string]uint64{}
	for i := range w.sockets {
		s := &w.sockets[i]
		kept := q.states().Has(s.State) && (q.Where == nil || q.Where.Match(s)) &&
			(len(q.Netns) == 0 || slices.Contains(q.Netns, s.Netns.Inode)) &&
			(len(q.Kinds) == 0 || slices.Contains(q.Kinds, s.Kind)) && (w.bound || s.State != tcp.Bound)
		if kept {
			groups[name(q.By, s)]++
		}
	}
	return groups
}

// grouped adds up rows with the same text.
func grouped(q *Query, r *Result) map[string]uint64 {
	groups := map[string]uint64{}
	for i := range r.Rows {
		groups[name(q.By, &r.Rows[i].Socket)] += r.Rows[i].Sockets
	}
	return groups
}

// The first sockets end when they are a minute old, the last ones some minutes later:
// TIME_WAIT and FIN_WAIT2 last 60 s, and unanswered segments are sent again for at
// most 127 s.
const (
	firstEnds = 40 * time.Second
	lastHas   = 5 * time.Minute
)

// ending reports whether some sockets are reaching the end of their time, as on a slow
// machine.
func (w *world) ending() bool {
	age := time.Since(w.made)
	return firstEnds < age && age < lastHas
}

// check compares a walk with sock_diag. If sockets end meanwhile, as on a slow
// machine, sock_diag is asked again.
func (w *world) check(t *testing.T, walker *Walker, q Query) {
	t.Helper()
	if !w.bound {
		q.States = q.states() &^ tcp.SetOf(tcp.Bound)
	}
	for try := 1; ; try++ {
		diff := w.compare(t, walker, &q)
		if diff == "" {
			return
		}
		if try >= 4 && !w.ending() {
			t.Errorf("sock_diag and the walk differ (-sock_diag +walk)\n%s", diff)
			return
		}
		w.refresh(t)
	}
}

// compare compares with the program in the form for this kernel and in that for older
// ones.
func (w *world) compare(t *testing.T, walker *Walker, q *Query) (diff string) {
	t.Helper()
	diff = w.compareOne(t, walker, q)
	if walker.variants[0].need&loadsDirectly == 0 {
		return diff // the program copies already
	}
	return diff + w.compareOne(t, w.copying, q)
}

func (w *world) compareOne(t *testing.T, walker *Walker, q *Query) (diff string) {
	t.Helper()
	got, err := walker.Walk(t.Context(), *q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Unsettled > 0 || got.Overflow > 0 { // namespaces of others may disappear at any time
		t.Errorf("not exact: %d unsettled, %d overflow", got.Unsettled, got.Overflow)
	}
	want, rows := w.expected(q), grouped(q, got)
	total, sum := uint64(0), uint64(0)
	for _, n := range want {
		total += n
	}
	for _, n := range rows {
		sum += n
	}
	if got.Sockets != sum || total == 0 {
		t.Errorf("%d sockets, but %d in the rows; sock_diag has %d", got.Sockets, sum, total)
	}
	return cmp.Diff(want, rows)
}

// key makes keys by name, such as "local/24".
func key(fields ...socket.FieldID) []Key {
	var keys []Key
	for _, f := range fields {
		keys = append(keys, Key{Field: f})
	}
	return keys
}

func cut(f socket.FieldID, four, six uint8) Key {
	return Key{Field: f, Cut: true, Bits4: four, Bits6: six}
}

// TestEveryKey: by every key, and every pair of keys, the walk groups the sockets of
// 20 namespaces as sock_diag shows them one by one.
func TestEveryKey(t *testing.T) {
	walker := open(t)
	w := hold(t, namespaces(), 1)
	var single []Key
	for f := range Groupable().All() {
		single = append(single, Key{Field: f})
	}
	single = append(single, cut(socket.FieldRemote, 24, 64), cut(socket.FieldLocal, 8, 48), cut(socket.FieldRemote, 0, 0), cut(socket.FieldLocal, 32, 1))
	for i, one := range single {
		t.Run(one.Field.Field().Name, func(t *testing.T) {
			w.check(t, walker, Query{Netns: w.inodes, By: []Key{one}, MaxRows: 1 << 16})
		})
		other := single[(i+5)%len(single)]
		t.Run(one.Field.Field().Name+","+other.Field.Field().Name, func(t *testing.T) {
			w.check(t, walker, Query{Netns: w.inodes, By: []Key{one, other}, MaxRows: 1 << 16})
		})
	}
	t.Run("everything", func(t *testing.T) {
		w.check(t, walker, Query{Netns: w.inodes, By: single[:len(single)-4], MaxRows: 1 << 16})
	})
}

func namespaces() int {
	if testing.Short() {
		return 4
	}
	return 20
}

// TestFilters: states, kinds, namespaces and conditions select the same sockets as
// from sock_diag's rows.
func TestFilters(t *testing.T) {
	walker := open(t)
	w := hold(t, 4, 1)
	for _, name := range slices.Sorted(maps.Keys(w.conditions())) {
		w = w.young(t)
		where := w.conditions()[name]
		t.Run(name, func(t *testing.T) {
			w.check(t, walker, Query{Netns: w.inodes, Where: where, By: key(socket.FieldState, socket.FieldFamily), MaxRows: 256})
		})
	}
	for state := range tcp.AllStates.All() {
		if state == tcp.Close || state == tcp.Bound && !w.bound {
			continue
		}
		w = w.young(t)
		t.Run(state.String(), func(t *testing.T) {
			w.check(t, walker, Query{Netns: w.inodes, States: tcp.SetOf(state), By: key(socket.FieldKind, socket.FieldNetnsInode)})
		})
	}
	for _, kind := range []socket.Kind{socket.Full, socket.Mini, socket.Request} {
		w = w.young(t)
		t.Run(kind.String(), func(t *testing.T) {
			w.check(t, walker, Query{Netns: w.inodes[1:3], Kinds: []socket.Kind{kind}, By: key(socket.FieldState)})
		})
	}
}

// conditions are conditions that each match a part of the world.
func (w *world) conditions() map[string]socket.Condition {
	some, four := w.find(socket.IPv6), w.find(socket.IPv4)
	port := func(side socket.Side, is socket.PortComparison, n uint16) socket.Condition {
		return socket.PortCondition{Side: side, Is: is, Port: n}
	}
	host := func(side socket.Side, prefix string) socket.Condition {
		return socket.HostCondition{Side: side, Prefix: netip.MustParsePrefix(prefix)}
	}
	one := func(side socket.Side, a netip.Addr) socket.Condition {
		return socket.HostCondition{Side: side, Prefix: netip.PrefixFrom(a, a.BitLen())}
	}
	within := func(a netip.Addr, bits int) socket.Condition {
		return socket.HostCondition{Side: socket.RemoteSide, Prefix: netip.PrefixFrom(a, bits)}
	}
	always, never := socket.And{}, socket.Or{}
	return map[string]socket.Condition{
		"nothing":          nil,
		"always":           always,
		"not never":        socket.Not{Condition: never},
		"or with always":   socket.Or{port(0, socket.PortEqual, 1), always},
		"always or":        socket.Or{always, port(0, socket.PortEqual, 1)},
		"not not always":   socket.Not{Condition: socket.Not{Condition: always}},
		"and with not":     socket.And{socket.Not{Condition: socket.Or{never, never}}, always},
		"port":             socket.Or{port(socket.LocalSide, socket.PortEqual, some.Local.Port()), port(socket.RemoteSide, socket.PortEqual, some.Local.Port())},
		"range":            socket.And{port(socket.LocalSide, socket.PortAtLeast, 1024), port(socket.LocalSide, socket.PortAtMost, 50000)},
		"not port":         socket.Not{Condition: port(socket.LocalSide, socket.PortEqual, some.Local.Port())},
		"remote port":      port(socket.RemoteSide, socket.PortAtLeast, 1),
		"largest port":     port(socket.RemoteSide, socket.PortAtMost, 65535),
		"address":          one(socket.LocalSide, some.Local.Addr()),
		"not address":      socket.Not{Condition: one(socket.RemoteSide, some.Remote.Addr())},
		"prefix":           within(four.Remote.Addr(), 9),
		"all IPv4":         host(socket.LocalSide, "0.0.0.0/0"),
		"all IPv6":         host(socket.LocalSide, "::/0"),
		"not IPv6":         socket.Not{Condition: host(socket.LocalSide, "::/0")},
		"IPv6 prefix":      within(some.Remote.Addr(), 41),
		"mapped is not 4":  socket.Not{Condition: host(socket.RemoteSide, "::ffff:0.0.0.0/96")},
		"device":           socket.DeviceCondition{},
		"cgroup":           socket.CgroupCondition{ID: some.CgroupID},
		"no cgroup":        socket.CgroupCondition{},
		"chain and ranges": socket.And{socket.Or{port(0, socket.PortAtMost, 40000), port(1, socket.PortAtLeast, 30000)}, socket.Not{Condition: socket.And{host(0, "0.0.0.0/0"), port(0, socket.PortAtLeast, 60000)}}},
		"256 ports":        manyPorts(256),
		"inbound":          socket.DirectionCondition{Direction: socket.Inbound},
		"outbound":         socket.DirectionCondition{Direction: socket.Outbound},
		"no direction":     socket.DirectionCondition{},
		"not inbound":      socket.Not{Condition: socket.DirectionCondition{Direction: socket.Inbound}},
		"inbound to IPv6":  socket.And{host(socket.LocalSide, "::/0"), socket.DirectionCondition{Direction: socket.Inbound}},
	}
}

// find returns a connection of the family.
func (w *world) find(f socket.Family) *socket.Socket {
	i := slices.IndexFunc(w.sockets, func(s socket.Socket) bool { return s.Family == f && s.State == tcp.Established })
	return &w.sockets[i]
}

func manyPorts(n int) socket.Condition {
	var or socket.Or
	for i := range n {
		or = append(or, socket.PortCondition{Side: socket.LocalSide, Port: uint16(32768 + 64*i)})
	}
	return socket.Or{or, socket.PortCondition{Side: socket.RemoteSide, Is: socket.PortAtLeast, Port: 1}}
}

// TestUnowned: sockets without a process are recognized by their inodes.
func TestUnowned(t *testing.T) {
	walker := open(t)
	w := hold(t, 2, 1)
	want := map[tcp.State]uint64{}
	for i := range w.sockets {
		if s := &w.sockets[i]; s.Kind == socket.Full && s.Inode == 0 {
			want[s.State]++
		}
	}
	r, err := walker.Walk(t.Context(), Query{Netns: w.inodes, By: key(socket.FieldState), Unowned: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[tcp.State]uint64{}
	for _, row := range r.Rows {
		if row.Unowned > 0 {
			got[row.Socket.State] += row.Unowned
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("unowned (-sock_diag +walk)\n%s", diff)
	}
}

// TestPrivateTable: a namespace with its own table is walked from outside, and is
// missing in the answer once it has ended.
func TestPrivateTable(t *testing.T) {
	walker := open(t)
	ns := testnet.New(t, testnet.Options{PrivateHash: 512})
	fds := make(chan int, 64)
	ns.Do(func() {
		for range 25 {
			fd, err := connectSelf(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
			if err != nil {
				t.Error(err)
				return
			}
			fds <- fd
		}
	})
	q := Query{Netns: []uint64{ns.Inode()}, By: key(socket.FieldState)}
	r, err := walker.Walk(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sockets != 25 || len(r.Rows) != 1 || r.Rows[0].Socket.State != tcp.Established || r.Tables < 2 {
		t.Errorf("got %+v, want 25 sockets ESTABLISHED", r)
	}
	close(fds)
	for fd := range fds {
		closeFD(fd)
	}
}

// TestNothingIsLost: sockets of groups for which there is no room are counted as
// overflow.
func TestNothingIsLost(t *testing.T) {
	walker := open(t)
	w := hold(t, 2, 2)
	want := len(w.expected(&Query{}))
	q := Query{Netns: w.inodes, By: key(socket.FieldLocalPort, socket.FieldRemotePort, socket.FieldNetnsInode), MaxRows: 16}
	r, err := walker.Walk(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	sum := r.Overflow
	for _, row := range r.Rows {
		sum += row.Sockets
	}
	all, err := walker.Walk(t.Context(), Query{Netns: w.inodes})
	if err != nil {
		t.Fatal(err)
	}
	if want == 0 || r.Overflow == 0 || sum != r.Sockets || sum != all.Sockets || r.Exact() {
		t.Errorf("%d in rows and overflow (%d), %d in all, %d without keys", sum, r.Overflow, r.Sockets, all.Sockets)
	}
}

// TestSlices: a walk in the smallest slices counts the same, and no slice lasts much
// longer than it should.
func TestSlices(t *testing.T) {
	walker := open(t)
	w := hold(t, 2, 1)
	q := Query{Netns: w.inodes, By: key(socket.FieldState, socket.FieldKind), Slice: 1}
	w.check(t, walker, q)
	r, err := walker.Walk(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("held for at most %v, in all %v of %v", r.HeldMost, r.Held, r.Elapsed)
}
