// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
	"github.com/tcpvitals/tcpvitals/internal/report"
)

// Limits on those who follow.
const (
	mostFollowers = 8                // at the same time
	eventWithin   = 10 * time.Second // how long one may take for an event
)

// A stream shows samples as they are made, as server-sent events (HTML Living
// Standard 9.2): "count" each time that it was counted, "examine" when something was
// examined anew. Whoever reads too slowly gets the newest, not all.
type stream struct {
	newest func() *metrics.Sample
	room   chan struct{}
	ended  <-chan struct{}

	mu   sync.Mutex
	next chan struct{} // closed when there is a new sample
}

func newStream(newest func() *metrics.Sample, ended <-chan struct{}) *stream {
	return &stream{newest: newest, room: make(chan struct{}, mostFollowers), ended: ended, next: make(chan struct{})}
}

// Take wakes those who follow.
func (s *stream) Take(context.Context, *metrics.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.next)
	s.next = make(chan struct{})
	return nil
}

func (s *stream) awaited() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// ServeHTTP writes until the reader is gone, or the agent ends.
func (s *stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, fmt.Sprintf("%d follow already", mostFollowers), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	f := follower{w: w, out: http.NewResponseController(w)}
	for {
		next := s.awaited()
		if f.show(s.newest()) != nil {
			return // whoever has gone away knows
		}
		select {
		case <-next:
		case <-s.ended:
			return
		case <-f.gone(r):
			return
		}
	}
}

// A follower is one who reads.
type follower struct {
	w                 http.ResponseWriter
	out               *http.ResponseController
	counted, examined time.Time // of what was shown last
}

// gone is closed when the reader has gone away. That the time for usual answers is
// over does not count.
func (f *follower) gone(r *http.Request) <-chan struct{} {
	if context.Cause(r.Context()) == context.DeadlineExceeded { //nolint:errorlint // the context's own
		return nil // a write tells
	}
	return r.Context().Done()
}

// show writes what is new in a sample.
func (f *follower) show(s *metrics.Sample) error {
	if s == nil {
		return nil
	}
	if s.Count != nil && s.Count.At.After(f.counted) {
		f.counted = s.Count.At
		if err := f.event("count", s, s.Count.At, false); err != nil {
			return err
		}
	}
	if s.Examined != nil && s.Examined.At.After(f.examined) {
		f.examined = s.Examined.At
		return f.event("examine", s, s.Examined.At, true)
	}
	return nil
}

// A shown series has its value as Prometheus writes it: JSON knows no infinity.
type shown struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	Value  string            `json:"value"`
}

func (f *follower) event(kind string, s *metrics.Sample, at time.Time, slow bool) error {
	doc := struct {
		At     time.Time `json:"at"`
		Series []shown   `json:"series"`
	}{At: at.UTC(), Series: []shown{}}
	for one := range metrics.Of(s) {
		if one.Slow != slow {
			continue
		}
		series := shown{Name: one.Name, Value: strconv.FormatFloat(one.Value, 'g', -1, 64)}
		for _, l := range one.Labels {
			if series.Labels == nil {
				series.Labels = map[string]string{}
			}
			series.Labels[l.Name] = l.Value
		}
		doc.Series = append(doc.Series, series)
	}
	if err := f.out.SetWriteDeadline(time.Now().Add(eventWithin)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f.w, "event: %s\ndata: ", kind); err != nil {
		return err
	}
	if err := report.JSONLine(f.w, doc); err != nil { // one line: ends of lines in names are escaped
		return err
	}
	if _, err := f.w.Write([]byte("\n")); err != nil {
		return err
	}
	return f.out.Flush()
}
