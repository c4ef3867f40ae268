// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// mark begins a line that is a field.
const mark = "#:"

// fields are the names of a parameter's fields, in the order they are written.
const fields = "finding, measure, reason, scope, effect, check, risk, accept-risk, was"

// Parse reads a plan. The error names file and line and is a
// [*problem.SyntaxError], or a [*problem.InputError] when the whole file is
// something else.
func Parse(name, text string) (*Plan, error) {
	r := reader{plan: &Plan{}, seen: map[string]int{}}
	for line := range strings.Lines(text) {
		r.number++
		if err := r.line(strings.TrimRight(line, "\r\n")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, r.number, err)
		}
	}
	switch {
	case !r.versioned:
		return nil, &problem.InputError{Name: name, Msg: "not a plan: the line \"#: tcpvitals-plan " + version + "\" is missing", Hint: "tcpvitals tune plan " + name + " makes a plan of a file in sysctl.conf syntax"}
	case r.pending > 0:
		return nil, &problem.InputError{Name: name, Msg: fmt.Sprintf("line %d describes a parameter, but none follows", r.pending), Hint: "add a line KEY = VALUE, or delete the lines that begin with #:"}
	}
	return r.plan, nil
}

type reader struct {
	plan      *Plan
	next      Change // of the fields read so far
	pending   int    // the line of the first of them, 0 for none
	number    int
	versioned bool
	seen      map[string]int
}

func (r *reader) line(line string) error {
	text := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(text, mark):
		return r.field(line, strings.TrimSpace(strings.TrimPrefix(text, mark)))
	case text == "" || text[0] == '#' || text[0] == ';':
		return nil
	default:
		return r.change(line, text)
	}
}

func (r *reader) field(line, text string) error {
	name, value, _ := strings.Cut(text, " ")
	value = strings.TrimSpace(value)
	switch name {
	case "tcpvitals-plan":
		r.versioned = true
		if value != version {
			return wrong(line, value, "plan version "+strconv.Quote(value)+" is unknown", "this program reads version "+version+"; make the plan anew")
		}
		return nil
	case "netns":
		r.plan.Netns = value
		return nil
	}
	if r.pending == 0 {
		r.pending = r.number
	}
	return r.next.set(line, name, value)
}

// set fills in a field.
func (c *Change) set(line, name, value string) error {
	switch name {
	case "was":
		c.Was, c.WasKnown = value, true
	case "finding":
		c.Finding, c.Subject, _ = strings.Cut(value, " ")
	case "measure":
		return c.setMeasure(line, value)
	case "reason":
		c.Reason = value
	case "scope":
		c.Scope = value
	case "effect":
		c.Effect = value
	case "check":
		c.Check = value
	case "risk":
		c.Risk = value
	case "accept-risk":
		c.Accepted = true
		c.Key = value // compared with the parameter below
	default:
		return wrong(line, name, "unknown field "+strconv.Quote(name), "fields are "+fields+"; a comment begins with \"# \"")
	}
	return nil
}

func (c *Change) setMeasure(line, text string) error {
	words := strings.Fields(text)
	if len(words) < 2 {
		return wrong(line, text, "a measure is a name, a number and a unit", "such as: measure ListenOverflows 3.5 1/s")
	}
	value, err := strconv.ParseFloat(words[1], 64)
	if err != nil {
		return wrong(line, words[1], strconv.Quote(words[1])+" is no number", "such as: measure ListenOverflows 3.5 1/s")
	}
	c.Measure = &Measure{Name: words[0], Value: value, Unit: strings.Join(words[2:], " ")}
	return nil
}

func (r *reader) change(line, text string) error {
	key, value, ok := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case !ok:
		return wrong(line, text, "neither a comment nor KEY = VALUE", "write the parameter as: net.core.somaxconn = 8192")
	case strings.HasPrefix(key, "-"):
		return wrong(line, key, "a plan does not ignore errors", "write the key without \"-\"; what does not exist is told before anything is written")
	case key == "" || strings.ContainsAny(key, " \t*?["):
		return wrong(line, key, strconv.Quote(key)+" is no name of a parameter", "patterns are not expanded: name each parameter")
	}
	key = Canonical(key)
	if before := r.seen[key]; before > 0 {
		return wrong(line, text, fmt.Sprintf("%s stands in line %d already", key, before), "delete one of the two lines")
	}
	if r.next.Accepted && Canonical(r.next.Key) != key {
		return wrong(line, text, "accept-risk names "+r.next.Key+", but "+key+" follows", "write: #: accept-risk "+key)
	}
	r.seen[key] = r.number
	r.next.Key, r.next.Value, r.next.Line = key, oneLine(value), r.number
	r.plan.Changes = append(r.plan.Changes, r.next)
	r.next, r.pending = Change{}, 0
	return nil
}

// Canonical returns a key as the catalogue writes it: procps takes
// net/ipv4/tcp_tw_reuse too. When the first separator is a slash, dots and
// slashes change places (sysctl.d(5)).
func Canonical(key string) string {
	i := strings.IndexAny(key, "./")
	if i < 0 || key[i] == '.' {
		return key
	}
	return strings.Map(func(c rune) rune {
		switch c {
		case '.':
			return '/'
		case '/':
			return '.'
		default:
			return c
		}
	}, key)
}

func wrong(line, part, msg, hint string) error {
	start := max(0, strings.Index(line, part))
	return &problem.SyntaxError{Src: line, Start: start, End: min(len(line), start+len(part)), Msg: msg, Hint: hint}
}
