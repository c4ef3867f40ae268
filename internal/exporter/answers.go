// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/common/expfmt"

	"github.com/tcpvitals/tcpvitals/internal/metrics"
)

// Answers are the responses to scrapes. Most series belong to the examination, which
// is infrequent: they are written and compressed once for each form that was
// requested, when the examination is complete ([Answers.Prepare]). Each response then
// writes only the other series.
type Answers struct {
	newest func() *metrics.Sample
	compat func() bool
	room   chan struct{}

	writers sync.Pool // of *flate.Writer

	mu   sync.Mutex
	kept map[form]*part
}

// A form is the format and encoding of a response.
type form struct {
	format expfmt.Format
	compat bool
}

// A part is the prepared part of one form.
type part struct {
	of       *metrics.Examined
	body     []byte
	deflated []byte // body, compressed; it ends at a byte boundary and does not end the stream
	unasked  int    // for how many examinations the form was not requested
}

// mostForms bounds how many forms are kept. A form is dropped if it was not requested
// for so many examinations.
const (
	mostForms   = 8
	mostUnasked = 60
)

// Prepare writes the series of an examination in the forms that were requested
// recently.
func (a *Answers) Prepare(s *metrics.Sample) {
	for _, f := range a.forms() {
		p, err := a.newPart(s, f)
		if err != nil {
			continue // a later request reports the error
		}
		a.mu.Lock()
		if old := a.kept[f]; old != nil {
			p.unasked = old.unasked
		}
		a.keep(f, p)
		a.mu.Unlock()
	}
}

// forms returns the forms to be written anew.
func (a *Answers) forms() (all []form) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for f, p := range a.kept {
		if p.unasked++; p.unasked > mostUnasked {
			delete(a.kept, f)
			continue
		}
		all = append(all, f)
	}
	return all
}

// keep keeps a part. The caller holds a.mu.
func (a *Answers) keep(f form, p *part) {
	if a.kept == nil || len(a.kept) >= mostForms && a.kept[f] == nil {
		a.kept = map[form]*part{}
	}
	a.kept[f] = p
}

// part returns the prepared part for an examination, or writes it.
func (a *Answers) part(s *metrics.Sample, f form) (*part, error) {
	a.mu.Lock()
	p := a.kept[f]
	if p != nil {
		p.unasked = 0
	}
	a.mu.Unlock()
	if p != nil && p.of == s.Examined {
		return p, nil
	}
	p, err := a.newPart(s, f)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keep(f, p)
	return p, nil
}

func (a *Answers) newPart(s *metrics.Sample, f form) (*part, error) {
	var body, deflated bytes.Buffer
	if err := encode(&body, s, f.compat, f.format, (*metrics.Metric).Slow); err != nil {
		return nil, err
	}
	if err := a.deflate(&deflated, body.Bytes(), (*flate.Writer).Flush); err != nil {
		return nil, err
	}
	return &part{of: s.Examined, body: body.Bytes(), deflated: deflated.Bytes()}, nil
}

// deflate writes blocks; end ends them at a byte boundary, or ends the stream.
func (a *Answers) deflate(out io.Writer, text []byte, end func(*flate.Writer) error) error {
	w, ok := a.writers.Get().(*flate.Writer)
	if !ok {
		var err error
		if w, err = flate.NewWriter(nil, flate.BestSpeed); err != nil {
			return err
		}
	}
	defer a.writers.Put(w)
	w.Reset(out)
	if _, err := w.Write(text); err != nil {
		return err
	}
	return end(w)
}

// ServeHTTP answers one scrape.
func (a *Answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case a.room <- struct{}{}:
		defer func() { <-a.room }()
	default:
		http.Error(w, "too many scrapes at once", http.StatusServiceUnavailable)
		return
	}
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	body, err := a.answer(form{format, a.compat()}, zipped(r.Header))
	if err != nil {
		http.Error(w, "the metrics cannot be written: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", string(format))
	h.Set("Vary", "Accept, Accept-Encoding")
	if zipped(r.Header) {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client has gone away if this fails
}

// answer assembles a response.
func (a *Answers) answer(f form, zip bool) ([]byte, error) {
	var rest bytes.Buffer
	p := &part{}
	if s := a.newest(); s != nil {
		var err error
		if p, err = a.part(s, f); err != nil {
			return nil, err
		}
		if err := encode(&rest, s, f.compat, f.format, func(m *metrics.Metric) bool { return !m.Slow() }); err != nil {
			return nil, err
		}
	}
	if f.format.FormatType() == expfmt.TypeOpenMetrics {
		if _, err := expfmt.FinalizeOpenMetrics(&rest); err != nil {
			return nil, err
		}
	}
	if zip {
		return a.gzip(p, rest.Bytes())
	}
	return append(slices.Clip(p.body), rest.Bytes()...), nil
}

// gzip joins a part and the rest into one member of RFC 1952: the blocks of both in
// sequence, with one checksum.
func (a *Answers) gzip(p *part, rest []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(p.deflated) + len(rest)/2)
	out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}) // deflate, no flags, no time, fast, any system
	out.Write(p.deflated)
	if err := a.deflate(&out, rest, (*flate.Writer).Close); err != nil {
		return nil, err
	}
	sum := crc32.Update(crc32.ChecksumIEEE(p.body), crc32.IEEETable, rest)
	end := binary.LittleEndian.AppendUint32(nil, sum)
	out.Write(binary.LittleEndian.AppendUint32(end, uint32(len(p.body)+len(rest))))
	return out.Bytes(), nil
}

// zipped reports whether the client accepts gzip.
func zipped(h http.Header) bool {
	for one := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !strings.HasPrefix(strings.ReplaceAll(weight, " ", "")+".", "q=0.") || strings.ContainsAny(weight, "123456789")
		}
	}
	return false
}
