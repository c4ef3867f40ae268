// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"bytes"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// An envelope contains every answer.
type envelope struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

// respond parses the form of a request and writes the answer.
func respond(answer func(*http.Request) (any, []string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		if err := r.ParseForm(); err != nil {
			write(w, http.StatusBadRequest, &envelope{Status: "error", ErrorType: history.BadData, Error: err.Error()})
			return
		}
		data, notes, err := answer(r)
		if err != nil {
			kind := kindOf(err)
			write(w, statusOf(kind), &envelope{Status: "error", ErrorType: kind, Error: err.Error()})
			return
		}
		write(w, http.StatusOK, &envelope{Status: "success", Data: data, Warnings: notes})
	}
}

func kindOf(err error) string {
	if q, ok := errors.AsType[*history.QueryError](err); ok {
		return q.Kind
	}
	return "internal"
}

// statusOf is the HTTP status that Prometheus uses for a kind of error
// (web/api/v1/api.go).
func statusOf(kind string) int {
	switch kind {
	case history.BadData:
		return http.StatusBadRequest
	case history.Execution:
		return http.StatusUnprocessableEntity
	case history.Timeout, history.Canceled:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func write(w http.ResponseWriter, status int, e *envelope) {
	var buf bytes.Buffer
	if err := report.JSONLine(&buf, e); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // the client may have gone
}

// metric is the name and the labels of a series.
type metric map[string]string

func metricOf(r *history.Row) metric {
	m := make(metric, len(r.Labels)+1)
	if r.Name != "" {
		m["__name__"] = r.Name
	}
	for _, l := range r.Labels {
		m[l.Name] = l.Value
	}
	return m
}

// A sample is [seconds, "number"]; the number is a string because JSON has no NaN and
// no infinity.
type sample history.Sample

// MarshalJSON writes it as Prometheus does.
func (s sample) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 40), '[')
	b = strconv.AppendFloat(b, float64(s.At.UnixMilli())/1000, 'f', -1, 64)
	b = append(b, ',', '"')
	b = append(b, number(s.Value)...)
	return append(b, '"', ']'), nil
}

func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// resulted is the data of a query.
type resulted struct {
	Type   string `json:"resultType"`
	Result any    `json:"result"`
}

type one struct {
	Metric metric `json:"metric"`
	Value  sample `json:"value"`
}

type several struct {
	Metric metric   `json:"metric"`
	Values []sample `json:"values"`
}

func result(a *history.Answer) resulted {
	r := resulted{Type: a.Kind}
	switch a.Kind {
	case history.Scalar:
		r.Result = sample(a.Rows[0].Samples[0])
	case history.Text:
		r.Result = []any{0, a.Text}
	case history.Vector:
		rows := make([]one, len(a.Rows))
		for i := range a.Rows {
			rows[i] = one{metricOf(&a.Rows[i]), sample(a.Rows[i].Samples[0])}
		}
		r.Result = rows
	default:
		rows := make([]several, len(a.Rows))
		for i := range a.Rows {
			rows[i] = several{metricOf(&a.Rows[i]), samples(a.Rows[i].Samples)}
		}
		r.Result = rows
	}
	return r
}

func samples(from []history.Sample) []sample {
	to := make([]sample, len(from))
	for i, s := range from {
		to[i] = sample(s)
	}
	return to
}
