// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/cmd/tcpvitalsd/internal/history"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

var (
	errMissing = problem.New("it is missing", "缺少它")
	errNumber  = problem.New("it is neither a number nor a time", "它既不是数字，也不是时间")
)

func badParameter(name string, err error) error {
	return &history.QueryError{Kind: history.BadData, Err: fmt.Errorf("parameter %q: %w", name, err)}
}

// moment reads a parameter that is a time: seconds since 1970, or RFC 3339.
func (a *API) moment(r *http.Request, name string, otherwise time.Time) (time.Time, error) {
	text := r.Form.Get(name)
	if text == "" {
		return otherwise, nil
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(s) || math.Abs(s) > maxSeconds {
			return time.Time{}, badParameter(name, errNumber)
		}
		whole, part := math.Modf(s)
		return time.Unix(int64(whole), int64(part*1e9)).Round(time.Millisecond), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, badParameter(name, errNumber)
	}
	return at, nil
}

// maxSeconds is the greatest time in seconds. In milliseconds it fits into 64 bits and
// leaves room for additions.
const maxSeconds = 1 << 50

// duration reads seconds, or a duration in the form of PromQL.
func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, errMissing
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(s) || s < 0 || s > maxStep.Seconds() {
			return 0, errNumber
		}
		return time.Duration(s * float64(time.Second)), nil
	}
	return history.ParseDuration(text)
}

// maxStep is the longest step, longer than any history.
const maxStep = 100 * 365 * 24 * time.Hour

// span reads start and end. If they are missing and not required, it is the whole
// history.
func (a *API) span(r *http.Request, required bool) (from, to time.Time, err error) {
	for _, name := range []string{"start", "end"} {
		if required && r.Form.Get(name) == "" {
			return from, to, badParameter(name, errMissing)
		}
	}
	if from, err = a.moment(r, "start", time.Unix(0, 0)); err != nil {
		return from, to, err
	}
	to, err = a.moment(r, "end", a.now())
	return from, to, err
}

func (a *API) scope(r *http.Request) (history.Scope, error) {
	from, to, err := a.span(r, false)
	return history.Scope{Selectors: r.Form["match[]"], From: from, To: to}, err
}

// within returns a context with the time limit that the query itself sets.
func within(r *http.Request) (context.Context, context.CancelFunc, error) {
	text := r.Form.Get("timeout")
	if text == "" {
		return r.Context(), func() {}, nil
	}
	d, err := duration(text)
	if err != nil {
		return nil, nil, badParameter("timeout", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), d)
	return ctx, cancel, nil
}
