// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/trace"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// QueuesSchema names the JSON form of listeners and their queues (docs/json.md).
const QueuesSchema = "tcpvitals.queues/1"

// Queues is an answer about listeners.
type Queues struct {
	Time   time.Time
	Host   string        // "" for a listing
	Window time.Duration // time between two looks; 0 for one look
	Engine string
	Exact  bool
	Queues []diagnose.Queue
	Gaps   []problem.Gap
	Notes  []query.Note // notes on how the filter was read
	// LeftOut is how many listeners the filter did not choose.
	LeftOut uint64
	// Trace is the summary of the trace between two looks; nil if there was none.
	Trace *trace.Summary
}

// Ends returns how connections ended that a listener had accepted, the most frequent
// first, for all listeners of the same port and namespace together. It is empty
// without a trace.
func (a *Queues) Ends(q *diagnose.Queue) []trace.End {
	if a.Trace == nil {
		return nil
	}
	netns := ""
	if n := q.Socket.Netns; n != nil && a.Trace.Spaces > 1 {
		netns = n.Name
	}
	return a.Trace.Served(netns, q.Socket.Local.Port())
}

// NewQueues returns the answer for one look, or for two if before is not nil.
func NewQueues(now, before *collect.QueueLook, at time.Time, host string, elapsed time.Duration) Queues {
	a := Queues{
		Time: at, Host: host, Window: elapsed, Engine: now.Report.Engine, Exact: now.Report.Exact,
		Notes: now.Filter.Notes(), Queues: now.Judge(before, elapsed), LeftOut: now.LeftOut,
	}
	a.Gaps = slices.Concat(now.Report.Gaps, now.Unknown(a.Queues))
	return a
}

// queueRecord is one listener in JSON. null means that a value could not be read.
type queueRecord struct {
	Netns      string               `json:"netns,omitempty"`
	NetnsInode uint64               `json:"netns_inode,omitempty"`
	Local      string               `json:"local"`
	Port       uint16               `json:"sport"`
	Device     string               `json:"device,omitempty"`
	Cookie     string               `json:"cookie,omitempty"`
	Inode      *uint32              `json:"inode"`
	PID        uint32               `json:"pid,omitempty"`
	Process    string               `json:"process,omitempty"`
	Unit       string               `json:"unit,omitempty"`
	Container  string               `json:"container,omitempty"`
	Also       string               `json:"also,omitempty"`
	Among      string               `json:"among,omitempty"`
	Members    int                  `json:"members"`
	Waiting    *uint64              `json:"waiting"`
	Limit      *uint64              `json:"limit"`
	LimitSetBy string               `json:"limit_set_by"`
	Somaxconn  *uint64              `json:"somaxconn"`
	SynRecv    uint64               `json:"syn_recv"`
	Unaccepted *uint64              `json:"unaccepted"`
	Drops      *uint64              `json:"drops"`
	Window     *queueWindowRecord   `json:"window,omitempty"`
	Trace      *queueTraceRecord    `json:"trace,omitempty"`
	Severity   string               `json:"severity"`
	Signs      []diagnose.QueueSign `json:"signs"`
	Advice     []diagnose.QueueKnob `json:"advice"`
}

type queueWindowRecord struct {
	WaitingBefore  *uint64          `json:"waiting_before"`
	Drops          *uint64          `json:"drops"`
	DropsPerSecond *float64         `json:"drops_per_second"`
	Overflows      *overflowsRecord `json:"overflows"`
	Left           uint64           `json:"left"`
	Stayed         uint64           `json:"stayed"`
	Movement       string           `json:"movement"`
}

// queueTraceRecord is how connections of a listener ended.
type queueTraceRecord struct {
	Seconds float64       `json:"seconds"`
	Ended   uint64        `json:"ended"`
	Ends    []endDocument `json:"ends"`
}

// overflowsRecord is what a listener lost at its accept queue.
type overflowsRecord struct {
	Least uint64 `json:"least"`
	Most  uint64 `json:"most"`
}

func (a *Queues) record(q *diagnose.Queue) queueRecord {
	r := recordOf(q)
	if a.Trace == nil {
		return r
	}
	t := Trace{Summary: a.Trace}
	ends := a.Ends(q)
	r.Trace = &queueTraceRecord{Seconds: rounded(a.Trace.Took.Seconds()), Ends: t.ends(ends)}
	for i := range ends {
		r.Trace.Ended += ends[i].Count
	}
	return r
}

func recordOf(q *diagnose.Queue) queueRecord {
	s := q.Socket
	r := queueRecord{
		Local: s.Local.Addr().String(), Port: s.Local.Port(), Device: s.Device,
		Members: q.Members, Waiting: q.Waiting, Limit: q.Limit, LimitSetBy: string(q.LimitSetBy), Somaxconn: q.Somaxconn,
		SynRecv: q.SynRecv, Unaccepted: q.Unaccepted, Drops: q.Drops,
		Severity: q.Severity.String(), Signs: q.Signs, Advice: q.Knobs,
	}
	if r.Signs == nil {
		r.Signs = []diagnose.QueueSign{}
	}
	if r.Advice == nil {
		r.Advice = []diagnose.QueueKnob{}
	}
	if s.Netns != nil {
		r.Netns, r.NetnsInode = s.Netns.Name, s.Netns.Inode
	}
	if s.Known.Has(socket.FieldInode) {
		r.Inode = &s.Inode
	}
	if s.Known.Has(socket.FieldCookie) {
		r.Cookie = strconv.FormatUint(s.Cookie, 16)
	}
	r.owner(s.Owner)
	r.window(q.Window)
	return r
}

func (r *queueRecord) owner(o *socket.Owner) {
	if o == nil {
		return
	}
	r.Unit, r.Container, r.Also, r.Among = o.Unit, o.Container, o.Also, o.Among
	if o.Process != nil {
		r.PID, r.Process = o.Process.PID, o.Process.Name
	}
}

func (r *queueRecord) window(w *diagnose.QueueWindow) {
	if w == nil {
		return
	}
	r.Window = &queueWindowRecord{WaitingBefore: w.WaitingBefore, Drops: w.Drops, Left: w.Left, Stayed: w.Stayed, Movement: string(w.Movement)}
	if w.Overflows != nil {
		r.Window.Overflows = &overflowsRecord{w.Overflows.Least, w.Overflows.Most}
	}
	if rate, ok := w.DropRate(); ok {
		rate = rounded(rate)
		r.Window.DropsPerSecond = &rate
	}
}

// JSON writes the answer as one document of the form [QueuesSchema].
func (a *Queues) JSON(w io.Writer) error {
	doc := struct {
		Schema    string        `json:"schema"`
		Time      time.Time     `json:"time"`
		Host      string        `json:"host,omitempty"`
		Engine    string        `json:"engine"`
		Exact     bool          `json:"exact"`
		Window    float64       `json:"window_seconds,omitempty"`
		Notes     []query.Note  `json:"filter_notes,omitempty"`
		Listeners []queueRecord `json:"listeners"`
		Gaps      []Gap         `json:"gaps"`
	}{QueuesSchema, a.Time.UTC().Truncate(time.Millisecond), a.Host, a.Engine, a.Exact, rounded(a.Window.Seconds()), a.Notes, []queueRecord{}, Gaps(a.Gaps)}
	return streamedJSON(w, doc, streamOf("listeners", a.Queues, a.record))
}

// NDJSON writes a line for each listener, then one for each gap.
func (a *Queues) NDJSON(w io.Writer) error {
	return encodeLines(w, each(a.Queues, a.record), Gaps(a.Gaps))
}

// CSV writes a line for each listener under a header; an unknown value is empty.
func (a *Queues) CSV(w io.Writer) error {
	c := newCSV(w)
	if err := c.Write([]string{
		"netns", "local", "sport", "pid", "process", "unit", "members", "waiting", "limit", "limit_set_by", "somaxconn",
		"syn_recv", "unaccepted", "drops", "window_drops", "movement", "severity", "signs", "advice", "ends",
	}); err != nil {
		return err
	}
	for i := range a.Queues {
		if err := c.Write(append(csvQueue(&a.Queues[i]), a.csvEnds(&a.Queues[i]))); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func csvQueue(q *diagnose.Queue) []string {
	r := recordOf(q)
	pid, dropped, movement := "", "", ""
	if r.PID != 0 {
		pid = strconv.FormatUint(uint64(r.PID), 10)
	}
	if r.Window != nil {
		dropped, movement = optional(r.Window.Drops), r.Window.Movement
	}
	process := ""
	if o := q.Socket.Owner; o != nil && o.Process != nil {
		process = visible.Word(o.Process.Name)
	}
	return []string{
		csvName(r.Netns), r.Local, strconv.Itoa(int(r.Port)), pid, process, csvName(r.Unit), strconv.Itoa(r.Members),
		optional(r.Waiting), optional(r.Limit), r.LimitSetBy, optional(r.Somaxconn),
		strconv.FormatUint(r.SynRecv, 10), optional(r.Unaccepted), optional(r.Drops), dropped, movement,
		r.Severity, words(r.Signs, " "), words(r.Advice, " "),
	}
}

// csvEnds returns how connections of a listener ended, as "closed-first=12
// unread-data=3".
func (a *Queues) csvEnds(q *diagnose.Queue) string {
	var b strings.Builder
	for i, e := range a.Ends(q) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(e.Reason.String() + "=" + strconv.FormatUint(e.Count, 10))
	}
	return b.String()
}

// optional prints a number; "" if unknown.
func optional(n *uint64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(*n, 10)
}

func words[W ~string](all []W, between string) string {
	texts := make([]string, len(all))
	for i, w := range all {
		texts[i] = string(w)
	}
	return strings.Join(texts, between)
}
