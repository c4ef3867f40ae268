// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	_ "embed"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/apart"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

//go:embed testdata/misread.o
var misread []byte

func loopback4() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// loaded is the variant for a query, before any check.
func loaded(t testing.TB, program []byte, q Query) *variant {
	t.Helper()
	testnet.Require(t, testnet.BPF)
	v, err := load(program, q, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.close() })
	return v
}

// BenchmarkSelfCheck measures the check's part of the loading time.
func BenchmarkSelfCheck(b *testing.B) {
	v := loaded(b, object, Query{By: census()})
	for b.Loop() {
		if err := v.selfCheck(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckChain measures the part of the check that follows a chain of
// listeners.
func BenchmarkCheckChain(b *testing.B) {
	c := newChecker(b, loaded(b, object, Query{By: census()}))
	for b.Loop() {
		if err := c.hashed(openChain, listeners); err != nil {
			b.Fatal(err)
		}
	}
}

// newChecker is a checker with its witness.
func newChecker(t testing.TB, v *variant) *checker {
	t.Helper()
	_, all, err := v.tables()
	if err != nil {
		t.Fatal(err)
	}
	diag, err := sockdiag.OpenWithMarks()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = diag.Close() })
	return &checker{variant: v, tables: all, diag: diag}
}

// TestMisread: a program that confuses the two ports loads, runs and counts every
// socket. The self-check refuses it for a query that depends on them.
func TestMisread(t *testing.T) {
	for _, by := range [][]Key{key(socket.FieldRemotePort), key(socket.FieldState, socket.FieldRemotePort, socket.FieldNetnsInode)} {
		err := loaded(t, misread, Query{By: by}).selfCheck()
		if !errors.Is(err, ErrSelfCheck) || !strings.Contains(err.Error(), "grouped as") {
			t.Errorf("by %v: %v", by, err)
		}
	}
}

//go:embed testdata/misload.o
var misload []byte

// TestMisload: if direct loads read wrong values, the program is loaded again in the
// form that copies; a kernel without direct loads uses that form anyway.
func TestMisload(t *testing.T) {
	w := open(t)
	q := &Query{By: key(socket.FieldState, socket.FieldRemotePort), Workers: 1}
	direct, err := load(misload, *q, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.close() //nolint:errcheck // never fails
	loads := direct.need&loadsDirectly != 0
	if err := direct.selfCheck(); errors.Is(err, ErrSelfCheck) != loads {
		t.Errorf("direct loads %v, self-check: %v", loads, err)
	}
	v, err := w.checked(&apart.Room{}, misload, q)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close() //nolint:errcheck // never fails
	if v.need&loadsDirectly != 0 || w.copies != loads {
		t.Errorf("loads directly: %v; from now on copies: %v, want %v", v.need&loadsDirectly != 0, w.copies, loads)
	}
}

// TestWrongAnswers: if any field of a probe differs from what the program reads, the
// answer is refused.
func TestWrongAnswers(t *testing.T) {
	tests := []struct {
		name  string
		query Query
		alter func(*socket.Socket)
	}{
		{"state", Query{By: key(socket.FieldState)}, func(s *socket.Socket) { s.State = tcp.FinWait1 }},
		{"kind", Query{By: key(socket.FieldState, socket.FieldLocalPort)}, func(s *socket.Socket) { s.State, s.Kind = tcp.TimeWait, socket.Mini }},
		{"family", Query{By: key(socket.FieldFamily)}, func(s *socket.Socket) { s.Family = socket.IPv6 }},
		{"namespace", Query{By: key(socket.FieldNetnsInode)}, func(s *socket.Socket) { s.Netns = &socket.Netns{Inode: 1} }},
		{"local port", Query{By: key(socket.FieldLocalPort)}, func(s *socket.Socket) { s.Local = s.Remote }},
		{"remote port", Query{By: key(socket.FieldRemotePort)}, func(s *socket.Socket) { s.Remote = s.Local }},
		{"local address", Query{By: key(socket.FieldLocal)}, func(s *socket.Socket) { s.Local = s.Remote }},
		{"remote address", Query{By: key(socket.FieldRemote)}, func(s *socket.Socket) { s.Remote = s.Local }},
		{"prefix", Query{By: []Key{cut(socket.FieldRemote, 8, 64)}}, func(s *socket.Socket) {
			s.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{128, 0, 0, 1}), s.Remote.Port())
		}},
		{"device", Query{By: key(socket.FieldIfindex)}, func(s *socket.Socket) { s.Ifindex++ }},
		{"cgroup", Query{By: key(socket.FieldCgroupID)}, func(s *socket.Socket) {
			s.CgroupID = 1 << 40
			s.Known.Add(socket.FieldCgroupID)
		}},
		{"filter", Query{Where: socket.PortCondition{Side: socket.RemoteSide, Is: socket.PortAtLeast, Port: 1}}, func(s *socket.Socket) {
			s.Remote = netip.AddrPortFrom(s.Remote.Addr(), 0)
		}},
		{"states", Query{States: tcp.SetOf(tcp.Established)}, func(s *socket.Socket) { s.State = tcp.CloseWait }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChecker(t, loaded(t, object, tt.query))
			open := func() (*probe, error) { return openConnection(loopback4()) }
			if err := c.check(open, c.connection, checkTries); err != nil {
				t.Fatal("a right answer: ", err)
			}
			c.diag = nil // sock_diag would reveal the change
			altered := func(p *probe) (span, string, error) {
				where, wrong, err := c.connection(p)
				tt.alter(&p.told)
				return where, wrong, err
			}
			if err := c.check(open, altered, checkTries); !errors.Is(err, ErrSelfCheck) {
				t.Errorf("a wrong answer: %v", err)
			}
		})
	}
}

// TestEveryTable: each probe alone is found in its table without a walk of the whole
// table.
func TestEveryTable(t *testing.T) {
	c := newChecker(t, loaded(t, object, Query{By: census()}))
	for which, open := range map[uint32]func() (*probe, error){listeners: openChain, bindTable: openBound} {
		slot := func(p *probe) (span, string, error) { return c.slot(p, which) }
		if err := c.check(open, slot, checkTries); err != nil {
			t.Errorf("table %d: %v", which, err)
		}
		whole := func(*probe) (span, string, error) { return c.whole(which) }
		if err := c.check(open, whole, wholeTries); err != nil {
			t.Errorf("table %d, as a whole: %v", which, err)
		}
	}
}

// TestWithoutSockDiag: what this process knows of its own sockets is enough.
func TestWithoutSockDiag(t *testing.T) {
	for _, by := range [][]Key{census(), key(socket.FieldRemote, socket.FieldLocalPort, socket.FieldCgroupID)} {
		c := newChecker(t, loaded(t, object, Query{By: by}))
		c.diag = nil
		if err := c.all(); err != nil {
			t.Errorf("by %v: %v", by, err)
		}
	}
}

// TestTheWitnessIsAsked: sock_diag supplies facts about a probe that this process does
// not know; an answer about another socket, or about none, is refused.
func TestTheWitnessIsAsked(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	diag, err := sockdiag.OpenWithMarks()
	if err != nil {
		t.Fatal(err)
	}
	defer diag.Close()
	for _, loopback := range []netip.Addr{loopback4(), netip.IPv6Loopback()} {
		p, err := openConnection(loopback)
		if err != nil || p == nil {
			t.Fatal(p, err)
		}
		own := p.told
		if wrong := p.ask(diag); wrong != "" {
			t.Error(wrong)
		}
		if p.told.Cookie == 0 || p.told.Cookie == own.Cookie || p.told.Local != own.Local || p.told.Ifindex != loopbackDevice || p.told.Direction != socket.Outbound {
			t.Errorf("sock_diag tells %+v", p.told)
		}
		p.fds[0], p.helper = p.helper, p.fds[0]
		if wrong := p.ask(diag); !strings.Contains(wrong, "another socket") {
			t.Errorf("of another socket: %q", wrong)
		}
		p.close()
		if wrong := p.ask(diag); !strings.Contains(wrong, "does not find") {
			t.Errorf("of a closed one: %q", wrong)
		}
	}
}

// TestOwnCgroup: a filter by this process's own cgroup matches the sockets of the
// self-check.
func TestOwnCgroup(t *testing.T) {
	walker := open(t)
	p, err := openConnection(loopback4())
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	defer p.close()
	diag, err := sockdiag.OpenWithMarks()
	if err != nil {
		t.Fatal(err)
	}
	defer diag.Close()
	if wrong := p.ask(diag); wrong != "" || !p.told.Known.Has(socket.FieldCgroupID) {
		t.Skip("this kernel does not tell cgroups: ", wrong)
	}
	if err := walker.Prepare(Query{Where: socket.CgroupCondition{ID: p.told.CgroupID}, By: census()}); err != nil {
		t.Error(err)
	}
}

// TestOddNamespaces: the self-check passes in a namespace with its own table of
// connections, and in one without a usable loopback device.
func TestOddNamespaces(t *testing.T) {
	v := loaded(t, object, Query{By: census()})
	private := testnet.New(t, testnet.Options{PrivateHash: 512})
	private.Do(func() {
		if err := v.selfCheck(); err != nil {
			t.Errorf("with a table of its own: %v", err)
		}
	})
	err := isolate.OnThread(func() error {
		if err := isolate.Net(); err != nil {
			return err
		}
		return v.selfCheck()
	})
	if err != nil {
		t.Errorf("without loopback: %v", err)
	}
}
