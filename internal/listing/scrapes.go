// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// This file knows lines of Prometheus's text format whose number is not what it looks
// like: samples of one series at several times, and labels without a name.

// scrapes watches for a series, a metric with its labels, that comes again with a time.
type scrapes struct {
	seen  map[digest]bool
	stamp digest // digest of the last time stamp that began another scrape
	told
}

// takes takes a series with the time after its number.
func (s *scrapes) takes(series, stamp []byte, line uint64, text []byte) {
	h, at := digestOf(series), digestOf(stamp)
	switch {
	case s.seen[h] && (s.n == 0 || s.stamp != at):
		s.stamp = at
		s.add(line, text)
	case len(s.seen) < labels:
		if s.seen == nil {
			s.seen = map[digest]bool{}
		}
		s.seen[h] = true
	}
}

func digestOf(b []byte) digest {
	h := newDigest()
	for _, c := range b {
		h.add(uint64(c))
	}
	return h
}

// sampled notes what a line of counts says as a sample of Prometheus.
func (rd *Reader) sampled() {
	l := &rd.line
	if b := withoutPrefix(l.line); rd.json == nil && lacksName(b) {
		rd.nameless.add(rd.result.Lines, b)
	}
	if len(l.stamp) > 0 {
		series, _, _ := bytes.Cut(l.line, []byte("}"))
		rd.scrapes.takes(series, l.stamp, rd.result.Lines, l.line)
	}
}

// lacksName reports whether b is a sample without the name of its metric:
// {state="established"} 12. What it counts by state only the query says.
func lacksName(b []byte) bool {
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	name, after, ok := bytes.Cut(b[1:], []byte(`="`))
	if !ok || len(name) == 0 || !isLabelName(name) && !isPieceLabel(name) {
		return false
	}
	return bytes.Contains(after, []byte(`"}`))
}

// A setting is a parameter of the kernel that is a time, as a listing of such shows it.
type setting struct {
	number uint64
	line   uint64
}

// mostSettings is the greatest number of durations that are kept from the settings
// beside counts.
const mostSettings = 64

// sets keeps a line such as net.ipv4.tcp_fin_timeout = 60.
func (rd *Reader) sets(b []byte) {
	i := bytes.IndexAny(b, "=:")
	if i < 0 || len(rd.settings) == mostSettings {
		return
	}
	name := bytes.TrimSpace(b[:i])
	n, note, size := readNumberOf(bytes.TrimSpace(b[i+1:]))
	if size == 0 || note != exact || n == 0 || !measures(name) && !bytes.Contains(name, []byte("time")) && !bytes.Contains(name, []byte("intvl")) {
		return
	}
	rd.settings = append(rd.settings, setting{n, rd.result.Lines})
}

// timesOut reports counts whose number is that of a time in the settings beside them:
// such a list may show how long each state lasts.
func (rd *Reader) timesOut() {
	for s := range tcp.AllStates.All() {
		r := &rd.rollups[s.Reported()]
		for _, set := range rd.settings {
			if s == s.Reported() && r.n == 1 && r.first == set.number {
				rd.breakAgain(r.began.line, problem.LineUnclear, nil, r.began.text)
				break
			}
		}
	}
}
