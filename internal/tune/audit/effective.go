// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"path"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
)

// Effective returns the line that decides each key when a program reads lines
// in this order. expand returns the keys that a pattern stands for on the
// machine; it may be nil.
//
// Both programs let the last assignment of a key win, and a key that is named
// anywhere is left out of patterns. They differ in exclusions: for
// systemd-sysctl (src/sysctl/sysctl.c) "-key" replaces an assignment above it;
// for procps (src/sysctl.c) it never touches an assignment.
func Effective(r Reader, lines []*Line, expand func(pattern string) []string) map[string]*Line {
	e := effective{reader: r, lines: lines, won: map[string]*Line{}, named: map[string]bool{}}
	for _, l := range lines {
		e.name(l)
	}
	if expand == nil {
		return e.won
	}
	for _, l := range e.globs() {
		for _, key := range expand(l.Key) {
			if !e.named[key] {
				e.won[key] = l
			}
		}
	}
	return e.won
}

type effective struct {
	reader Reader
	lines  []*Line
	won    map[string]*Line
	named  map[string]bool // keys that patterns leave out
}

// name records a key that is written out.
func (e *effective) name(l *Line) {
	if l.Key == "" || e.overlooked(l) {
		return
	}
	if !l.Glob() {
		e.named[l.Key] = true
	}
	switch {
	case l.Exclude && e.reader == Systemd:
		delete(e.won, l.Key)
	case l.Exclude || l.Glob():
	default:
		e.won[l.Key] = l
	}
}

// overlooked reports whether the program reads the key as another key, which does not
// exist.
func (e *effective) overlooked(l *Line) bool {
	has := func(d Defect) bool { return slices.Contains(l.Defects, d) }
	return has(ByteOrderMark) || has(BlankInKey) || has(BlankBeforeKey) && e.reader == Procps
}

// globs returns the assignments to patterns in the order in which they are written.
// systemd-sysctl keeps one for each pattern: a new value removes the old assignment
// and is appended; the same value does not move.
func (e *effective) globs() []*Line {
	var all []*Line
	last := map[string]int{} // index in all of the last assignment to a pattern
	for _, l := range e.lines {
		if !l.Glob() || e.overlooked(l) {
			continue
		}
		if e.reader == Systemd {
			same, there := last[l.Key]
			if there && !l.Exclude && all[same].Value == l.Value {
				continue
			}
			if there {
				all[same] = nil
				delete(last, l.Key)
			}
		}
		if !l.Exclude {
			last[l.Key] = len(all)
			all = append(all, l)
		}
	}
	return slices.DeleteFunc(all, func(l *Line) bool { return l == nil })
}

// MatchKey reports whether a pattern matches a key; a star matches within one part of
// a key, as in glob(7).
func MatchKey(pattern, key string) bool {
	return matchPath(sysctl.Path(pattern), sysctl.Path(key))
}

// matchPath is MatchKey for paths.
func matchPath(pattern, file string) bool {
	matched, err := path.Match(pattern, file)
	return err == nil && matched
}
