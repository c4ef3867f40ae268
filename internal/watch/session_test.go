// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/trace"
)

var (
	update = flag.Bool("update", false, "write the screens of the sessions anew")
	slow   = flag.Duration("slow", 0, "show the sessions on this terminal, so long for each step")
)

func TestMain(m *testing.M) { testnet.Main(m) }

// A session drives the model as a person would, with what a machine tells from
// one second to the next. Its file has, one behind the other, what is done:
//
//	size 80x24      the terminal
//	lang zh         before all others; so are ascii, colour and traced
//	filter F        what watch was started with
//	look NAME       a second goes by, and the machine is as in the file NAME
//	part NAME N     the same, of which one bucket in N was looked at and found so
//	hint FILE N KEYS  the groups of it by KEYS as one bucket in N tells them
//	sofar FILE      the groups as counted so far, and the first sockets
//	edge A B N      until then, N more transitions
//	queue ADDR OWNER WAITING LIMIT SEVERITY, uses LOCAL REMOTE USED FREE
//	find CODE SUBJECT, gone: what the next judgement finds; judge makes it, judge D
//	with the next one D later
//	emergency FILTER  closing these helps against the last finding
//	end REASON FROM PROCESS PORT N: connections that ended; more N of the first
//	becomes STATE   the state of the socket that is shown
//	killing FILTER  it was asked to close these
//	click X Y       the mouse, on a cell from 0
//	key K...        keys, one after the other
//	type TEXT       is typed
//	see TEXT        the screen has it; unsee TEXT: it has not
//	screen NAME     the whole screen is as in the file NAME
type session struct {
	t     *testing.T
	name  string
	files map[string]string
	arch  *txtar.Archive
	m     *model
	o     Options
	now   time.Time
	seq   uint64

	edges    []trace.Edge
	ends     []trace.End
	one      tcp.State
	queues   []diagnose.Queue
	uses     []diagnose.PortUse
	findings []diagnose.Finding
	judged   *sampler.Sample[*judgement]
}

func TestSessions(t *testing.T) {
	names, err := filepath.Glob("testdata/session/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no sessions", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			if *slow == 0 {
				t.Parallel()
			}
			play(t, name)
		})
	}
}

func play(t *testing.T, name string) {
	arch, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, name: name, arch: arch, files: map[string]string{}, now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	for _, f := range arch.Files {
		s.files[f.Name] = string(f.Data)
	}
	s.o = Options{Every: time.Second, Lang: knowledge.English, Kill: func(string) *exec.Cmd { return nil }}
	for n, line := range strings.Split(string(arch.Comment), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		s.demonstrate(line)
		s.do(fmt.Sprintf("%s:%d", filepath.Base(name), n+1), verb, rest)
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(arch), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *session) do(at, verb, rest string) {
	s.t.Helper()
	words := strings.Fields(rest)
	switch verb {
	case "lang":
		s.o.Lang = knowledge.Lang(rest)
	case "ascii":
		s.o.ASCII = true
	case "colour":
		s.o.Colour = true
	case "traced":
		s.o.Trace = new(trace.Shared) // never asked: the session says what it has seen
	case "filter":
		s.o.Filter = rest
	case "size":
		m := s.model()
		if _, err := fmt.Sscanf(rest, "%dx%d", &m.width, &m.height); err != nil {
			s.t.Fatal(at, err)
		}
	case "look":
		s.look(at, rest)
	case "part":
		s.part(at, words)
	case "hint", "sofar":
		s.hint(at, verb, words)
	case "edge":
		s.edge(at, words)
	case "end":
		n, _ := strconv.ParseUint(words[4], 10, 64)
		from, _ := tcp.Parse(words[1])
		port, _ := strconv.ParseUint(words[3], 10, 16)
		reason := socket.Reason(0)
		for r := socket.ClosedFirst; r.String() != words[0]; r++ {
			if r.String() == "" {
				s.t.Fatalf("%s: no reason %s", at, words[0])
			}
			reason = r + 1
		}
		s.ends = append(s.ends, trace.End{Reason: max(reason, socket.ClosedFirst), From: from, Count: n, By: []trace.Doer{{Process: words[2], Port: uint16(port), Accepted: true, Count: n}}})
	case "more": // of the first end
		n, _ := strconv.ParseUint(rest, 10, 64)
		s.ends = []trace.End{s.ends[0]}
		s.ends[0].By = slices.Clone(s.ends[0].By)
		s.ends[0].By[0].Count += n
	case "becomes":
		var err error
		if s.one, err = tcp.Parse(rest); err != nil {
			s.t.Fatal(at, err)
		}
	case "click":
		var x, y int
		if _, err := fmt.Sscan(rest, &x, &y); err != nil {
			s.t.Fatal(at, err)
		}
		s.text() // it is clicked on what is shown
		s.model().click(x, y)
	case "killing":
		if got := s.model().kill; got != rest {
			s.t.Errorf("%s: closes %q, want %q", at, got, rest)
		}
		s.model().kill = ""
	case "queue", "uses", "find", "gone":
		s.facts(at, verb, words)
	case "emergency":
		s.findings[len(s.findings)-1].Emergency = command.Of("kill", rest)
	case "judge":
		s.judge()
		if rest != "" {
			every, err := time.ParseDuration(rest)
			if err != nil {
				s.t.Fatal(at, err)
			}
			s.judged.Every, s.judged.Interval = 10*time.Second, every
		}
	case "key":
		for _, k := range words {
			s.model().press(k, "")
		}
	case "type":
		for _, r := range rest {
			s.model().press(string(r), string(r))
		}
	case "see", "unsee":
		if text := s.text(); strings.Contains(text, rest) != (verb == "see") {
			s.t.Errorf("%s: %s %q, but there is\n%s", at, verb, rest, text)
		}
	case "screen":
		s.compare(at, rest)
	default:
		s.t.Fatalf("%s: unknown %q", at, verb)
	}
}

// demonstrate shows what is done and what then is on the screen, for somebody who
// looks on:
//
//	go test ./internal/watch -run Sessions/drill -slow 1s
func (s *session) demonstrate(line string) {
	if *slow == 0 || s.m == nil {
		return
	}
	fmt.Printf("\x1b[H\x1b[2J%s\n%s: %s\n", strings.Join(s.m.frame(), "\n"), filepath.Base(s.name), line)
	time.Sleep(*slow)
}

// model is made when it is needed first.
func (s *session) model() *model {
	s.t.Helper()
	if s.m == nil {
		s.o.Source = engine.NewListing(strings.NewReader(""), "empty")
		m, err := newModel(s.o, func(question) { s.seq = 0 })
		if err != nil {
			s.t.Fatal(err)
		}
		s.m = m
	}
	return s.m
}

func (s *session) look(at, file string) {
	s.t.Helper()
	text, ok := s.files[file]
	if !ok {
		s.t.Fatalf("%s: no file %s", at, file)
	}
	m := s.model()
	out := &look{serial: m.asked.serial}
	l := looker{source: engine.NewListing(strings.NewReader(expand(text)), file)}
	if err := l.count(s.t.Context(), m.asked, out); err != nil {
		s.t.Fatal(at, err)
	}
	out.exact = true
	if m.asked.queues {
		out.queues, out.listeners = &collect.QueueLook{}, slices.Clone(s.queues)
	}
	if m.asked.ports {
		out.ports, out.uses = &collect.PortLook{}, slices.Clone(s.uses)
	}
	if err := l.list(s.t.Context(), question{filter: m.asked.filter, rows: m.asked.rows}, out); err != nil {
		s.t.Fatal(at, err)
	}
	for i, row := range out.rows {
		row.Cookie = uint64(i + 1)
		row.Known.Add(socket.FieldCookie)
		if row.Cookie == m.asked.cookie && s.one == 0 {
			out.one = row
		}
	}
	if s.one > 0 {
		out.one = &socket.Socket{State: s.one, Known: socket.FieldsOf(socket.FieldState)}
	}
	if s.o.Trace != nil {
		out.ends = slices.Clone(s.ends)
		out.edges = append([]trace.Edge{}, s.edges...)
	}
	out.own = collect.Own{Known: true, CPU: time.Duration(s.now.Second()) * 7 * time.Millisecond, Resident: 23 << 20}
	s.seq++
	s.now = s.now.Add(time.Second)
	sample := &sampler.Sample[*look]{Look: sampler.Look{Seq: s.seq, At: s.now, Every: time.Second, Interval: time.Second}, Value: out}
	if s.seq > 1 {
		sample.Since = time.Second
	}
	m.heard(looked{sample})
}

// part is a look at one bucket in so many, in which there was what a file has.
func (s *session) part(at string, words []string) {
	s.t.Helper()
	oneIn, err := strconv.ParseUint(words[1], 10, 32)
	if err != nil {
		s.t.Fatal(at, err)
	}
	m := s.model()
	saw := &look{}
	l := looker{source: engine.NewListing(strings.NewReader(expand(s.files[words[0]])), words[0])}
	if err := l.count(s.t.Context(), question{filter: m.asked.filter}, saw); err != nil {
		s.t.Fatal(at, err)
	}
	out := &look{serial: m.asked.serial, exact: true, estimates: &[tcp.NumStates]query.Estimate{}, own: collect.Own{Known: true, Resident: 23 << 20}}
	for state := range tcp.AllStates.All() {
		n := saw.tally.Of(state).Total
		out.estimates[state] = query.Sample{Buckets: 1 << 18 / oneIn, Of: 1 << 18}.Estimate(n, n)
		if state == tcp.Listen {
			out.estimates[state] = query.Estimate{Value: n, Low: n, High: n}
		}
	}
	if s.o.Trace != nil {
		out.edges = append([]trace.Edge{}, s.edges...)
	}
	s.seq++
	s.now = s.now.Add(time.Second)
	m.heard(looked{&sampler.Sample[*look]{Look: sampler.Look{Seq: s.seq, At: s.now, Every: time.Second, Interval: 16 * time.Second, OneIn: uint32(oneIn)}, Value: out}})
}

// hint is what is told before the first look.
func (s *session) hint(at, verb string, words []string) {
	s.t.Helper()
	m := s.model()
	h := &hint{serial: m.asked.serial}
	keys := m.asked.by
	if verb == "hint" {
		n, err := strconv.ParseUint(words[1], 10, 32)
		if err != nil {
			s.t.Fatal(at, err)
		}
		h.oneIn = uint32(n)
		if keys, err = query.ParseKeys(words[2]); err != nil {
			s.t.Fatal(at, err)
		}
		h.lacks = len(keys) < len(m.asked.by)
	}
	sums := query.NewGroups(query.GroupOptions{Keys: keys})
	source := engine.NewListing(strings.NewReader(expand(s.files[words[0]])), words[0])
	_, err := source.Count(s.t.Context(), engine.Counting{Filter: m.asked.filter, Keys: keys}, func(one *socket.Socket, n engine.Counted) {
		if h.oneIn > 0 {
			sums.AddSampled(one, n.Sockets, n.Sockets)
		} else {
			sums.AddN(one, n.Sockets)
		}
	})
	if err != nil {
		s.t.Fatal(at, err)
	}
	if h.oneIn > 0 {
		sums.Scale(query.Sample{Buckets: 1 << 18 / uint64(h.oneIn), Of: 1 << 18})
	}
	h.groups = sums.Clone().Top(mostGroups)
	m.heard(h)
}

var times = regexp.MustCompile(`(?m)^(\d+)\* (.*)$`)

// expand writes lines as often as they say: "300* tcp …". # is the number of the
// line among them.
func expand(text string) string {
	return times.ReplaceAllStringFunc(text, func(line string) string {
		count, rest, _ := strings.Cut(line, "* ")
		n, _ := strconv.Atoi(count)
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(rest, "#", strconv.Itoa(20000+i)))
			if i < n-1 {
				b.WriteByte('\n')
			}
		}
		return b.String()
	})
}

func (s *session) edge(at string, words []string) {
	s.t.Helper()
	from, err := tcp.Parse(words[0])
	to, err2 := tcp.Parse(words[1])
	n, err3 := strconv.ParseUint(words[2], 10, 64)
	if err != nil || err2 != nil || err3 != nil {
		s.t.Fatal(at, err, err2, err3)
	}
	for i := range s.edges {
		if s.edges[i].From == from && s.edges[i].To == to {
			s.edges[i].Count += n
			return
		}
	}
	s.edges = append(s.edges, trace.Edge{From: from, To: to, Count: n})
}

func (s *session) facts(at, verb string, words []string) {
	s.t.Helper()
	number := func(i int) uint64 {
		n, err := strconv.ParseUint(words[i], 10, 64)
		if err != nil {
			s.t.Fatal(at, err)
		}
		return n
	}
	switch verb {
	case "queue":
		waiting, limit, drops := number(2), number(3), uint64(0)
		severity, _ := diagnose.ParseSeverity(words[4])
		s.queues = append(s.queues, diagnose.Queue{
			Socket:  &socket.Socket{Local: netip.MustParseAddrPort(words[0]), Owner: &socket.Owner{Process: &socket.Process{Name: words[1], PID: 4711}}},
			Waiting: &waiting, Limit: &limit, Drops: &drops, Severity: severity,
		})
	case "uses":
		s.uses = append(s.uses, diagnose.PortUse{Local: netip.MustParseAddr(words[0]), Remote: netip.MustParseAddrPort(words[1]), Used: int(number(2)), Free: int(number(3)), Capacity: int(number(2) + number(3))})
	case "find":
		about := netip.MustParseAddrPort(words[1])
		rule, ok := diagnose.RuleOf(words[0])
		if !ok {
			s.t.Fatalf("%s: no rule %s", at, words[0])
		}
		s.findings = append(s.findings, diagnose.Finding{Code: words[0], Severity: diagnose.Warning, Summary: rule.Title, About: diagnose.About{Local: about}, Check: rule.Check})
	case "gone":
		s.findings = nil
	}
}

func (s *session) judge() {
	j := &judgement{judged: 60, unjudged: 3}
	var old *judgement
	if s.judged != nil {
		old = s.judged.Value
	}
	j.remember(&diagnose.Diagnosis{Findings: s.findings}, old, s.now)
	s.judged = &sampler.Sample[*judgement]{Look: sampler.Look{At: s.now}, Value: j}
	s.model().heard(examined{s.judged})
}

var sgrs = regexp.MustCompile("\x1b\\[[0-9;]*m")

// text is the screen, whose lines are checked each time.
func (s *session) text() string {
	s.t.Helper()
	m := s.model()
	lines := m.frame()
	if len(lines) != m.height {
		s.t.Errorf("%d lines on a screen of %d", len(lines), m.height)
	}
	for _, l := range lines {
		if w := render.Width(sgrs.ReplaceAllString(l, "")); w > m.width {
			s.t.Errorf("a line of %d columns on a screen of %d: %q", w, m.width, l)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *session) compare(at, file string) {
	s.t.Helper()
	got := strings.ReplaceAll(s.text(), "\x1b", "␛")
	if want, ok := s.files[file]; ok && !*update {
		if diff := cmp.Diff(want, got); diff != "" {
			s.t.Errorf("%s: screen %s (-want +got)\n%s", at, file, diff)
		}
		return
	}
	if !*update {
		s.t.Fatalf("%s: no screen %s: look at what -update writes", at, file)
	}
	s.files[file] = got
	for i := range s.arch.Files {
		if s.arch.Files[i].Name == file {
			s.arch.Files[i].Data = []byte(got)
			return
		}
	}
	s.arch.Files = append(s.arch.Files, txtar.File{Name: file, Data: []byte(got)})
}
