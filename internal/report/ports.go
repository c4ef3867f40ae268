// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// PortsSchema names the JSON form of local ports by destination (docs/json.md).
const PortsSchema = "tcpvitals.ports/2"

// Ports is an answer about local ports.
type Ports struct {
	Time   time.Time
	Host   string
	Window time.Duration // time between two looks; 0 for one look
	Engine string
	Exact  bool
	Total  int // number of destinations, shown or not
	Uses   []diagnose.PortUse
	Gaps   []problem.Gap
}

// NewPorts returns the answer for one look, or for two if before is not nil.
func NewPorts(now, before *collect.PortLook, at time.Time, host string, elapsed time.Duration) Ports {
	all := now.Judge(before, elapsed)
	return Ports{
		Time: at, Host: host, Window: elapsed, Engine: now.Report.Engine, Exact: now.Report.Exact, Total: len(all), Uses: all,
		Gaps: slices.Concat(now.Gaps, now.Report.Gaps, now.Report.Limits),
	}
}

// portRecord is one destination in JSON.
type portRecord struct {
	Netns      string              `json:"netns,omitempty"`
	NetnsInode uint64              `json:"netns_inode,omitempty"`
	Local      string              `json:"local"`
	Remote     string              `json:"remote"`
	Port       uint16              `json:"dport"`
	Capacity   int                 `json:"capacity"`
	Used       int                 `json:"used"`
	Blocked    int                 `json:"blocked"`
	Inferred   int                 `json:"blocked_inferred"`
	Free       int                 `json:"free"`
	FreeBind   int                 `json:"free_for_bind"`
	Live       int                 `json:"live"`
	TimeWait   int                 `json:"time_wait"`
	Reusable   int                 `json:"reusable"`
	Reuse      diagnose.PortReuse  `json:"reuse"`
	Timestamps diagnose.Timestamps `json:"timestamps"`
	Share      float64             `json:"share"`
	Closed     float64             `json:"closed_per_second"`
	Opened     *float64            `json:"opened_per_second,omitempty"` // nil without a window
	RunsOut    *float64            `json:"runs_out_seconds,omitempty"`
	Severity   string              `json:"severity"`
	Advice     []diagnose.PortKnob `json:"advice"`
}

func (a *Ports) portRecord(u *diagnose.PortUse) portRecord {
	r := portRecord{
		Local: u.Local.String(), Remote: u.Remote.Addr().String(), Port: u.Remote.Port(),
		Capacity: u.Capacity, Used: u.Used, Blocked: u.Blocked, Inferred: u.Inferred, Free: u.Free, FreeBind: u.FreeBind,
		Live: u.Live, TimeWait: u.TimeWait, Reusable: u.Reusable, Reuse: u.Reuse, Timestamps: u.Timestamps,
		Share: math.Round(u.Share()*1e6) / 1e6, Closed: rounded(u.Closed),
		Severity: u.Severity.String(), Advice: u.Knobs,
	}
	if u.Netns != nil {
		r.Netns, r.NetnsInode = u.Netns.Name, u.Netns.Inode
	}
	if a.Window > 0 {
		opened := rounded(u.Opened)
		r.Opened = &opened
	}
	if u.WillEnd {
		seconds := u.RunsOut.Seconds()
		r.RunsOut = &seconds
	}
	if r.Advice == nil {
		r.Advice = []diagnose.PortKnob{}
	}
	return r
}

// JSON writes the answer as one document of the form [PortsSchema].
func (a *Ports) JSON(w io.Writer) error {
	doc := struct {
		Schema       string       `json:"schema"`
		Time         time.Time    `json:"time"`
		Host         string       `json:"host,omitempty"`
		Engine       string       `json:"engine"`
		Exact        bool         `json:"exact"`
		Window       float64      `json:"window_seconds,omitempty"`
		Total        int          `json:"total"`
		Destinations []portRecord `json:"destinations"`
		Gaps         []Gap        `json:"gaps"`
	}{PortsSchema, a.Time.UTC().Truncate(time.Millisecond), a.Host, a.Engine, a.Exact, rounded(a.Window.Seconds()), a.Total, []portRecord{}, Gaps(a.Gaps)}
	for i := range a.Uses {
		doc.Destinations = append(doc.Destinations, a.portRecord(&a.Uses[i]))
	}
	return JSON(w, doc)
}

// NDJSON writes a line for each destination, then one for each gap.
func (a *Ports) NDJSON(w io.Writer) error {
	return encodeLines(w, each(a.Uses, a.portRecord), Gaps(a.Gaps))
}

// CSV writes a line for each destination under a header.
func (a *Ports) CSV(w io.Writer) error {
	rows := [][]string{{
		"netns", "local", "remote", "dport", "capacity", "used", "blocked", "blocked_inferred", "free", "free_for_bind",
		"live", "time_wait", "reusable", "closed_per_second", "opened_per_second", "runs_out_seconds", "severity", "advice",
	}}
	for i := range a.Uses {
		r := a.portRecord(&a.Uses[i])
		row := []string{csvName(r.Netns), r.Local, r.Remote, strconv.Itoa(int(r.Port))}
		for _, n := range []int{r.Capacity, r.Used, r.Blocked, r.Inferred, r.Free, r.FreeBind, r.Live, r.TimeWait, r.Reusable} {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, append(row, numberText(&r.Closed), numberText(r.Opened), numberText(r.RunsOut), r.Severity, words(r.Advice, " ")))
	}
	return newCSV(w).WriteAll(rows)
}

// numberText prints a number for CSV; "" if unknown.
func numberText(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}
