// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// entry is struct inet_diag_entry: the fields that the kernel's filter can test.
type entry struct {
	family       byte
	saddr, daddr []byte
	sport, dport uint16
	userlocks    bool // SOCK_BINDPORT_LOCK
	ifindex      uint32
	mark         uint32
	cgroup       uint64
}

// entryOf corresponds to the kernel's inet_diag_bc_sk.
func entryOf(s *socket.Socket) entry {
	e := entry{
		family: afInet6, saddr: s.Local.Addr().AsSlice(), daddr: s.Remote.Addr().AsSlice(),
		sport: s.Local.Port(), dport: s.Remote.Port(), ifindex: s.Ifindex, mark: s.Mark,
	}
	if s.Local.Addr().Is4() {
		e.family = afInet
	}
	if s.Kind == socket.Full || s.Kind == socket.Idle { // sk_fullsock
		e.userlocks, e.cgroup = !s.Autobound, s.CgroupID
	}
	return e
}

// run is inet_diag_bc_run (net/ipv4/inet_diag.c, Linux 6.18), line by line. It
// panics where the kernel would read beyond the program.
func run(code []byte, e entry) bool {
	length := len(code)
	at := 0
	for length > 0 {
		yes := true
		op, args := code[at], code[at+4:]
		switch op {
		case 0: // INET_DIAG_BC_NOP
		case opJump:
			yes = false
		case 11: // INET_DIAG_BC_S_EQ
			yes = e.sport == binary.NativeEndian.Uint16(args[2:])
		case opLocalGE:
			yes = e.sport >= binary.NativeEndian.Uint16(args[2:])
		case opLocalLE:
			yes = e.sport <= binary.NativeEndian.Uint16(args[2:])
		case 12: // INET_DIAG_BC_D_EQ
			yes = e.dport == binary.NativeEndian.Uint16(args[2:])
		case opRemoteGE:
			yes = e.dport >= binary.NativeEndian.Uint16(args[2:])
		case opRemoteLE:
			yes = e.dport <= binary.NativeEndian.Uint16(args[2:])
		case opAuto:
			yes = !e.userlocks
		case opLocal:
			yes = runHost(args, e.family, e.saddr, e.sport)
		case opRemote:
			yes = runHost(args, e.family, e.daddr, e.dport)
		case opDevice:
			yes = binary.NativeEndian.Uint32(args) == e.ifindex
		case opMark:
			yes = e.mark&binary.NativeEndian.Uint32(args[4:]) == binary.NativeEndian.Uint32(args)
		case opCgroup:
			yes = binary.NativeEndian.Uint64(args) == e.cgroup
		}
		step := int(code[at+1])
		if !yes {
			step = int(binary.NativeEndian.Uint16(code[at+2:]))
		}
		at += step
		length -= step
	}
	return length == 0
}

func runHost(cond []byte, family byte, addr []byte, port uint16) bool {
	want := int32(binary.NativeEndian.Uint32(cond[4:]))
	if want != -1 && want != int32(port) {
		return false
	}
	if cond[0] != 0 && cond[0] != family {
		return family == afInet6 && cond[0] == afInet &&
			string(addr[:12]) == "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff" &&
			bitstringMatch(addr[12:], cond[8:], int(cond[1]))
	}
	return cond[1] == 0 || bitstringMatch(addr, cond[8:], int(cond[1]))
}

func bitstringMatch(a, b []byte, bits int) bool {
	words := bits >> 5
	if string(a[:words*4]) != string(b[:words*4]) {
		return false
	}
	if bits &= 31; bits == 0 {
		return true
	}
	mask := uint32(0xffffffff) << (32 - bits)
	return (binary.BigEndian.Uint32(a[words*4:])^binary.BigEndian.Uint32(b[words*4:]))&mask == 0
}

// audit is inet_diag_bc_audit with CAP_NET_ADMIN: it reports whether the kernel
// accepts the program.
func audit(code []byte) bool {
	if len(code) < 4 {
		return false
	}
	length := len(code)
	at := 0
	for length > 0 {
		if length < 4 {
			return false
		}
		least, ok := auditArguments(code[at:], length)
		if !ok {
			return false
		}
		yes, no := int(code[at+1]), int(binary.NativeEndian.Uint16(code[at+2:]))
		if code[at] != 0 {
			if no < least || no > length+4 || no&3 != 0 {
				return false
			}
			if no < length && !validTarget(code, length-no) {
				return false
			}
		}
		if yes < least || yes > length+4 || yes&3 != 0 {
			return false
		}
		at += yes
		length -= yes
	}
	return length == 0
}

// auditArguments returns the least length of an operation.
func auditArguments(b []byte, length int) (least int, ok bool) {
	switch b[0] {
	case opLocal, opRemote:
		if length < 12 {
			return 0, false
		}
		size, known := map[byte]int{0: 0, afInet: 4, afInet6: 16}[b[4]]
		if !known || int(b[5]) > 8*size {
			return 0, false
		}
		least = 12 + size
	case opDevice, opLocalGE, opLocalLE, opRemoteGE, opRemoteLE, 11, 12:
		least = 8
	case opMark, opCgroup:
		least = 12
	case opAuto, opJump, 0:
		least = 4
	default:
		return 0, false
	}
	return least, length >= least
}

// validTarget is valid_cc: a jump must lead to an operation that is reached by
// following the "yes" offsets.
func validTarget(code []byte, remaining int) bool {
	for at := 0; at <= len(code); at += int(code[at+1]) {
		rest := len(code) - at
		if remaining >= rest {
			return remaining == rest
		}
		if code[at+1] < 4 || code[at+1]&3 != 0 {
			return false
		}
	}
	return false
}

func TestBytecodeOnTheWire(t *testing.T) {
	https := socket.PortCondition{Port: 443}
	high := socket.PortCondition{Side: socket.RemoteSide, Is: socket.PortAtLeast, Port: 1024}
	tests := []struct {
		name string
		c    socket.Condition
		want string
	}{
		{"sport = :443", https, "070c1000" + "00000000" + "bb010000"},
		{"not sport = :443", socket.Not{Condition: https}, "070c1000" + "00000000" + "bb010000" + "01040800"},
		{"dport >= :1024", high, "04080c00" + "00000004"},
		{"both", socket.And{https, high}, "070c1800" + "00000000" + "bb010000" + "04080c00" + "00000004"},
		{"either", socket.Or{https, high}, "070c1000" + "00000000" + "bb010000" + "01040c00" + "04080c00" + "00000004"},
		{"src 10.0.0.0/8", socket.HostCondition{Prefix: netip.MustParsePrefix("10.0.0.0/8")}, "07101400" + "02080000" + "ffffffff" + "0a000000"},
		{"nothing", socket.Or{}, "01040800"},
	}
	if !littleEndian() {
		t.Skip("the texts are written for little-endian machines")
	}
	for _, tt := range tests {
		code, err := Compile(tt.c)
		if got := hex.EncodeToString(code); err != nil || got != tt.want {
			t.Errorf("%s: %v\n got %s\nwant %s", tt.name, err, got, tt.want)
		}
	}
}

func TestCompileFoldsConstants(t *testing.T) {
	always := []socket.Condition{
		socket.And{},
		socket.HostCondition{},
		socket.PortCondition{Is: socket.PortAtLeast},
		socket.PortCondition{Is: socket.PortAtMost, Port: 65535},
		socket.MarkCondition{},
		socket.Not{Condition: socket.Or{}},
		socket.Not{Condition: socket.MarkCondition{Mark: 2, Mask: 1}},
		socket.Or{socket.DeviceCondition{}, socket.And{}},
		socket.And{socket.And{}, socket.HostCondition{}},
	}
	for _, c := range always {
		if code, err := Compile(c); code != nil || err != nil {
			t.Errorf("%#v: %x, %v; want no filter", c, code, err)
		}
		if code, err := Compile(socket.Not{Condition: c}); len(code) != 4 || err != nil {
			t.Errorf("not %#v: %x, %v; want one jump", c, code, err)
		}
	}
}

// stranger is a condition that the compiler does not know.
type stranger struct{ socket.Condition }

func TestCompileErrors(t *testing.T) {
	if _, err := Compile(socket.And{socket.DeviceCondition{}, stranger{}}); err == nil {
		t.Error("a condition that the kernel does not know is compiled")
	}
	var ports socket.Or
	for port := range uint16(257) {
		ports = append(ports, socket.PortCondition{Port: 2 * port})
	}
	if _, err := Compile(ports); !errors.Is(err, ErrFilterTooLong) {
		t.Errorf("257 ports: error %v", err)
	}
	if code, err := Compile(ports[:256]); err != nil || len(code) > maxBytecode || !audit(code) {
		t.Errorf("256 ports: %d bytes, %v", len(code), err)
	}
}

// everyKind are sockets that differ in every field that conditions test.
func everyKind() []socket.Socket {
	addrs := []string{"10.1.2.3", "10.9.9.9", "::ffff:10.1.2.3", "::", "::1", "2001:db8::7", "0.0.0.0"}
	var all []socket.Socket
	for i, a := range addrs {
		local, remote := netip.MustParseAddr(a), netip.MustParseAddr("192.0.2.1")
		if local.Is6() {
			remote = netip.MustParseAddr("::ffff:192.0.2.1")
		}
		for j, kind := range []socket.Kind{socket.Full, socket.Mini, socket.Request, socket.Idle} {
			s := socket.Socket{
				Kind: kind, State: []tcp.State{tcp.Established, tcp.TimeWait, tcp.SynRecv, tcp.Bound}[j],
				Local: netip.AddrPortFrom(local, []uint16{80, 443, 65535, 0}[(i+j)%4]), Remote: netip.AddrPortFrom(remote, uint16(50000+i%2)),
				Ifindex: uint32(i % 3), Mark: uint32(i+j) % 5,
			}
			if kind == socket.Full || kind == socket.Idle {
				s.CgroupID, s.Autobound = uint64(i%3)<<33, (i+j)%2 == 0
			}
			all = append(all, s)
		}
	}
	return all
}

// atoms are one condition of each kind, with the values of everyKind and with extreme
// values.
func atoms() []socket.Condition {
	list := []socket.Condition{
		socket.DeviceCondition{},
		socket.DeviceCondition{Ifindex: 2},
		socket.MarkCondition{Mark: 1, Mask: 3},
		socket.MarkCondition{Mark: 4, Mask: 3},
		socket.MarkCondition{Mask: ^uint32(0)},
		socket.CgroupCondition{},
		socket.CgroupCondition{ID: 1 << 33},
		socket.AutoboundCondition{},
		socket.And{},
		socket.Or{},
	}
	for side := range socket.Side(2) {
		for is := range socket.PortComparison(3) {
			for _, port := range []uint16{0, 80, 443, 50000, 65535} {
				list = append(list, socket.PortCondition{Side: side, Is: is, Port: port})
			}
		}
		for _, p := range []string{"10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "::/0", "::1/128", "2001:db8::/33", "::ffff:10.0.0.0/104", "::ffff:10.1.2.3/128", "192.0.2.0/31"} {
			list = append(list, socket.HostCondition{Side: side, Prefix: netip.MustParsePrefix(p)})
		}
	}
	return append(list, socket.HostCondition{})
}

// same fails unless the compiled condition passes the audit and selects the same
// sockets as Match.
func same(t *testing.T, c socket.Condition, sockets []socket.Socket, entries []entry) {
	t.Helper()
	code, err := Compile(c)
	if errors.Is(err, ErrFilterTooLong) {
		return
	}
	if err != nil || code != nil && !audit(code) {
		t.Fatalf("%#v: %v, the audit refuses %x", c, err, code)
	}
	for i := range sockets {
		if got, want := code == nil || run(code, entries[i]), c.Match(&sockets[i]); got != want {
			t.Fatalf("%#v\n%+v: bytecode %v, Match %v\n%x", c, sockets[i], got, want, code)
		}
	}
}

func entries(sockets []socket.Socket) []entry {
	list := make([]entry, len(sockets))
	for i := range sockets {
		list[i] = entryOf(&sockets[i])
	}
	return list
}

// TestCompileEqualsMatch tries all pairs of tests, joined and negated in all ways, on
// all kinds of sockets.
func TestCompileEqualsMatch(t *testing.T) {
	sockets := everyKind()
	seen := entries(sockets)
	all := atoms()
	for i, a := range all {
		same(t, a, sockets, seen)
		same(t, socket.Not{Condition: a}, sockets, seen)
		for _, b := range all[i:] {
			nb := socket.Not{Condition: b}
			for _, c := range []socket.Condition{
				socket.And{a, b},
				socket.Or{a, b},
				socket.And{a, nb},
				socket.Or{a, nb},
				socket.And{nb, a},
				socket.Or{nb, a},
				socket.Not{Condition: socket.And{nb, a}},
				socket.Not{Condition: socket.Or{nb, a}},
				socket.Or{socket.And{a, nb}, socket.And{socket.Not{Condition: a}, b}},
				socket.And{socket.Or{a, nb}, socket.Or{socket.Not{Condition: a}, b}},
			} {
				same(t, c, sockets, seen)
			}
		}
	}
}

// randomCondition builds a tree out of the tests.
func randomCondition(rng *rand.Rand, tests []socket.Condition, depth int) socket.Condition {
	if depth == 0 || rng.IntN(5) == 0 {
		return tests[rng.IntN(len(tests))]
	}
	if rng.IntN(4) == 0 {
		return socket.Not{Condition: randomCondition(rng, tests, depth-1)}
	}
	parts := make([]socket.Condition, rng.IntN(7))
	for i := range parts {
		parts[i] = randomCondition(rng, tests, depth-1)
	}
	if rng.IntN(2) == 0 {
		return socket.And(parts)
	}
	return socket.Or(parts)
}

func TestCompileEqualsMatchOnTrees(t *testing.T) {
	sockets := everyKind()
	seen := entries(sockets)
	tests := atoms()
	rng := rand.New(rand.NewPCG(3, 4))
	longest := 0
	for range 20000 {
		c := randomCondition(rng, tests, 1+rng.IntN(6))
		same(t, c, sockets, seen)
		if code, err := Compile(c); err == nil {
			longest = max(longest, len(code))
		}
	}
	if longest < 1024 { // some jumps must need more than 8 bits
		t.Errorf("the longest program has %d bytes", longest)
	}
}

// conditionOf builds a tree from bytes, so that the fuzzer can change it.
func conditionOf(b []byte, tests []socket.Condition, depth int) (socket.Condition, []byte) {
	if len(b) == 0 || depth == 0 {
		return socket.And{}, nil
	}
	kind, b := b[0], b[1:]
	switch {
	case kind < 200:
		return tests[int(kind)%len(tests)], b
	case kind < 215:
		inner, rest := conditionOf(b, tests, depth-1)
		return socket.Not{Condition: inner}, rest
	}
	parts := make([]socket.Condition, int(kind)%4)
	for i := range parts {
		parts[i], b = conditionOf(b, tests, depth-1)
	}
	if kind%2 == 0 {
		return socket.And(parts), b
	}
	return socket.Or(parts), b
}

// FuzzCompile builds any tree of conditions: the compiled program passes the kernel's
// audit and selects the same sockets.
func FuzzCompile(f *testing.F) {
	sockets := everyKind()
	seen, tests := entries(sockets), atoms()
	f.Add([]byte{219, 1, 222, 3, 200, 4, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := conditionOf(b, tests, 40)
		same(t, c, sockets, seen)
	})
}

// FuzzAudit: a program that passes the audit ends and never reads beyond itself. This
// tests the interpreter above, on which the other tests rely.
func FuzzAudit(f *testing.F) {
	sockets := everyKind()
	seen := entries(sockets)
	f.Add([]byte{1, 4, 8, 0})
	f.Fuzz(func(_ *testing.T, code []byte) {
		if len(code) > 1<<12 || !audit(code) {
			return
		}
		for _, e := range seen {
			run(code, e)
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	c := socket.And{
		socket.Or{socket.PortCondition{Port: 80}, socket.PortCondition{Port: 443}},
		socket.HostCondition{Side: socket.RemoteSide, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
	}
	for b.Loop() {
		if _, err := Compile(c); err != nil {
			b.Fatal(err)
		}
	}
}
