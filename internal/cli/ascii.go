// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/render"
)

// asciiWriter replaces the drawing characters of pages and tables by ASCII, one
// column for one column. Names and texts of others pass unchanged, and so do
// documents for programs: JSON and HTML state their encoding.
type asciiWriter struct {
	w     io.Writer
	begun bool
	whole bool   // a document: replace nothing
	rest  []byte // the first bytes of an incomplete character
}

func (a *asciiWriter) Write(p []byte) (int, error) {
	if !a.begun && len(p) > 0 {
		a.begun, a.whole = true, p[0] == '{' || p[0] == '<'
	}
	if a.whole {
		return a.w.Write(p)
	}
	text := append(a.rest, p...)
	complete := completeRunes(text)
	a.rest = append([]byte(nil), text[complete:]...)
	if _, err := io.WriteString(a.w, render.ASCII(string(text[:complete]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// completeRunes returns how many bytes of text form whole characters; bytes that are not
// UTF-8 count as whole.
func completeRunes(text []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		at := len(text) - back
		if utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return at
			}
			break
		}
	}
	return len(text)
}
