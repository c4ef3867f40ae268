// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Input is what [Judge] judges.
type Input struct {
	Found *Found
	Host  *Host // nil: compare with no host
	// Container says that the files are meant for a container.
	Container bool
}

// Judge returns the findings about the lines, the gravest first, equal ones in the
// order of the files.
func Judge(in Input) []Finding {
	j := newJudge(in)
	for _, file := range in.Found.Files {
		for _, l := range file.Lines {
			j.line(l)
		}
	}
	j.differences()
	j.drift()
	j.scope()
	sortFindings(in.Found, j.findings)
	return j.findings
}

// sortFindings sorts by severity, then by the order of the files.
func sortFindings(found *Found, findings []Finding) {
	order := map[string]int{}
	for i, file := range found.Files {
		order[file.Path] = i
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line))
	})
}

// NotJudged returns the keys that are set but about which nothing is known: silence
// about them does not mean that they are right.
func NotJudged(found *Found) []string {
	known := map[string]bool{}
	for s := range knowledge.Sysctls() {
		known[s.Key] = true
	}
	keys := map[string]bool{}
	for _, file := range found.Files {
		for _, l := range file.Lines {
			if l.Assigns() && l.Key != "" && !l.Glob() && !known[l.Key] {
				keys[l.Key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

type judge struct {
	Input
	catalogue map[string]knowledge.Sysctl
	keys      []string            // keys of the catalogue, in its order
	paths     []string            // paths of keys
	names     []string            // names of all known parameters, sorted
	patterns  map[string][]string // the keys for which each pattern stands
	byKey     map[string][]*Line  // assignments of each key that is written out
	inFile    map[string]map[string]bool
	systemd   map[string]*Line // the line that decides each key
	procps    map[string]*Line
	bad       map[*Line]bool // lines that should not be applied; they are not compared with the host
	purpose   purpose
	findings  []Finding
}

func newJudge(in Input) *judge {
	j := &judge{
		Input: in, catalogue: map[string]knowledge.Sysctl{}, names: knowledge.SysctlNames(), patterns: map[string][]string{}, byKey: map[string][]*Line{},
		inFile: map[string]map[string]bool{}, bad: map[*Line]bool{},
	}
	for s := range knowledge.Sysctls() {
		j.catalogue[s.Key] = s
		j.keys, j.paths = append(j.keys, s.Key), append(j.paths, sysctl.Path(s.Key))
	}
	for _, file := range in.Found.Files {
		j.inFile[file.Path] = map[string]bool{}
		for _, l := range file.Lines {
			j.inFile[file.Path][l.Key] = true
			if l.Assigns() && !l.Glob() {
				j.byKey[l.Key] = append(j.byKey[l.Key], l)
			}
		}
	}
	j.systemd = Effective(Systemd, linesOf(in.Found.Systemd), j.expand)
	j.procps = Effective(Procps, linesOf(in.Found.Procps), j.expand)
	return j
}

// expand returns the keys for which a pattern stands, from the host or, without one,
// from the catalogue. It asks the host once per pattern.
func (j *judge) expand(pattern string) []string {
	keys, known := j.patterns[pattern]
	switch {
	case known:
		return keys
	case j.Host != nil:
		keys = j.Host.Expand(pattern)
	default:
		glob := sysctl.Path(pattern)
		for i, file := range j.paths {
			if matchPath(glob, file) {
				keys = append(keys, j.keys[i])
			}
		}
	}
	j.patterns[pattern] = keys
	return keys
}

// deciding returns the lines that decide, as read by the program that sets parameters
// at boot.
func (j *judge) deciding() map[string]*Line {
	if j.Found.Boot == Procps {
		return j.procps
	}
	return j.systemd
}

// value returns the future value of a parameter: from the files, else from the host,
// else the kernel's default.
func (j *judge) value(key string) (string, bool) {
	if l := j.deciding()[key]; l != nil {
		return l.Value, true
	}
	if j.Host != nil {
		if value, _, ok := j.Host.Value(key); ok {
			return value, true
		}
	}
	return j.catalogue[key].Default.On(j.Host.facts())
}

// line adds the findings about one line that do not depend on the order of lines.
func (j *judge) line(l *Line) {
	for _, d := range l.Defects {
		j.syntax(l, d)
	}
	if !l.Assigns() || slices.Contains(l.Defects, NoValue) {
		return
	}
	if l.Glob() {
		for _, key := range j.expand(l.Key) {
			if s, ok := j.catalogue[key]; ok && j.deciding()[key] == l {
				j.entry(l, &s)
			}
		}
		return
	}
	if s, ok := j.catalogue[l.Key]; ok {
		j.entry(l, &s)
	} else {
		j.unknown(l)
	}
	j.duplicate(l)
}

// say adds a finding with the usual severity of its code.
func (j *judge) say(code Code, l *Line, key string, message, do knowledge.Text) *Finding {
	j.findings = append(j.findings, Finding{
		Code: code, Severity: code.severity(), File: l.File, Line: l.Number,
		Key: key, Value: l.Value, Text: l.Text, Message: message, Do: do,
	})
	return &j.findings[len(j.findings)-1]
}
