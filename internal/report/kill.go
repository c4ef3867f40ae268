// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// KillSchema names the JSON form of kill (docs/json.md).
const KillSchema = "tcpvitals.kill/1"

// Kill is the set of sockets that a filter chose to be closed.
type Kill struct {
	Preview *kill.Preview
	Notes   []query.Note // notes on how the filter was read
}

// KillDocument is the JSON form.
type KillDocument struct {
	Schema  string       `json:"schema"`
	Time    time.Time    `json:"time"`
	Host    string       `json:"host,omitempty"`
	Engine  string       `json:"engine"`
	Filter  string       `json:"filter"`
	Notes   []query.Note `json:"filter_notes,omitempty"`
	DryRun  bool         `json:"dry_run"`
	Sockets []KillSocket `json:"sockets"`
	Spared  []KillSocket `json:"spared"`
	Killed  *int         `json:"killed,omitempty"`
	Gone    *int         `json:"gone,omitempty"`
	Refused *int         `json:"refused,omitempty"`
	Return  *KillReturn  `json:"return,omitempty"`
	Gaps    []Gap        `json:"gaps"`
}

// KillReturn tells whether sockets like the closed ones have come back.
type KillReturn struct {
	Seconds float64 `json:"seconds"`
	New     int     `json:"new"`
}

// A KillSocket is a socket with its outcome.
type KillSocket struct {
	row     json.RawMessage
	Subflow bool        `json:"mptcp_subflow,omitempty"`
	Outcome kill.Fate   `json:"outcome,omitempty"`
	Reason  kill.Reason `json:"reason,omitempty"`
	Detail  string      `json:"detail,omitempty"`
}

// MarshalJSON puts the fields of the socket before its outcome.
func (s KillSocket) MarshalJSON() ([]byte, error) {
	type plain KillSocket
	tail, err := marshal(plain(s))
	if err != nil || len(tail) == len("{}") {
		return s.row, err
	}
	b := append([]byte{}, s.row[:len(s.row)-1]...)
	return append(append(b, ','), tail[1:]...), nil
}

// killFields returns the fields of a socket in JSON.
func killFields() []*socket.Field {
	var columns []*socket.Field
	for _, id := range []socket.FieldID{
		socket.FieldState, socket.FieldKind, socket.FieldLocal, socket.FieldLocalPort, socket.FieldRemote, socket.FieldRemotePort,
		socket.FieldCookie, socket.FieldNetns, socket.FieldNetnsInode, socket.FieldIfindex, socket.FieldInode,
		socket.FieldRecvQ, socket.FieldSendQ, socket.FieldPID, socket.FieldProcess, socket.FieldSharers,
		socket.FieldUnit, socket.FieldContainer, socket.FieldOwnerOf,
	} {
		columns = append(columns, id.Field())
	}
	return columns
}

// Document returns the JSON form of a preview and its outcome. r and again are nil if
// there is none.
func (k Kill) Document(now time.Time, host, filter string, r *kill.Result) KillDocument {
	p := k.Preview
	d := KillDocument{
		Schema: KillSchema, Time: now.UTC().Truncate(time.Millisecond), Host: host, Engine: p.Report.Engine,
		Filter: filter, Notes: k.Notes, DryRun: r == nil, Sockets: []KillSocket{}, Spared: []KillSocket{},
		Gaps: Gaps(p.Report.Gaps),
	}
	columns := killFields()
	for i := range p.Victims {
		s := killSocket(columns, &p.Victims[i])
		if r != nil {
			o := r.Outcomes[i]
			s.Outcome, s.Reason, s.Detail = o.Fate, o.Reason, o.Detail.En
		}
		d.Sockets = append(d.Sockets, s)
	}
	for i := range p.Spared {
		s := killSocket(columns, &p.Spared[i].Victim)
		s.Outcome, s.Reason, s.Detail = kill.Left, p.Spared[i].Reason, p.Spared[i].Detail
		d.Spared = append(d.Spared, s)
	}
	if r == nil {
		return d
	}
	for i := range r.NotShown {
		s := killSocket(columns, &r.NotShown[i])
		s.Outcome, s.Reason = kill.Left, kill.NotShown
		d.Spared = append(d.Spared, s)
	}
	killed, gone, refused := r.Count(kill.Killed), r.Count(kill.Gone), r.Count(kill.Left)
	d.Killed, d.Gone, d.Refused = &killed, &gone, &refused
	d.Gaps = append(d.Gaps, Gaps(r.Gaps)...)
	return d
}

func killSocket(columns []*socket.Field, v *kill.Victim) KillSocket {
	var row socket.Socket
	v.Fill(&row)
	return KillSocket{row: appendObject(nil, columns, &row), Subflow: v.Subflow()}
}
