// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// An asker queries a running agent, or a history that no agent is writing, through
// Prometheus' API.
type asker struct {
	base   string // the address, without a final slash
	client *http.Client
	within bool // a handler of this process answers
}

// Limits on what an answer may be.
const (
	mostAnswer  = 64 << 20
	askPatience = 60 * time.Second
)

// askServer returns an asker for a running agent.
func askServer(base string) *asker {
	return &asker{base: base, client: &http.Client{Timeout: askPatience}}
}

// askHandler returns an asker for a handler of this process.
func askHandler(h http.Handler) *asker {
	return &asker{base: "http://localhost", client: &http.Client{Transport: within{h}}, within: true}
}

// within is a transport that calls a handler of this process.
type within struct{ http.Handler }

// RoundTrip lets the handler answer.
func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	a := &answer{head: http.Header{}, code: http.StatusOK}
	w.ServeHTTP(a, r)
	return &http.Response{StatusCode: a.code, Header: a.head, Body: io.NopCloser(&a.body), Request: r}, nil
}

// An answer is the response of a handler.
type answer struct {
	head http.Header
	code int
	body bytes.Buffer
}

// Header is [http.ResponseWriter.Header].
func (a *answer) Header() http.Header { return a.head }

// WriteHeader is [http.ResponseWriter.WriteHeader].
func (a *answer) WriteHeader(code int) { a.code = code }

// Write is [http.ResponseWriter.Write].
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// errNobody says that no server answers at an address.
var errNobody = problem.New("nobody answers", "没有应答")

// get makes one request and decodes the data of the answer into to.
func (a *asker) get(ctx context.Context, path string, parameters url.Values, to any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/api/v1/"+path+"?"+parameters.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	response, err := a.client.Do(r)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("%w: %w", errNobody, err)
		}
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return &problem.UsageError{
			Msg: "the tcpvitalsd at " + a.base + " keeps no history", Hint: "start it with --data-dir " + kept.DefaultData,
			Zh: a.base + " 的 tcpvitalsd 没有保存历史", HintZh: "启动时加上 --data-dir " + kept.DefaultData,
		}
	}
	var told struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostAnswer)).Decode(&told); err != nil {
		return problem.Errorf("%s answers %s, which is no answer of tcpvitalsd: %w", "%s 应答 %s，不是 tcpvitalsd 的应答：%w", a.base, response.Status, err)
	}
	if told.Status != "success" {
		return &problem.UsageError{Msg: told.Error, Hint: "tcpvitals explain metrics lists the metrics", Zh: told.Error, HintZh: "tcpvitals explain metrics 列出所有指标"}
	}
	return json.Unmarshal(told.Data, to)
}

// A line is one series of an answer over a period.
type line struct {
	Metric map[string]string
	Values []pointInTime
}

// A pointInTime is a number at a time, in JSON [seconds, "number"].
type pointInTime struct {
	At    float64
	Value float64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *pointInTime) UnmarshalJSON(text []byte) error {
	var value string
	if err := json.Unmarshal(text, &[]any{&p.At, &value}); err != nil {
		return err
	}
	var err error
	p.Value, err = strconv.ParseFloat(value, 64)
	return err
}

// over queries an expression over a period.
func (a *asker) over(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]line, error) {
	var told struct{ Result []line }
	err := a.get(ctx, "query_range", url.Values{
		"query": {expr}, "start": {seconds(from)}, "end": {seconds(to)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
	}, &told)
	return told.Result, err
}

// A number is one series of an answer for a time.
type number struct {
	Metric map[string]string
	Value  pointInTime
}

// instant queries an expression for a time.
func (a *asker) instant(ctx context.Context, expr string, at time.Time) ([]number, error) {
	var told struct{ Result []number }
	err := a.instantly(ctx, expr, at, &told)
	return told.Result, err
}

// instantly queries an expression for a time, whatever the type of its result.
func (a *asker) instantly(ctx context.Context, expr string, at time.Time, told any) error {
	return a.get(ctx, "query", url.Values{"query": {expr}, "time": {seconds(at)}}, told)
}

// findings queries the findings of a period.
func (a *asker) findings(ctx context.Context, from, to time.Time) (told report.PastFindings, err error) {
	err = a.get(ctx, "findings", url.Values{"start": {seconds(from)}, "end": {seconds(to)}}, &told)
	return told, err
}

func seconds(at time.Time) string {
	return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', -1, 64)
}
