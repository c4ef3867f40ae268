// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"io"
)

// Every document is written by one of these functions. None of them escapes <, > and
// &: no document is embedded in HTML, and a filter such as "sport > :1024" should be
// readable.

// JSON writes v as one indented document.
func JSON(w io.Writer, v any) error {
	e := encoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// JSONLine writes v as a document on one line, for programs.
func JSONLine(w io.Writer, v any) error { return encoder(w).Encode(v) }

// encoder writes each value on a line of its own.
func encoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// marshal returns a value as a line without the newline.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	err := encoder(&b).Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
