// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"bytes"
	"errors"
	"net/http"

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
		if !parsed(w, r) {
			return
		}
		data, notes, err := answer(r)
		if err != nil {
			refuse(w, err)
			return
		}
		write(w, http.StatusOK, &envelope{Status: "success", Data: data, Warnings: notes})
	}
}

// parsed parses the form of a request, or refuses the request.
func parsed(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if err := r.ParseForm(); err != nil {
		write(w, http.StatusBadRequest, &envelope{Status: "error", ErrorType: history.BadData, Error: err.Error()})
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, err error) {
	kind := kindOf(err)
	write(w, statusOf(kind), &envelope{Status: "error", ErrorType: kind, Error: err.Error()})
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
