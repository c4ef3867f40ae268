// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	_ "embed"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/kernel/condition"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

var (
	//go:embed trace.o
	typedObject []byte
	//go:embed raw.o
	rawObject []byte
)

// program is the name of the main program, empty that of a program that does nothing.
const (
	program = "transition"
	empty   = "nothing"
	// resets is the name of the program that sees each RST sent, at its own
	// tracepoint.
	resets    = "reset"
	resetting = "tcp_send_reset"
)

// A Tracer is attached to the kernel from [Open] to Close. Not safe for
// concurrent use.
type Tracer struct {
	options Options
	way     Way
	object  *bpf.Object
	ring    *bpf.Ring // nil if no records are made
	base    Totals    // counts from before the trace began
	owners  ownerTable
	start   bpf.Stats

	baseStays Stays
	none      bpf.Stats // statistics of the empty program
	reasons   resetReasons
	timing    io.Closer // open while the kernel measures programs
}

// Open loads the program, checks it on connections of its own, and attaches it.
// Errors are a [*problem.PermissionError] that names the capabilities, a
// [*problem.UnsupportedError], or an error that tells what the program got wrong.
func Open(o Options) (*Tracer, error) {
	c, err := newChecker()
	if err != nil {
		return nil, err
	}
	defer c.close()
	ways := []Way{Typed, Raw}
	if o.Way != 0 {
		ways = []Way{o.Way}
	}
	return firstOf(ways, func(w Way) (*Tracer, error) { return openWay(o, w, c) })
}

// firstOf opens the first way that this kernel supports. If none works, the error is
// that of the first way. If a right is missing, no other way is tried, since all need
// it.
func firstOf(ways []Way, open func(Way) (*Tracer, error)) (*Tracer, error) {
	var first error
	for _, w := range ways {
		t, err := open(w)
		if err == nil {
			return t, nil
		}
		first = cmp.Or(first, err)
		if _, unsupported := errors.AsType[*problem.UnsupportedError](err); !unsupported {
			break
		}
	}
	return nil, first
}

// openWay opens a tracer that observes in one way.
func openWay(o Options, way Way, c *checker) (*Tracer, error) {
	if way > Raw {
		return nil, &problem.UnsupportedError{Feature: "trace", Reason: "no program is to be loaded", Zh: "这里不支持 trace：没有要加载的程序"}
	}
	t, err := open(o, way)
	if err != nil {
		return nil, err
	}
	if err := t.begin(c); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Way returns how the tracer observes transitions.
func (t *Tracer) Way() Way { return t.way }

func open(o Options, way Way) (*Tracer, error) {
	object := typedObject
	if way == Raw {
		object = rawObject
	}
	spec, err := bpf.Parse(object)
	if err != nil {
		return nil, err
	}
	programs := []string{program}
	if o.Cost {
		programs = append(programs, empty)
	}
	var reasons resetReasons
	if o.Resets {
		if err := bpf.Check(); err != nil {
			return nil, err
		}
		if reasons.told, err = resetsTold(); err != nil {
			return nil, err
		}
		if err := spec.Set("reset_reasons", flag(reasons.told)); err != nil {
			return nil, err
		}
		programs = append(programs, resets)
	}
	spec.Only(programs...)
	if err := o.prepare(spec); err != nil {
		return nil, err
	}
	loaded, err := spec.Load()
	if err != nil {
		return nil, err
	}
	t := &Tracer{options: o, way: way, object: loaded, reasons: reasons}
	if o.records() {
		t.ring, err = loaded.Ring("records")
	}
	if err == nil && o.Cost {
		t.timing, err = bpf.CountRuns()
	}
	for _, p := range programs {
		if err == nil {
			err = loaded.Attach(p)
		}
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func flag(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

func (o *Options) records() bool { return o.Ends || o.Opens || o.Events }

// prepare sets the program's constants, and shrinks maps that are not used.
func (o *Options) prepare(spec *bpf.Spec) error {
	var errs []error
	for name, value := range map[string]uint32{
		"only_netns": uint32(o.Netns), "want_owners": flag(o.Owners),
		"want_ends": flag(o.Ends), "want_opens": flag(o.Opens), "want_events": flag(o.Events), "want_closers": flag(o.KeepClosers), "want_stays": flag(o.Stays),
	} {
		errs = append(errs, spec.Set(name, value))
	}
	size := func(name string, used bool, entries uint32) {
		if !used {
			entries = 1
		}
		errs = append(errs, spec.Resize(name, 0, 0, entries))
	}
	size("owners", o.Owners, 0)
	places := func(name, mask string, used bool, n uint32) {
		size(name, used, n)
		if used {
			errs = append(errs, spec.Set(mask, n-1))
		}
	}
	places("births", "births_mask", o.records() || o.Owners || o.KeepClosers, keptBirths)
	places("closers", "closers_mask", o.KeepClosers, KeptClosers)
	places("stays", "stays_mask", o.Stays, keptStays)
	if o.Stays && !o.AllStays {
		errs = append(errs, spec.Set("stays_sample", uint32(StaySample-1)))
	}
	size("times", o.Stays, 0)
	errs = append(errs, o.choose(spec))
	if !o.records() {
		errs = append(errs, spec.Resize("records", 0, 0, 4096)) // the smallest ring
	}
	return errors.Join(errs...)
}

// choose generates the code that decides for which transitions there are records.
func (o *Options) choose(spec *bpf.Spec) error {
	if o.States != 0 {
		if err := spec.Set("want_states", uint32(o.States)); err != nil {
			return err
		}
	}
	if o.Where == nil {
		return nil
	}
	match, err := condition.Compile(o.Where, nil)
	if err != nil {
		return err
	}
	return errors.Join(spec.Set("want_match", uint32(1)), spec.Replace("match", match))
}

// begin checks the program, and discards what was counted until then.
func (t *Tracer) begin(c *checker) error {
	if err := errors.Join(t.lookAlso(c.netns()), c.check(t), t.lookAlso(0)); err != nil {
		return err
	}
	if t.ring != nil {
		if err := t.ring.Drain(func([]byte) bool { return true }); err != nil {
			return err
		}
	}
	var err error
	if t.start, err = t.stats(); err != nil {
		return err
	}
	if t.options.Cost {
		if t.none, err = t.object.Stats(empty); err != nil {
			return err
		}
	}
	base, err := t.totals()
	if err != nil {
		return err
	}
	t.base = *base
	t.baseStays, err = t.stays()
	return err
}

// lookAlso makes the program trace one more namespace; 0 ends that.
func (t *Tracer) lookAlso(netns uint32) error {
	var value [4]byte
	binary.NativeEndian.PutUint32(value[:], netns)
	return t.object.Map("checked").Put(make([]byte, 4), value[:])
}

// Close unloads the program and its maps.
func (t *Tracer) Close() error {
	var err error
	if t.ring != nil {
		err = t.ring.Close()
	}
	if t.timing != nil {
		err = errors.Join(err, t.timing.Close())
	}
	return errors.Join(err, t.object.Close())
}

// Listening tells the tracer about a listening port: a connection on such a port
// counts as accepted. The tracer sees ports that begin to listen later by itself.
func (t *Tracer) Listening(netns uint32, port uint16) error {
	var key [8]byte
	binary.NativeEndian.PutUint32(key[:], netns)
	binary.NativeEndian.PutUint32(key[4:], uint32(port))
	return t.object.Map("listening").Put(key[:], []byte{1, 0, 0, 0})
}

// Totals returns the counts since the tracer was opened.
func (t *Tracer) Totals() (*Totals, error) {
	now, err := t.totals()
	if err != nil {
		return nil, err
	}
	now.subtract(&t.base)
	return now, nil
}

// Edges returns the transitions since the tracer was opened. Unlike the other methods
// it may be called concurrently with them.
func (t *Tracer) Edges() (Edges, error) {
	now, err := t.edges()
	now.Subtract(&t.base.Edges)
	return now, err
}

func (t *Tracer) edges() (now Edges, err error) {
	err = t.object.Map("edges").Sums(func(key []byte, sum uint64) bool {
		i := binary.NativeEndian.Uint32(key)
		now[i/16%16][i%16] = sum
		return true
	})
	return now, err
}

func (t *Tracer) totals() (*Totals, error) {
	now := &Totals{}
	var err error
	now.Edges, err = t.edges()
	if err == nil {
		err = t.losses(&now.Lost)
	}
	if err == nil && t.options.Owners {
		now.Owners, err = t.owners.read(t.object.Map("owners"))
	}
	return now, err
}

// stats returns the statistics of the programs that trace.
func (t *Tracer) stats() (bpf.Stats, error) {
	s, err := t.object.Stats(program)
	if err != nil || !t.options.Resets {
		return s, err
	}
	r, err := t.object.Stats(resets)
	return bpf.Stats{Runs: s.Runs + r.Runs, Time: s.Time + r.Time, Missed: s.Missed + r.Missed}, err
}

func (t *Tracer) losses(l *Losses) error {
	stats, err := t.stats()
	if err != nil {
		return err
	}
	l.Skipped = stats.Missed
	return t.object.Map("lost").Sums(func(key []byte, sum uint64) bool {
		switch binary.NativeEndian.Uint32(key) {
		case 0:
			l.Owners = sum
		case 1:
			l.Records = sum
		case 2:
			l.Closers = sum
		default:
			l.Stays = sum
		}
		return true
	})
}

// subtract subtracts earlier counts.
func (t *Totals) subtract(base *Totals) {
	t.Edges.Subtract(&base.Edges)
	t.Lost.Owners -= base.Lost.Owners
	t.Lost.Records -= base.Lost.Records
	t.Lost.Closers -= base.Lost.Closers
	t.Lost.Stays -= base.Lost.Stays
	t.Lost.Skipped -= base.Lost.Skipped
	if len(base.Owners) == 0 {
		return
	}
	before := make(map[Owner]uint64, len(base.Owners))
	for _, o := range base.Owners {
		before[o.Owner] = o.Count
	}
	kept := t.Owners[:0]
	for _, o := range t.Owners {
		if o.Count -= before[o.Owner]; o.Count > 0 {
			kept = append(kept, o)
		}
	}
	t.Owners = kept
}

// Records calls visit for each record since the last call, until visit returns false.
// A record is valid during the call.
func (t *Tracer) Records(visit func(*Record) bool) error {
	if t.ring == nil {
		return problem.New("tracer: no records were asked for", "tracer：没有要求记录")
	}
	var r Record
	var names interned
	var wrong error
	err := t.ring.Drain(func(raw []byte) bool {
		if wrong = r.read(raw, &names); wrong != nil {
			return false
		}
		return visit(&r)
	})
	return errors.Join(err, wrong)
}

// Closer returns who closed first the connection of that cookie; its time-wait socket
// keeps the cookie (net/ipv4/inet_timewait_sock.c inet_twsk_alloc). known is false if
// the close was before the trace, or if newer ones replaced it.
func (t *Tracer) Closer(cookie uint64) (c Closer, known bool, err error) {
	var key [4]byte
	var value, again [closerSize]byte
	binary.NativeEndian.PutUint32(key[:], uint32(cookie)&(KeptClosers-1))
	m := t.object.Map("closers")
	for range 3 { // another entry may be written in this place at the moment
		if err := errors.Join(m.Lookup(key[:], value[:]), m.Lookup(key[:], again[:])); err != nil {
			return c, false, err
		}
		if value == again {
			return closerOf(value[:]), binary.NativeEndian.Uint64(value[:]) == cookie, nil
		}
	}
	return c, false, nil
}

// Cost returns the time of the program since the tracer was opened with Options.Cost.
func (t *Tracer) Cost() (c Cost, err error) {
	s, err := t.stats()
	if err != nil {
		return c, err
	}
	none, err := t.object.Stats(empty)
	if err != nil {
		return c, err
	}
	c.Runs, c.Took = s.Runs-t.start.Runs, s.Time-t.start.Time
	if runs := none.Runs - t.none.Runs; runs > 0 {
		c.Floor = (none.Time - t.none.Time) / time.Duration(runs)
	}
	return c, nil
}

// Stays returns how long sockets were in each state since the tracer was opened with
// Options.Stays.
func (t *Tracer) Stays() (*Stays, error) {
	now, err := t.stays()
	for i := range now {
		for j := range now[i] {
			now[i][j] -= t.baseStays[i][j]
		}
	}
	return &now, err
}

func (t *Tracer) stays() (now Stays, err error) {
	if !t.options.Stays {
		return now, nil
	}
	err = t.object.Map("times").Sums(func(key []byte, sum uint64) bool {
		if i := binary.NativeEndian.Uint32(key); i < 12*staySteps {
			now[i/staySteps][i%staySteps] = sum
		}
		return true
	})
	return now, err
}

// keptStays is for how many sockets the time is remembered at which they entered
// their state: half a MiB. The oldest entry is forgotten when that many measured
// sockets come after it, and is then counted as lost.
const keptStays = 1 << 15

// keptBirths is for how many sockets it is remembered when and by which end they were
// opened: 8 MiB.
const keptBirths = 1 << 19

// Layouts from trace.bpf.c.
const (
	recordSize = 120
	closerSize = 64
	nameSize   = 16

	flagAccepted = 1
	flagKernel   = 2
	flagV6       = 4
)

func ownerOf(key []byte) Owner {
	flags := key[26]
	return Owner{
		Cgroup: binary.NativeEndian.Uint64(key), Actor: binary.NativeEndian.Uint64(key[8:]),
		Netns: binary.NativeEndian.Uint32(key[16:]), Port: binary.NativeEndian.Uint16(key[20:]),
		Errno: binary.NativeEndian.Uint16(key[22:]), What: What(key[24]), From: tcp.State(key[25]),
		Accepted: flags&flagAccepted != 0, Kernel: flags&flagKernel != 0, V6: flags&flagV6 != 0,
		Process: name(key[32:]),
	}
}

func closerOf(v []byte) Closer {
	flags := binary.NativeEndian.Uint32(v[44:])
	return Closer{
		Start:  time.Duration(binary.NativeEndian.Uint64(v[16:])),
		Cgroup: binary.NativeEndian.Uint64(v[24:]), Actor: binary.NativeEndian.Uint64(v[32:]),
		PID: binary.NativeEndian.Uint32(v[40:]), Kernel: flags&flagKernel != 0,
		Process: name(v[48:]),
	}
}

// read decodes a record. It allocates only for a new name.
func (r *Record) read(b []byte, names *interned) error {
	if len(b) != recordSize {
		return problem.Errorf("tracer: a record of %d bytes, want %d", "tracer：一条记录有 %d 字节，应为 %d", len(b), recordSize)
	}
	u64 := func(at int) uint64 { return binary.NativeEndian.Uint64(b[at:]) }
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }
	u16 := func(at int) uint16 { return binary.NativeEndian.Uint16(b[at:]) }
	flags := b[99]
	local, remote := netip.AddrFrom4([4]byte(b[56:])), netip.AddrFrom4([4]byte(b[72:]))
	if flags&flagV6 != 0 {
		local, remote = netip.AddrFrom16([16]byte(b[56:])), netip.AddrFrom16([16]byte(b[72:]))
	}
	*r = Record{
		At: time.Duration(u64(0)), Born: time.Duration(u64(8)), Cookie: u64(16), Cgroup: u64(24), Actor: u64(32),
		Start: time.Duration(u64(40)), Netns: u32(48), PID: u32(52),
		Local: netip.AddrPortFrom(local, u16(88)), Remote: netip.AddrPortFrom(remote, u16(90)),
		Errno: u16(92), What: What(b[96]), From: tcp.State(b[97]), To: tcp.State(b[98]),
		Accepted: flags&flagAccepted != 0, Kernel: flags&flagKernel != 0, Process: names.name(b[100:]),
	}
	return nil
}

// name returns the bytes before the first zero byte.
func name(b []byte) string {
	text, _, _ := strings.Cut(string(b[:nameSize]), "\x00")
	return text
}

// interned remembers the last name, which the next record mostly repeats.
type interned struct {
	raw  [nameSize]byte
	text string
}

func (i *interned) name(b []byte) string {
	if [nameSize]byte(b) != i.raw || i.text == "" {
		i.raw = [nameSize]byte(b)
		i.text = name(b)
	}
	return i.text
}
