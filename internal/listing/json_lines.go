// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"io"
	"strings"
)

// This file writes what JSON tells as lines, and what stands between them.

// unmarked is a reader of text without the marks that a jsonReader writes itself.
type unmarked struct{ r io.Reader }

func (u *unmarked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	for i, c := range p[:n] {
		if c == partMark[0] {
			p[i] = '\n'
		}
	}
	return n, err
}

// A doubt is a number in the document that may be a count and that is not
// understood.
type doubt struct {
	line uint64
	text string
}

// doubt keeps the doubt about the number v that is called key, of what.
func (j *jsonReader) doubt(what, key, v string) {
	if j.doubted < namedBroken {
		j.doubts[j.doubted] = doubt{j.lines + 1, quote([]byte(what + " " + key + ": " + v))}
	}
	j.doubted++
}

// stamp tells the reader the time of an object, once.
func (j *jsonReader) stamp(f *frame) {
	if f.when != "" {
		j.mark(f.when)
		f.when = ""
	}
	host := f.host
	if f.tabled && host == "" {
		host = f.name
	}
	if host != "" && !isFamily([]byte(host)) {
		j.mark(hostMark + host)
	}
	f.host = ""
}

// part tells the reader that what follows is another document, or another
// element of a list, that counts by state itself.
func (j *jsonReader) part() { j.mark("") }

// mark writes a line that is none of the text.
func (j *jsonReader) mark(s string) {
	j.lines++
	j.write(partMark, strings.NewReplacer("\n", " ", "\r", " ").Replace(s), "\n")
}

// partMark is what RFC 7464 puts between the documents of a text.
const partMark = "\x1e"

// hostMark, after it, begins the name of a machine.
const hostMark = "\x1f"

// line writes a text as lines.
func (j *jsonReader) line(s string) {
	s = strings.ReplaceAll(strings.TrimRight(s, "\r\n"), partMark, "\n")
	j.lines += 1 + uint64(strings.Count(s, "\n"))
	j.write(s, "\n")
}
