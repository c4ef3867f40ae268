// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

const (
	// checkTries is how often a check is repeated that others can disturb by opening
	// and closing connections in the same slot of the table.
	checkTries = 5
	// wholeTries is checkTries for a check of a whole table, whose sockets come and
	// go on the whole host meanwhile. A wrong program fails every time.
	wholeTries = 40
	// checkSlices bounds a walk of the self-check, per slotsEach slots: a program
	// that loops must not stop this process. A hundred slices are 50 ms.
	checkSlices = 100
	slotsEach   = 1 << 12
)

// A checker compares what a variant counts with what sock_diag tells of the same
// sockets.
type checker struct {
	*variant
	tables []table
	diag   *sockdiag.Conn // nil if there is no sock_diag
	homes  homes
}

// selfCheck opens connections of this process, walks the slots of the table in which
// the kernel keeps them, and closes them. The count with them must differ from the
// count without them by exactly these sockets, described as sock_diag describes them
// and grouped as the query groups. The same is done with a chain of listeners, and
// with a bound socket if the query asks for such. Without sock_diag, the comparison
// uses what this process knows of its own sockets.
//
// The check is necessary: a loop written in the obvious way loads on Linux 6.1, runs,
// and counts nothing (see struct worker in prog/walk.bpf.c).
func (v *variant) selfCheck() error {
	_, all, err := v.tables()
	if err != nil {
		return err
	}
	c := &checker{variant: v, tables: all}
	if diag, err := sockdiag.OpenWithMarks(); err == nil { // sock_diag is a second source to compare with; the check works without it
		c.diag = diag
		defer diag.Close() //nolint:errcheck // the connection is only read
	}
	return c.all()
}

func (c *checker) all() error {
	if err := c.clear(); err != nil {
		return err
	}
	for _, loopback := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		open := func() (*probe, error) { return openConnection(loopback) }
		if err := c.check(open, c.connection, checkTries); err != nil {
			return err
		}
	}
	if err := c.hashed(openChain, listeners); err != nil {
		return err
	}
	if c.query.states().Has(tcp.Bound) {
		return c.hashed(openBound, bindTable)
	}
	return nil
}

// hashed checks with a probe in a table hashed by address and port. It walks the slot
// where the probe should be; if the probe is not there, the whole table, because the
// kernel may use another hash than this package.
func (c *checker) hashed(open func() (*probe, error), which uint32) error {
	slot := func(p *probe) (span, string, error) { return c.slot(p, which) }
	if c.check(open, slot, checkTries) == nil {
		return nil
	}
	whole := func(*probe) (span, string, error) { return c.whole(which) }
	return c.check(open, whole, wholeTries)
}

// check opens a probe and compares the counts, repeatedly if necessary. It is no
// error if a connection to oneself is not possible here: there may be no loopback
// device, or no IPv6.
func (c *checker) check(open func() (*probe, error), find func(*probe) (span, string, error), tries int) error {
	for try := 1; ; try++ {
		p, err := open()
		if p == nil && err == nil {
			return nil
		}
		if err != nil {
			return problem.Errorf("%w: cannot open sockets to check with: %w", "%w：无法打开用于自检的套接字：%w", ErrSelfCheck, err)
		}
		wrong, err := c.probe(p, find)
		p.close()
		switch {
		case err != nil:
			return err
		case wrong == "":
			return nil
		case try == tries:
			return fmt.Errorf("%w: %s", ErrSelfCheck, wrong)
		}
	}
}

// probe walks the slots of the probe, with and without it, and returns what is wrong.
func (c *checker) probe(p *probe, find func(*probe) (span, string, error)) (wrong string, err error) {
	where, wrong, err := find(p)
	if wrong != "" || err != nil {
		return wrong, err
	}
	if wrong := p.ask(c.diag); wrong != "" {
		return wrong, nil
	}
	with, err := c.count(where)
	if err != nil {
		return "", err
	}
	p.close()
	without, err := c.count(where)
	if err != nil {
		return "", err
	}
	return c.compare(p, with, without), nil
}

// connection returns the slots in which a connection lies.
func (c *checker) connection(p *probe) (where span, wrong string, err error) {
	at, wrong, err := c.locate(p)
	if wrong != "" || err != nil {
		return where, wrong, err
	}
	i := slices.IndexFunc(c.tables, func(t table) bool { return t.hashinfo == at.hashinfo })
	if i < 0 || at.slot > c.tables[i].ehashMask {
		return where, "the table of its own namespace is not among those found", nil
	}
	return span{which: established, table: uint32(i), from: at.slot, to: at.slot + 1, step: 1}, "", nil
}

// locate asks the program for the first socket of the probe.
func (c *checker) locate(p *probe) (at located, wrong string, err error) {
	at.fd = uint32(p.fds[0])
	ret, err := c.loaded.Run("locate", bytesOf(&at))
	switch {
	case err != nil || ret != 0:
		return at, fmt.Sprintf("cannot find a socket of its own (%d)", ret), err
	case at.netns == 0 || p.told.Netns != nil && p.told.Netns.Inode != uint64(at.netns):
		return at, fmt.Sprintf("its own namespace was read as %d", at.netns), nil
	}
	p.in(uint64(at.netns))
	return at, "", nil
}

// slot returns the slot in which the probe should be, in a table hashed by address
// and port.
func (c *checker) slot(p *probe, which uint32) (where span, wrong string, err error) {
	at, wrong, err := c.locate(p)
	if wrong != "" || err != nil {
		return where, wrong, err
	}
	if where, wrong, err = c.whole(which); wrong != "" || err != nil {
		return where, wrong, err
	}
	if at.mixed == 0 {
		return where, "the namespace has no hash_mix", nil
	}
	where.from = addressHash(p.told.Local, at.mix) & (where.to - 1)
	where.to = where.from + 1
	return where, "", nil
}

// whole returns the table shared by namespaces, from end to end.
func (c *checker) whole(which uint32) (where span, wrong string, err error) {
	i := slices.IndexFunc(c.tables, func(t table) bool { return t.pernet == 0 })
	if i < 0 {
		return where, "no table that namespaces share", nil
	}
	size := c.tables[i].lhash2Mask + 1
	if which == bindTable {
		size = c.tables[i].bhashSize
	}
	return span{which: which, table: uint32(i), to: size, step: 1}, "", nil
}

// addressHash is the kernel's hash of an IPv4 address and a port in a namespace
// (include/net/ip.h ipv4_portaddr_hash, include/linux/jhash.h jhash_1word).
func addressHash(a netip.AddrPort, mix uint32) uint32 {
	octets := a.Addr().As4()
	start := mix + 0xdeadbeef + 1<<2 // JHASH_INITVAL, one word
	x, y, z := binary.NativeEndian.Uint32(octets[:])+start, start, start
	z = (z ^ y) - bits.RotateLeft32(y, 14)
	x = (x ^ z) - bits.RotateLeft32(z, 11)
	y = (y ^ x) - bits.RotateLeft32(x, 25)
	z = (z ^ y) - bits.RotateLeft32(y, 16)
	x = (x ^ z) - bits.RotateLeft32(z, 4)
	y = (y ^ x) - bits.RotateLeft32(x, 14)
	z = (z ^ y) - bits.RotateLeft32(y, 24)
	return z ^ uint32(a.Port())
}

// A tally is what a walk of the self-check has counted.
type tally struct {
	workerState
	rows map[string]int64          // how many sockets each group has, by its text
	of   map[string]*socket.Socket // the fields of each group
}

// count clears the sums, walks the span and returns the answer as a query would get
// it, from the first worker.
func (c *checker) count(s span) (*tally, error) {
	clear(bytesOf(&c.homes))
	if err := c.loaded.Map("census").Put(number(0), bytesOf(&c.homes)); err != nil {
		return nil, err
	}
	w, err := c.sum(s)
	if err != nil {
		return nil, err
	}
	if err := c.loaded.Map("census").Lookup(number(0), bytesOf(&c.homes)); err != nil {
		return nil, err
	}
	r := newRows(c.layout, c.need&needOwner != 0)
	r.homes(&c.homes)
	err = c.loaded.Map("groups").Drain(func(key, value []byte) bool {
		r.group(key, groupOf(value))
		return true
	})
	t := &tally{workerState: w, rows: map[string]int64{}, of: map[string]*socket.Socket{}}
	for i := range r.list {
		row := &r.list[i]
		text := c.layout.text(&row.Socket)
		t.rows[text] += int64(row.Sockets)
		t.of[text] = &row.Socket
	}
	return t, err
}

// sum clears the sums, walks the slots and returns what the first worker counted.
func (v *variant) sum(s span) (w workerState, err error) {
	if err := v.loaded.Map("workers").Put(number(0), bytesOf(&w)); err != nil {
		return w, err
	}
	a := walkArgs{which: s.which, table: s.table, from: s.from, to: s.to, step: s.step, budget: uint32(DefaultSlice), fresh: 1}
	if s.which == bindTable && v.need&loadsDirectly != 0 && s.slots() <= spanSlots {
		a.scan = 1 // as in a walk, but entrances are not known yet
	}
	for range checkSlices * (1 + (s.to-s.from)/slotsEach) {
		if err := v.slice(&a); err != nil {
			return w, err
		}
		if a.done != 0 {
			return v.worker(0)
		}
	}
	return w, problem.Errorf("%w: the walk of %d slots does not end", "%w：对 %d 个桶的遍历没有结束", ErrSelfCheck, s.to-s.from)
}

// compare returns the difference between the two counts, apart from the probe itself.
func (c *checker) compare(p *probe, with, without *tally) (wrong string) {
	n := int64(len(p.fds))
	seen, counted := int64(with.seen-without.seen), int64(with.counted-without.counted)
	expected := int64(0)
	held, known := c.query.holds(&p.told)
	if held {
		expected = n
	}
	switch {
	case seen != n:
		return fmt.Sprintf("of %d sockets in %s %d were seen", n, p.told.State, seen)
	case known && counted != expected, counted != 0 && counted != n:
		return fmt.Sprintf("of %d sockets in %s %d were counted, not %d", n, p.told.State, counted, expected)
	case with.overflow+without.overflow > 0: // the groups of one slot found no room
	default:
		wrong = c.compareRows(p, with, without, counted)
	}
	if wrong == "" && with.seen == uint64(n) && c.query.wants(&p.told) {
		wrong = c.misread(&with.subject, &p.told)
	}
	return wrong
}

// compareRows checks that exactly one group has grown, by the number of probes, that
// this group is the probe's, and that no other has changed.
func (c *checker) compareRows(p *probe, with, without *tally, counted int64) (wrong string) {
	left := counted
	for text, n := range with.rows {
		switch more := n - without.rows[text]; {
		case more == 0:
		case more != counted:
			return fmt.Sprintf("the group %s has %d sockets more, not %d", text, more, counted)
		default:
			if differs := c.layout.differs(with.of[text], &p.told); differs != "" {
				return fmt.Sprintf("a socket in %s was grouped as %s: %s", p.told.State, text, differs)
			}
			left -= more
		}
	}
	if left != 0 {
		return fmt.Sprintf("of %d sockets %d are in no group", counted, left)
	}
	return ""
}

// wants reports whether the query wants sockets in the state of s.
func (q *Query) wants(s *socket.Socket) bool {
	wanted, _ := codesOf(q)
	return wanted>>uint8(s.State)&1 != 0 // a probe is a full socket
}

// holds reports whether the query chooses the socket. known is false if no source has
// told the fields that the query reads.
func (q *Query) holds(s *socket.Socket) (held, known bool) {
	switch {
	case !q.wants(s):
		return false, true
	case len(q.Netns) > 0 && s.Netns == nil:
		return false, false
	case len(q.Netns) > 0 && !slices.Contains(q.Netns, s.Netns.Inode):
		return false, true
	case q.Where == nil:
		return true, true
	default:
		return q.Where.Match(s), q.Where.Reads().Minus(s.Known).Empty()
	}
}

// text returns the fields of a row of this layout as text.
func (l *layout) text(s *socket.Socket) string {
	var b []byte
	for _, p := range l.parts {
		if v, ok := p.field.Field().Value(s); ok {
			b = p.field.Field().Append(append(b, ' '), v)
		}
	}
	return string(b)
}

// differs returns the first field in which a row differs from the socket. Fields that
// sock_diag did not report are not compared.
func (l *layout) differs(row, told *socket.Socket) string {
	for _, p := range l.parts {
		field := p.field.Field()
		is, ok := field.Value(row)
		should, known := field.Value(told)
		if !ok || !known {
			continue
		}
		if should.Kind() == socket.Address {
			should = socket.Addr(p.key.cut(should.Addr()))
		}
		if is != should {
			return fmt.Sprintf("%s is %s", field.Name, field.Append(nil, should))
		}
	}
	return ""
}

// cut returns the address cut to the prefix of the key.
func (k Key) cut(a netip.Addr) netip.Addr {
	a = a.Unmap()
	bits := int(k.Bits6)
	if a.Is4() {
		bits = int(k.Bits4)
	}
	if !k.Cut {
		return a
	}
	p, err := a.Prefix(bits)
	if err != nil { // the prefix is longer than the address
		return a
	}
	return p.Addr()
}

// misread returns the first field in which the program read the last socket it saw
// differently from what is told.
func (v *variant) misread(s *subject, told *socket.Socket) string {
	local, remote := told.Local.Addr().As16(), told.Remote.Addr().As16()
	switch {
	case v.need&needPorts != 0 && (s.localPort != told.Local.Port() || s.remotePort != told.Remote.Port()):
		return fmt.Sprintf("ports %d and %d were read as %d and %d", told.Local.Port(), told.Remote.Port(), s.localPort, s.remotePort)
	case tcp.State(s.code&codeMask) != told.State || socket.Family(s.family) != told.Family:
		return fmt.Sprintf("%s %s was read as %d, %d", told.Family, told.State, s.family, s.code)
	case v.need&needAddress != 0 && (s.local != local || s.remote != remote):
		return fmt.Sprintf("addresses %s and %s were read as %x and %x", told.Local.Addr(), told.Remote.Addr(), s.local, s.remote)
	case v.need&needDirection != 0 && s.direction != uint8(told.Direction):
		return fmt.Sprintf("direction %d was read as %d", told.Direction, s.direction)
	case v.need&needPorts != 0 && s.device != told.Ifindex:
		return fmt.Sprintf("device %d was read as %d", told.Ifindex, s.device)
	case s.code&unownedBit != 0:
		return "a socket of this process was read as nobody's"
	case v.need&needCgroup != 0 && told.Known.Has(socket.FieldCgroupID) && s.cgroup != told.CgroupID:
		return fmt.Sprintf("cgroup %d was read as %d", told.CgroupID, s.cgroup)
	case told.Netns != nil && uint64(s.netns) != told.Netns.Inode:
		return fmt.Sprintf("namespace %d was read as %d", told.Netns.Inode, s.netns)
	default:
		return ""
	}
}
