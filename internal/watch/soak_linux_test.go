// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A trouble is what goes wrong on a host for a while.
type trouble struct {
	code  string // rule whose finding reports it
	begin func(t *testing.T) (end func())
}

// portsOfTroubles are what connect() has to choose from where they happen.
const portsOfTroubles = 400

func troubles() []trouble {
	return []trouble{
		{"CW01", leak},
		{"AQ01", fullQueue},
		{"TW03", portsGone},
		{"SY02", flood},
	}
}

// reset closes sockets by RST: nothing is left of them.
func reset(all ...int) {
	for _, fd := range all {
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		_ = unix.Close(fd)
	}
}

// listenOn listens on loopback, with such a backlog.
func listenOn(t *testing.T, backlog int) (fd int, at *unix.SockaddrInet4) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	at, ok := name.(*unix.SockaddrInet4)
	if err != nil || !ok {
		t.Fatal(name, err)
	}
	return fd, at
}

// dial connects without waiting for it.
func dial(t *testing.T, to *unix.SockaddrInet4) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	return fd
}

// pairs are connections, both ends of each.
func pairs(t *testing.T, n int) (near, far []int) {
	t.Helper()
	l, at := listenOn(t, 16)
	defer unix.Close(l)
	for range n {
		near = append(near, dial(t, at))
		fd, _, err := unix.Accept4(l, unix.SOCK_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		far = append(far, fd)
	}
	return near, far
}

// leak does not close what its peers have closed.
func leak(t *testing.T) (end func()) {
	t.Helper()
	near, far := pairs(t, 150)
	for _, fd := range near {
		_ = unix.Close(fd)
	}
	return func() { reset(far...) }
}

// fullQueue takes no connections.
func fullQueue(t *testing.T) (end func()) {
	t.Helper()
	l, at := listenOn(t, 4)
	var all []int
	for range 20 {
		all = append(all, dial(t, at))
	}
	return func() {
		reset(all...)
		_ = unix.Close(l)
	}
}

// portsGone has nearly all local ports to one destination.
func portsGone(t *testing.T) (end func()) {
	t.Helper()
	near, far := pairs(t, portsOfTroubles*95/100)
	return func() {
		reset(near...)
		reset(far...)
	}
}

// floodBy is how many SYNs a flood sends each time, every so often: a few thousand
// a second.
const (
	floodBy    = 100
	floodPause = 50 * time.Millisecond
)

// flood sends SYNs from addresses at which nobody is.
func flood(t *testing.T) (end func()) {
	t.Helper()
	l, at := listenOn(t, 32)
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		to := netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port))
		var packet []byte
		for n := uint32(0); ; {
			select {
			case <-stop:
				return
			case <-time.After(floodPause):
			}
			for range floodBy {
				n++
				s := segment.Segment{Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 99, byte(n >> 8), byte(n)}), 4711), Dst: to, Flags: segment.SYN, Seq: n, Window: 1024}
				packet = segment.Append(packet[:0], &s)
				_ = unix.Sendto(raw, packet, 0, &unix.SockaddrInet4{Addr: at.Addr}) // one that is lost is one less
			}
		}
	})
	return func() {
		close(stop)
		all.Wait()
		_ = unix.Close(raw)
		_ = unix.Close(l)
	}
}

// A drive is a watch that a test drives: it looks at a namespace, and somebody
// goes through its screens.
type drive struct {
	t     *testing.T
	m     *model
	told  chan any
	keys  int
	looks int
	// came is when each finding did.
	came map[string][]time.Time
}

// throughScreens are keys that go everywhere and come back.
const throughScreens = "1 down enter down esc 2 down enter down enter esc esc 3 ? esc down enter esc 4 enter esc 5 enter esc 6 7 down enter esc b esc / esc t tab"

// next waits for what is told, and takes it. After each look a key is pressed.
func (d *drive) next() any {
	d.t.Helper()
	select {
	case what := <-d.told:
		d.m.heard(what)
		if d.m.stopped != nil {
			d.t.Fatal(d.m.stopped)
		}
		if _, ok := what.(looked); ok {
			keys := strings.Fields(throughScreens)
			d.m.press(keys[d.keys%len(keys)], "")
			d.keys++
			d.looks++
			d.frame()
		}
		return what
	case <-time.After(5 * time.Minute):
		d.t.Fatal("nothing is told any more")
		return nil
	}
}

// frame is the screen, of which no line is too wide.
func (d *drive) frame() string {
	d.t.Helper()
	lines := d.m.frame()
	for _, l := range lines {
		if w := render.Width(sgrs.ReplaceAllString(l, "")); w > d.m.width {
			d.t.Errorf("a line of %d columns on a screen of %d: %q", w, d.m.width, l)
		}
	}
	return strings.Join(lines, "\n")
}

// judgements waits until a finding is there, or is not, and returns how many
// judgements that began after a time that took.
func (d *drive) judgements(code string, there bool, since time.Time) int {
	d.t.Helper()
	for n := 0; ; {
		j, ok := d.next().(examined)
		if !ok || !j.At.After(since) {
			continue
		}
		n++
		if j.Value.finds(code) == there || n >= 10 {
			return n
		}
	}
}

func (j *judgement) finds(code string) bool {
	for i := range j.found {
		if j.found[i].Code == code {
			return true
		}
	}
	return false
}

// stands is what the program has: bytes of its heap, files and goroutines.
func (d *drive) stands() (heap int64, files, routines int) {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		d.t.Fatal(err)
	}
	return int64(s.HeapAlloc), len(all), runtime.NumGoroutine()
}

// soakTime is how long it goes on, SOAK_WATCH in the Makefile; 0 is not at all.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK_WATCH")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("SOAK_WATCH=%q", text)
	}
	return time.Duration(n) * time.Second
}

// TestTroublesComeAndGo: of each trouble a host gets into, the finding is there
// within two judgements, and gone within two after the trouble is; all of them
// are found in the hour that is kept; and memory stands still.
func TestTroublesComeAndGo(t *testing.T) {
	long := soakTime(t)
	if long == 0 {
		t.Skip("four troubles come and go at the pace of judgements, which a busy machine stretches to minutes: make soak runs it")
	}
	ns := testnet.New(t, testnet.Options{})
	ns.SetSysctl("net.ipv4.ip_local_port_range", "20000 "+strconv.Itoa(20000+portsOfTroubles-1))
	if out, err := ns.Command("ip", "route", "add", "10.99.0.0/16", "dev", "lo").CombinedOutput(); err != nil {
		testnet.Skip(t, testnet.Tools, fmt.Sprintf("ip route: %v: %s", err, out))
	}
	o := Options{Every: time.Second, Examine: 10 * time.Second, Lang: knowledge.English, Now: time.Now, Wait: sampler.Wait}
	const held = 20 * time.Second
	host, err := engine.Open(engine.Options{Netns: ns.Path(), Stays: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	o.Source = host
	ctx, over := context.WithCancel(t.Context())
	d := &drive{t: t, told: make(chan any), came: map[string][]time.Time{}}
	m, r, err := begin(ctx, o, func(what any) {
		select {
		case d.told <- what:
		case <-ctx.Done():
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.all.Wait()
	defer over()
	d.m = m
	m.start(r)
	begun := time.Now()
	d.judgements("", false, begun) // the first one has nothing to be compared with
	var heap, heapNow int64
	var files, filesNow, routines, routinesNow int
	for round := 0; round == 0 || time.Since(begun) < long; round++ {
		for _, what := range troubles() {
			d.through(ns, what, held)
		}
		heapNow, filesNow, routinesNow = d.stands()
		t.Logf("%v, round %d: heap %.1f MiB, %d files, %d goroutines, %d MiB resident, %.2f %% of a processor", time.Since(begun).Round(time.Second), round+1,
			float64(heapNow)/(1<<20), filesNow, routinesNow, collect.OwnUse().Resident>>20, 100*collect.OwnUse().CPU.Seconds()/time.Since(begun).Seconds())
		if round < 2 {
			heap, files, routines = heapNow, filesNow, routinesNow
		}
	}
	if filesNow > files || routinesNow > routines+2 {
		t.Errorf("%d files and %d goroutines, after the second round %d and %d", filesNow, routinesNow, files, routines)
	}
	if heapNow > heap+16<<20 { // growth that is allowed in an hour
		t.Errorf("the heap is %d bytes, after the second round %d", heapNow, heap)
	}
	d.past()
}

// through lets a trouble come and go.
func (d *drive) through(ns *testnet.NS, what trouble, held time.Duration) {
	d.t.Helper()
	var end func()
	ns.Do(func() { end = what.begin(d.t) })
	if end == nil {
		d.t.FailNow()
	}
	came := d.judgements(what.code, true, time.Now())
	d.came[what.code] = append(d.came[what.code], time.Now())
	for until := time.Now().Add(held); time.Now().Before(until); {
		d.next()
	}
	end()
	went := d.judgements(what.code, false, time.Now())
	d.t.Logf("%s is there after %d judgements, and gone after %d", what.code, came, went)
	if came > 2 || went > 2 {
		d.t.Errorf("%s is there after %d judgements, and gone after %d", what.code, came, went)
	}
}

// past goes back to each moment at which a finding appeared, and to the begin.
func (d *drive) past() {
	d.t.Helper()
	back := func() {
		for range 5 {
			d.m.press("esc", "")
		}
	}
	back()
	d.next() // the next step presses a key, and may open a line to type in
	back()
	d.m.press("5", "")
	d.m.press("space", "")
	met := map[string]int{}
	for d.m.notice == "" || !strings.HasPrefix(d.m.notice, "no finding") {
		d.m.press("[", "")
		said := d.m.notice
		d.m.notice = ""
		text := d.frame()
		d.m.notice = said
		for code := range d.came {
			if !strings.Contains(said, code) {
				continue
			}
			met[code]++
			if !strings.Contains(text, code) {
				d.t.Errorf("%s appeared at %v, and then the screen was\n%s", code, d.m.at, text)
			}
		}
	}
	for code, all := range d.came {
		n := 0
		for _, at := range all {
			if time.Since(at) < lasts-time.Minute {
				n++
			}
		}
		if met[code] < n {
			d.t.Errorf("%s appeared %d times within the hour, and is found %d times in the past", code, n, met[code])
		}
	}
	d.m.press("1", "")
	for range d.looks/60 + 1 {
		d.m.press("<", "")
	}
	if text := d.frame(); !strings.Contains(text, "kept since") || !d.m.at.Equal(d.m.hour().ticks[0].at) {
		d.t.Errorf("the begin is\n%s", text)
	}
	d.t.Logf("%d looks; %v found in the past", d.looks, met)
}
