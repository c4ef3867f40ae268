// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// DoctorSchema names the JSON form of a diagnosis (docs/json.md).
const DoctorSchema = "tcpvitals.doctor/1"

// Doctor is a diagnosis with everything that is reported about it.
type Doctor struct {
	*diagnose.Diagnosis

	Time       time.Time
	Host       string // "" for a listing
	Kernel     string // "" if unknown
	Engine     string
	Format     string // format of a listing
	Exact      bool
	Namespaces []*socket.Netns // namespaces that were judged; nil for a listing
	Tally      *query.Tally    // sockets of all namespaces
	Gaps       []problem.Gap
	Rules      []diagnose.Rule // rules that were applied
	// CrossChecks compare the kernel's own counters with the sockets. They are shown
	// together with the derivation.
	CrossChecks []DoctorCrossCheck
	// Expired are the entries whose last day has passed: what they ignored counts
	// again.
	Expired []diagnose.Ignore
	Scope   command.Scope // scope of the commands that are printed
}

// DoctorCrossCheck compares the kernel's own numbers of one network namespace.
type DoctorCrossCheck struct {
	Netns       *socket.Netns
	Comparisons []diagnose.Comparison
	Once        bool // the numbers were read once, not before and after the sockets
}

// NewDoctor returns the report on an examined machine, except for what is ignored.
func NewDoctor(x *collect.Window, now time.Time, ignoring ...diagnose.Ignore) Doctor {
	m := x.Now.Machine
	holds, expired := diagnose.Holding(ignoring, now)
	d := Doctor{
		Diagnosis: x.Judge(holds...), Expired: expired, Time: x.About.At(now), Host: x.About.Host, Kernel: m.Kernel,
		Engine: x.Now.Report.Engine, Format: x.Now.Format, Exact: x.Now.Report.Exact, Tally: x.Now.Tally(),
		Rules: diagnose.Rules(), Scope: x.Scope,
	}
	d.Gaps = x.Gaps(d.Diagnosis)
	for i, b := range x.Now.CrossChecks {
		d.CrossChecks = append(d.CrossChecks, DoctorCrossCheck{Netns: m.Spaces[i].Netns, Comparisons: diagnose.Reconcile(b), Once: b.Before == nil})
	}
	for _, space := range m.Spaces {
		if space.Netns != nil {
			d.Namespaces = append(d.Namespaces, space.Netns)
		}
	}
	return d
}

// Partial reports whether something was lost that could have been read.
func (d *Doctor) Partial() bool { return problem.Lossy(d.Gaps) }

// Several reports whether more than one namespace was judged.
func (d *Doctor) Several() bool { return len(d.Namespaces) > 1 }

// Rule returns a rule by its code; an empty one if there is none.
func (d *Doctor) Rule(code string) diagnose.Rule {
	at := slices.IndexFunc(d.Rules, func(r diagnose.Rule) bool { return r.Code == code })
	if at < 0 {
		return diagnose.Rule{Code: code}
	}
	return d.Rules[at]
}

// A textRecord is a text in JSON, in both languages.
type textRecord struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

func textRecords(all []knowledge.Text) []textRecord {
	out := make([]textRecord, len(all))
	for i, t := range all {
		out[i] = textRecord(t)
	}
	return out
}

type findingRecord struct {
	Code       string            `json:"code"`
	Name       string            `json:"name"`
	Title      textRecord        `json:"title"`
	Severity   string            `json:"severity"`
	Basis      string            `json:"basis"`
	Netns      string            `json:"netns,omitempty"`
	NetnsInode uint64            `json:"netns_inode,omitempty"`
	Subject    string            `json:"subject,omitempty"`
	Local      string            `json:"local,omitempty"`
	Remote     string            `json:"remote,omitempty"`
	PID        uint32            `json:"pid,omitempty"`
	StartTicks uint64            `json:"start_ticks,omitempty"`
	Process    string            `json:"process,omitempty"`
	Sharers    int               `json:"sharers,omitempty"`
	Unit       string            `json:"unit,omitempty"`
	Container  string            `json:"container,omitempty"`
	Also       string            `json:"also,omitempty"`
	Among      string            `json:"among,omitempty"`
	Others     uint64            `json:"others,omitempty"`
	Summary    textRecord        `json:"summary"`
	Detail     []textRecord      `json:"detail"`
	Evidence   []evidenceRecord  `json:"evidence"`
	Changes    []changeRecord    `json:"changes"`
	Check      string            `json:"check"`
	Emergency  string            `json:"emergency"`
	Missing    []missingRecord   `json:"missing"`
	Explains   []explainedRecord `json:"explains"`
}

type evidenceRecord struct {
	Name      string   `json:"name"`
	Value     float64  `json:"value"`
	Unit      string   `json:"unit,omitempty"`
	Threshold *float64 `json:"threshold,omitempty"`
}

type changeRecord struct {
	Key   string     `json:"key"`
	Value string     `json:"value,omitempty"`
	Why   textRecord `json:"why"`
}

type missingRecord struct {
	Fact   string     `json:"fact"`
	Reason textRecord `json:"reason"`
}

type explainedRecord struct {
	Why     textRecord    `json:"why"`
	Finding findingRecord `json:"finding"`
}

type ignoreRecord struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason,omitempty"`
	Until  string `json:"until,omitempty"`
	Place  string `json:"place,omitempty"`
}

type ignoredRecord struct {
	By      ignoreRecord  `json:"by"`
	Finding findingRecord `json:"finding"`
}

type notJudgedRecord struct {
	Code       string          `json:"code"`
	Netns      string          `json:"netns,omitempty"`
	NetnsInode uint64          `json:"netns_inode,omitempty"`
	Missing    []missingRecord `json:"missing"`
}

type netnsRecord struct {
	Name  string `json:"netns"`
	Inode uint64 `json:"netns_inode"`
}

type crossCheckRecord struct {
	netnsRecord

	Comparisons []CensusComparison `json:"comparisons"`
}

// JSON writes the diagnosis as one document of the form [DoctorSchema].
func (d *Doctor) JSON(w io.Writer) error {
	doc := struct {
		Schema      string             `json:"schema"`
		Time        time.Time          `json:"time"`
		Host        string             `json:"host,omitempty"`
		Kernel      string             `json:"kernel,omitempty"`
		Engine      string             `json:"engine"`
		Format      string             `json:"format,omitempty"`
		Exact       bool               `json:"exact"`
		Window      float64            `json:"window_seconds,omitempty"`
		Namespaces  []netnsRecord      `json:"namespaces"`
		Worst       string             `json:"worst"`
		Findings    []findingRecord    `json:"findings"`
		Ignored     []ignoredRecord    `json:"ignored"`
		Expired     []ignoreRecord     `json:"ignore_expired"`
		NotJudged   []notJudgedRecord  `json:"not_judged"`
		Passed      []string           `json:"passed"`
		CrossChecks []crossCheckRecord `json:"reconciliation,omitempty"`
		Gaps        []Gap              `json:"gaps"`
	}{
		Schema: DoctorSchema, Time: d.Time.UTC().Truncate(time.Millisecond), Host: d.Host, Kernel: d.Kernel,
		Engine: d.Engine, Format: d.Format, Exact: d.Exact, Window: rounded(d.Window.Seconds()), Namespaces: []netnsRecord{},
		Worst: d.Worst().String(), Findings: make([]findingRecord, len(d.Findings)), NotJudged: make([]notJudgedRecord, len(d.NotJudged)),
		Ignored: []ignoredRecord{}, Expired: []ignoreRecord{},
		Passed: append([]string{}, d.Passed...), Gaps: Gaps(d.Gaps),
	}
	for _, n := range d.Namespaces {
		doc.Namespaces = append(doc.Namespaces, netnsRecord{n.Name, n.Inode})
	}
	for _, b := range d.CrossChecks {
		r := crossCheckRecord{Comparisons: NewCensusComparisons(b.Comparisons)}
		if b.Netns != nil {
			r.netnsRecord = netnsRecord{b.Netns.Name, b.Netns.Inode}
		}
		doc.CrossChecks = append(doc.CrossChecks, r)
	}
	for i := range d.Findings {
		doc.Findings[i] = d.recordFinding(&d.Findings[i])
	}
	for i := range d.Ignored {
		doc.Ignored = append(doc.Ignored, ignoredRecord{recordIgnore(d.Ignored[i].By), d.recordFinding(&d.Ignored[i].Finding)})
	}
	for i := range d.Expired {
		doc.Expired = append(doc.Expired, recordIgnore(&d.Expired[i]))
	}
	for i, n := range d.NotJudged {
		r := notJudgedRecord{Code: n.Code, Missing: recordMissing(n.Missing)}
		if n.Netns != nil {
			r.Netns, r.NetnsInode = n.Netns.Name, n.Netns.Inode
		}
		doc.NotJudged[i] = r
	}
	return JSON(w, doc)
}

func recordIgnore(g *diagnose.Ignore) ignoreRecord {
	r := ignoreRecord{Rule: g.String(), Reason: g.Reason, Place: g.Place}
	if !g.Until.IsZero() {
		r.Until = g.Until.Format(time.DateOnly)
	}
	return r
}

func (d *Doctor) recordFinding(f *diagnose.Finding) findingRecord {
	rule := d.Rule(f.Code)
	r := findingRecord{
		Code: f.Code, Name: rule.Name, Title: textRecord(rule.Title), Severity: f.Severity.String(), Basis: basisWord(f.Basis),
		Subject: f.Subject(), Local: AddressText(f.About.Local), Remote: AddressText(f.About.Remote), Others: f.Others, Summary: textRecord(f.Summary), Detail: textRecords(f.Detail), Check: f.Check.String(), Emergency: f.Emergency.String(), Missing: recordMissing(f.Missing),
		Evidence: make([]evidenceRecord, len(f.Evidence)), Changes: make([]changeRecord, len(f.Changes)), Explains: make([]explainedRecord, len(f.Explains)),
	}
	if f.Netns != nil {
		r.Netns, r.NetnsInode = f.Netns.Name, f.Netns.Inode
	}
	if o := f.Owner; o != nil {
		r.Unit, r.Container, r.Also, r.Among = o.Unit, o.Container, o.Also, o.Among
		if o.Process != nil {
			r.PID, r.StartTicks, r.Process, r.Sharers = o.Process.PID, o.Process.Start, o.Process.Name, o.Sharers
		}
	}
	for i, e := range f.Evidence {
		r.Evidence[i] = evidenceRecord{e.Name, rounded(e.Value), e.Unit, e.Threshold}
	}
	for i, c := range f.Changes {
		r.Changes[i] = changeRecord{c.Key, c.Value, textRecord(c.Why)}
	}
	for i := range f.Explains {
		r.Explains[i] = explainedRecord{textRecord(f.Explains[i].Why), d.recordFinding(&f.Explains[i].Finding)}
	}
	return r
}

// AddressText prints an address and port: only the address if the port is 0, only the
// port if the address stands for all; "" for neither.
func AddressText(a netip.AddrPort) string {
	switch {
	case a.Addr().IsValid() && a.Port() != 0:
		return a.String()
	case a.Addr().IsValid():
		return a.Addr().String()
	case a.Port() != 0:
		return ":" + strconv.Itoa(int(a.Port()))
	default:
		return ""
	}
}

func recordMissing(all []diagnose.Missing) []missingRecord {
	out := make([]missingRecord, len(all))
	for i, m := range all {
		out[i] = missingRecord{m.Fact, textRecord(m.Reason)}
	}
	return out
}

func basisWord(b diagnose.Basis) string {
	switch b {
	case diagnose.Counts:
		return "counts"
	case diagnose.Limit:
		return "limit"
	case diagnose.Loss:
		return "loss"
	case diagnose.Setting:
		return "setting"
	case diagnose.Lasting:
		return "lasting"
	default:
		return strconv.Itoa(int(b))
	}
}

// rounded keeps three decimals: further digits of a measurement are noise.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }
