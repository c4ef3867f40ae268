// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"strconv"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// mostKept is how many bytes of an answer wait until its query has ended. Of a longer
// one the rest is written while the query keeps its turn: the numbers of an answer are
// in memory until then, and no more than those of the queries that run may be.
const mostKept = 256 << 10

// respondLent parses the form of a request and writes the answer to a query.
func respondLent(ask func(*http.Request, func(*history.Answer) error) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !parsed(w, r) {
			return
		}
		out := &held{w: w}
		if err := ask(r, func(a *history.Answer) error { return writeAnswer(out, a) }); err != nil && !out.begun {
			refuse(w, err)
			return
		}
		_ = out.rest() // the client may have gone
	}
}

// held keeps the beginning of what is written, and passes on what is more.
type held struct {
	w     http.ResponseWriter
	kept  bytes.Buffer
	begun bool // something was passed on
}

// Write keeps or passes on.
func (h *held) Write(p []byte) (int, error) {
	if h.kept.Len()+len(p) > mostKept {
		if err := h.rest(); err != nil {
			return 0, err
		}
	}
	return h.kept.Write(p)
}

// rest passes on what is kept.
func (h *held) rest() error {
	if !h.begun {
		h.w.Header().Set("Content-Type", "application/json")
		h.w.Header().Set("X-Content-Type-Options", "nosniff")
		h.w.WriteHeader(http.StatusOK)
		h.begun = true
	}
	_, err := h.kept.WriteTo(h.w)
	return err
}

// writeAnswer writes an answer as Prometheus does (docs/querying/api.md), number by
// number: a document in memory would be several times as large as the answer.
func writeAnswer(w io.Writer, a *history.Answer) error {
	o := &answerWriter{w: w, line: make([]byte, 0, 4<<10)}
	o.text(`{"status":"success","data":{"resultType":"` + a.Kind + `","result":`)
	switch a.Kind {
	case history.Scalar:
		for r := range a.Rows {
			o.samples(r)
		}
	case history.Text:
		o.json([]any{float64(a.TextAt.UnixMilli()) / 1000, a.Text})
	default:
		o.rows(a)
	}
	o.text("}")
	if len(a.Notes) > 0 {
		o.text(`,"warnings":`)
		o.json(a.Notes)
	}
	o.text("}\n")
	return o.flush()
}

// An answerWriter writes small pieces together, and nothing more after an error.
type answerWriter struct {
	w    io.Writer
	line []byte
	err  error
}

func (o *answerWriter) rows(a *history.Answer) {
	values := `,"value":`
	if a.Kind == history.Matrix {
		values = `,"values":[`
	}
	separator := "["
	for r := range a.Rows {
		if o.err != nil {
			return
		}
		o.text(separator + `{"metric":`)
		separator = ","
		o.json(metricOf(r))
		o.text(values)
		o.samples(r)
		if a.Kind == history.Matrix {
			o.text("]")
		}
		o.text("}")
	}
	if separator == "[" {
		o.text(separator)
	}
	o.text("]")
}

// samples writes [seconds, "number"] for each; the number is a string because JSON has
// no NaN and no infinity.
func (o *answerWriter) samples(r *history.Row) {
	first := true
	for s := range r.Samples {
		if !first {
			o.line = append(o.line, ',')
		}
		first = false
		o.line = append(o.line, '[')
		o.line = strconv.AppendFloat(o.line, float64(s.At.UnixMilli())/1000, 'f', -1, 64)
		o.line = append(o.line, `,"`...)
		o.line = append(o.line, number(s.Value)...)
		if o.text(`"]`); o.err != nil {
			return
		}
	}
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

// json writes a value as other answers have it.
func (o *answerWriter) json(v any) {
	var b bytes.Buffer
	if err := report.JSONLine(&b, v); err != nil {
		o.err = err
		return
	}
	o.text(string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}

func (o *answerWriter) text(s string) {
	o.line = append(o.line, s...)
	if len(o.line) >= cap(o.line)-100 {
		_ = o.flush()
	}
}

func (o *answerWriter) flush() error {
	if o.err == nil {
		_, o.err = o.w.Write(o.line)
	}
	o.line = o.line[:0]
	return o.err
}
