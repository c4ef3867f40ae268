// SPDX-License-Identifier: Apache-2.0

package render

import (
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// DoctorSchema names the JSON form of a diagnosis (docs/json.md).
const DoctorSchema = "tcpvitals.doctor/1"

// Doctor is a diagnosis with all that there is to tell about it.
type Doctor struct {
	*diagnose.Diagnosis

	Time       time.Time
	Host       string // empty for a listing
	Kernel     string // empty when it is not known
	Engine     string
	Format     string // of a listing
	Exact      bool
	Namespaces []*socket.Netns // that were judged; nil in a listing
	Tally      *query.Tally    // the sockets of all of them
	Gaps       []problem.Gap
	Rules      []diagnose.Rule // by which it was judged
	// Books sets the kernel's own numbers beside the sockets, for who wants the
	// derivation.
	Books []DoctorBooks
}

// DoctorBooks are the kernel's own numbers of one network namespace.
type DoctorBooks struct {
	Netns       *socket.Netns
	Comparisons []diagnose.Comparison
	Once        bool // they were read once, not before and after the sockets
}

// several reports whether more than one namespace was judged.
func (d *Doctor) several() bool { return len(d.Namespaces) > 1 }

// rule returns a rule by its code, an empty one when there is none.
func (d *Doctor) rule(code string) diagnose.Rule {
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
	PID        uint32            `json:"pid,omitempty"`
	Process    string            `json:"process,omitempty"`
	Unit       string            `json:"unit,omitempty"`
	Container  string            `json:"container,omitempty"`
	Summary    textRecord        `json:"summary"`
	Detail     []textRecord      `json:"detail"`
	Evidence   []evidenceRecord  `json:"evidence"`
	Changes    []changeRecord    `json:"changes"`
	Check      string            `json:"check"`
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

type booksRecord struct {
	netnsRecord

	Comparisons []CensusComparison `json:"comparisons"`
}

// JSON writes the diagnosis as one document of the form [DoctorSchema].
func (d *Doctor) JSON(w io.Writer) error {
	doc := struct {
		Schema     string            `json:"schema"`
		Time       time.Time         `json:"time"`
		Host       string            `json:"host,omitempty"`
		Kernel     string            `json:"kernel,omitempty"`
		Engine     string            `json:"engine"`
		Format     string            `json:"format,omitempty"`
		Exact      bool              `json:"exact"`
		Window     float64           `json:"window_seconds,omitempty"`
		Namespaces []netnsRecord     `json:"namespaces"`
		Worst      string            `json:"worst"`
		Findings   []findingRecord   `json:"findings"`
		NotJudged  []notJudgedRecord `json:"not_judged"`
		Passed     []string          `json:"passed"`
		Books      []booksRecord     `json:"reconciliation,omitempty"`
		Gaps       []problem.Gap     `json:"gaps"`
	}{
		Schema: DoctorSchema, Time: d.Time.UTC().Truncate(time.Millisecond), Host: d.Host, Kernel: d.Kernel,
		Engine: d.Engine, Format: d.Format, Exact: d.Exact, Window: rounded(d.Window.Seconds()), Namespaces: []netnsRecord{},
		Worst: d.Worst().String(), Findings: make([]findingRecord, len(d.Findings)), NotJudged: make([]notJudgedRecord, len(d.NotJudged)),
		Passed: append([]string{}, d.Passed...), Gaps: append([]problem.Gap{}, d.Gaps...),
	}
	for _, n := range d.Namespaces {
		doc.Namespaces = append(doc.Namespaces, netnsRecord{n.Name, n.Inode})
	}
	for _, b := range d.Books {
		r := booksRecord{Comparisons: NewCensusComparisons(b.Comparisons)}
		if b.Netns != nil {
			r.netnsRecord = netnsRecord{b.Netns.Name, b.Netns.Inode}
		}
		doc.Books = append(doc.Books, r)
	}
	for i := range d.Findings {
		doc.Findings[i] = d.recordFinding(&d.Findings[i])
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

func (d *Doctor) recordFinding(f *diagnose.Finding) findingRecord {
	rule := d.rule(f.Code)
	r := findingRecord{
		Code: f.Code, Name: rule.Name, Title: textRecord(rule.Title), Severity: f.Severity.String(), Basis: basisWord(f.Basis),
		Subject: f.Subject, Summary: textRecord(f.Summary), Detail: textRecords(f.Detail), Check: f.Check, Missing: recordMissing(f.Missing),
		Evidence: make([]evidenceRecord, len(f.Evidence)), Changes: make([]changeRecord, len(f.Changes)), Explains: make([]explainedRecord, len(f.Explains)),
	}
	if f.Netns != nil {
		r.Netns, r.NetnsInode = f.Netns.Name, f.Netns.Inode
	}
	if o := f.Owner; o != nil {
		r.Unit, r.Container = o.Unit, o.Container
		if o.Process != nil {
			r.PID, r.Process = o.Process.PID, o.Process.Name
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

// rounded keeps three decimals: more of a measured number is noise.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }
