// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
)

// A Line is a line of a sysctl.conf that is neither blank nor a comment.
type Line struct {
	File   string
	Number int    // from 1
	Text   string // as written, without blanks around it

	// Key is the parameter with dots, as sysctl(8) prints it: a dot in the name of a
	// device is a slash. It is "" if the line names no parameter.
	Key         string
	Value       string
	IgnoreError bool   // -key = value
	Exclude     bool   // -key: patterns leave it out
	Template    bool   // of a template: it may be one of several alternatives
	Comment     string // the comment above its block of lines, joined by blanks
	Defects     []Defect
}

// Glob reports whether the key is a pattern.
func (l *Line) Glob() bool { return strings.ContainsAny(l.Key, "*?[") }

// Assigns reports whether the line gives a value to a key.
func (l *Line) Assigns() bool { return l.Key != "" && !l.Exclude }

// Defect is what is wrong with the form of a line.
type Defect uint8

const (
	// NoAssignment is a line without "=" that is not an exclusion either.
	NoAssignment Defect = iota + 1
	// NoKey is a line with nothing before "=".
	NoKey
	// NoValue is a line with nothing after "=".
	NoValue
	// BlankInKey is a key of several words, such as "sysctl -w net.core.somaxconn".
	BlankInKey
	// BlankBeforeKey is "- key": procps looks for a parameter that begins with a blank.
	BlankBeforeKey
	// CommentInValue is a comment after the value; it becomes part of the value.
	CommentInValue
	// QuotedValue is a value in quotes; they become part of the value.
	QuotedValue
	// Continued is a line that ends with a backslash; lines cannot be continued.
	Continued
	// ByteOrderMark is a file that begins with a byte order mark, which becomes part
	// of the first key.
	ByteOrderMark
	// PatternExcluded is the exclusion of a pattern. For systemd-sysctl, and for
	// older versions of procps, an exclusion can only name one key.
	PatternExcluded
	// MissingPath is a key without a separator, which names no parameter.
	MissingPath
)

const (
	blanks        = " \t\r\n\v\f" // isspace(3) in the C locale
	byteOrderMark = "\ufeff"
)

// Parse reads a file in the syntax of sysctl.conf(5). It never fails: a line that
// cannot be read as an assignment has a defect. Lines may end as on any system.
func Parse(name string, data []byte) []*Line {
	var lines []*Line
	var comment []string
	above := "" // the comment above a block, shared by its lines
	number, heading := 0, false
	for raw := range bytes.SplitSeq(data, []byte("\n")) {
		number++
		text := strings.Trim(string(raw), blanks)
		switch {
		case text == "":
			comment = nil
		case text[0] == '#' || text[0] == ';':
			if !heading {
				comment = nil
			}
			heading = true
			if strings.HasPrefix(strings.Trim(text[1:], blanks), ignoreMark) {
				continue // the comment is for this program and says nothing about the line
			}
			comment = append(comment, strings.Trim(text[1:], blanks))
		default:
			if heading || comment == nil {
				above = strings.Join(comment, " ")
			}
			heading = false
			l := parseLine(text)
			l.File, l.Number, l.Comment = name, number, above
			lines = append(lines, l)
		}
	}
	return lines
}

func parseLine(text string) *Line {
	l := &Line{Text: text}
	if rest, ok := strings.CutPrefix(text, byteOrderMark); ok {
		l.defect(ByteOrderMark)
		if rest == "" || rest[0] == '#' || rest[0] == ';' {
			return l
		}
		text = rest
	}
	left, value, assigned := strings.Cut(text, "=")
	written, dashed := strings.CutPrefix(left, "-")
	switch {
	case !assigned && !dashed:
		l.defect(NoAssignment)
		return l
	case !assigned:
		l.Exclude = true
	default:
		l.IgnoreError = dashed
		l.setValue(strings.Trim(value, blanks))
	}
	if dashed && strings.TrimLeft(written, blanks) != written {
		l.defect(BlankBeforeKey)
	}
	l.setKey(strings.Trim(written, blanks))
	return l
}

func (l *Line) defect(d Defect) { l.Defects = append(l.Defects, d) }

func (l *Line) setKey(written string) {
	switch {
	case strings.Trim(written, "./") == "":
		l.defect(NoKey)
		return
	case strings.ContainsAny(written, blanks):
		l.defect(BlankInKey)
	case !strings.ContainsAny(written, "./"):
		l.defect(MissingPath)
	}
	l.Key = NormalizeKey(written)
	if l.Exclude && l.Glob() {
		l.defect(PatternExcluded)
	}
}

func (l *Line) setValue(value string) {
	l.Value = value
	quoted := len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0]
	switch {
	case value == "":
		l.defect(NoValue)
	case quoted:
		l.defect(QuotedValue)
	case strings.HasSuffix(value, `\`):
		l.defect(Continued)
	case strings.ContainsAny(value, "#") && strings.IndexByte(value, '#') > 0:
		l.defect(CommentInValue)
	}
}

// NormalizeKey returns a key with dots. The separator that comes first in the key
// decides how it is read (sysctl.d(5)): net/ipv4/conf/eth0.7 and net.ipv4.conf.eth0/7
// are the same key.
func NormalizeKey(written string) string {
	written = strings.TrimLeft(written, "/")
	first := strings.IndexAny(written, "./")
	if first < 0 || written[first] == '.' {
		return collapse(written, '.')
	}
	return collapse(sysctl.Path(written), '.')
}

// collapse reduces repeated separators to one and drops a final one, as in a path.
func collapse(key string, separator byte) string {
	one, two := string(separator), string([]byte{separator, separator})
	for strings.Contains(key, two) {
		key = strings.ReplaceAll(key, two, one)
	}
	return strings.TrimSuffix(key, one)
}
