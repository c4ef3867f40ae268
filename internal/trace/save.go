// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"compress/gzip"
	"encoding/json"
	"io"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A Writer saves a trace while it runs. The file is complete once Close has returned
// nil.
type Writer struct {
	zip  *gzip.Writer
	out  *json.Encoder
	rows uint64
	err  error // the first error
}

// NewWriter writes the head and returns the Writer.
func NewWriter(w io.Writer, head Head) (*Writer, error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	head.Schema, head.Version, head.Began = fileSchema, fileVersion, head.Began.UTC()
	s := &Writer{zip: zip, out: json.NewEncoder(zip)}
	return s, s.out.Encode(head)
}

// Row saves a row. It returns false after an error, which Close returns.
func (w *Writer) Row(s *socket.Socket) bool {
	if w.err == nil {
		w.err = w.out.Encode(fileLine{Row: toFileRow(s)})
		w.rows++
	}
	return w.err == nil
}

// Rows returns how many rows were saved.
func (w *Writer) Rows() uint64 { return w.rows }

// Close saves the totals.
func (w *Writer) Close(tail *Tail, s *Summary) error {
	if w.err != nil {
		return w.err
	}
	t := &fileTail{Took: tail.Took, Rows: w.rows, Lost: tail.Lost, Gaps: tail.Gaps, Summary: toFileSummary(s)}
	if err := w.out.Encode(fileLine{Tail: t}); err != nil {
		return err
	}
	return w.zip.Close()
}
