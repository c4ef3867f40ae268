// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// entry judges an assignment to a parameter of the catalogue: does the parameter
// still exist, does the kernel accept the value, what does the catalogue say about
// it, and does it differ from the default.
func (j *judge) entry(l *Line, s *knowledge.Sysctl) {
	switch s.Status {
	case knowledge.SysctlRemoved:
		j.removed(l, s)
	case knowledge.SysctlNoEffect:
		j.about(Dead, l, s, noEffectText(s), deleteLine())
	case knowledge.SysctlReadOnly:
		j.refuse(l, s, readOnlyText())
	default:
		j.live(l, s)
		j.absent(l, s)
	}
}

// absent adds that the host lacks a parameter that current kernels have.
func (j *judge) absent(l *Line, s *knowledge.Sysctl) {
	if j.Host == nil {
		return
	}
	if _, exists, _ := j.Host.Value(s.Key); exists {
		return
	}
	code, message := Unknown, absentText()
	if s.Scope == knowledge.InitNetnsOnly {
		code, message = Scope, inContainerText(s.Scope)
	}
	j.about(code, l, s, message, knowledge.Text{}).Severity = diagnose.Notice
}

func (j *judge) live(l *Line, s *knowledge.Sysctl) {
	if !s.Kernel.Contains(l.Value) {
		j.refuse(l, s, refusedText(s))
		return
	}
	if s.Kernel.Numeric() && len(strings.Fields(l.Value)) > max(1, s.Kernel.Count) && len(l.Defects) == 0 {
		j.about(Wrong, l, s, surplusText(max(1, s.Kernel.Count)), knowledge.Text{})
	}
	for _, v := range s.Verdicts {
		if v.Applies(l.Value, j.value) && j.recipe(l, v.Recipe) {
			j.verdict(l, s, &v)
			return
		}
	}
	j.usual(l, s)
}

// codeOf returns the code for a verdict of the catalogue.
func codeOf(kind knowledge.VerdictKind) Code {
	return map[knowledge.VerdictKind]Code{
		knowledge.Harmful: Harmful, knowledge.WrongMeaning: Wrong, knowledge.WithoutEffect: NoOp,
		knowledge.LowersDefault: Lowers, knowledge.Refused: Invalid,
	}[kind]
}

// verdict turns a verdict of the catalogue into a finding.
func (j *judge) verdict(l *Line, s *knowledge.Sysctl, v *knowledge.SysctlVerdict) {
	code := codeOf(v.Kind)
	message := v.Text
	if v.Counts != 0 && j.Host != nil && j.Host.Orphans != nil {
		if n, ok := j.Host.Orphans(v.Counts); ok {
			message = countedText(message, n)
		}
	}
	j.about(code, l, s, message, v.Do).Source = v.Source
}

// recipe reports whether a line is meant as a remedy for TIME_WAIT, judged by its
// comment or by the lines around it. Without keys, the lines around it do not count.
func (j *judge) recipe(l *Line, keys []string) bool {
	if len(keys) == 0 {
		return true
	}
	if j.purpose.of(l.Comment) {
		return true
	}
	return slices.ContainsFunc(keys, func(key string) bool { return key != l.Key && j.inFile[l.File][key] })
}

// purpose knows what the comment above a block of lines is about. It caches the last
// block, because lines are judged one by one.
type purpose struct {
	comment string
	recipe  bool
}

// of reports whether a comment says that its lines are a remedy for TIME_WAIT.
func (p *purpose) of(comment string) bool {
	if comment != p.comment {
		plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(comment))
		*p = purpose{comment, strings.Contains(plain, "timewait") || strings.Contains(plain, "2msl")}
	}
	return p.recipe
}

// removed judges a key that current kernels no longer have. If the host still has it,
// the key works as it always did.
func (j *judge) removed(l *Line, s *knowledge.Sysctl) {
	if j.Host == nil || s.Risk.En == "" {
		j.dead(l, s)
		return
	}
	if _, exists, _ := j.Host.Value(s.Key); !exists || isZero(l.Value) {
		j.dead(l, s)
		return
	}
	j.about(Harmful, l, s, stillHereText(s), deleteLine())
}

func (j *judge) dead(l *Line, s *knowledge.Sysctl) {
	do := deleteLine()
	if s.Renamed != "" {
		do = renameText(s.Renamed)
	}
	j.about(Dead, l, s, removedText(s), do)
}

func (j *judge) refuse(l *Line, s *knowledge.Sysctl, message knowledge.Text) {
	j.about(Invalid, l, s, message, knowledge.Text{})
}

// about is say with the source and further reading from the catalogue.
func (j *judge) about(code Code, l *Line, s *knowledge.Sysctl, message, do knowledge.Text) *Finding {
	j.bad[l] = j.bad[l] || code != NoOp && code != Scope
	f := j.say(code, l, s.Key, message, do)
	f.Source, f.See = s.Source, s.See
	return f
}

// usual compares the value with the kernel's default.
func (j *judge) usual(l *Line, s *knowledge.Sysctl) {
	value, ok := s.Default.On(j.Host.facts())
	if !ok {
		return
	}
	if sameValue(s.Kernel.Read(l.Value), value) {
		others := slices.ContainsFunc(j.byKey[s.Key], func(other *Line) bool { return !sameValue(other.Value, l.Value) })
		if !others {
			j.about(NoOp, l, s, defaultText(s), knowledge.Text{})
		}
		return
	}
	if s.Direction == knowledge.OnlyRaise && lowers(s.Kernel.Read(l.Value), value) {
		j.about(Lowers, l, s, lowersText(s, value), deleteLine())
	}
}

// sameValue compares values as the kernel reads them: number by number; a number that
// is not written keeps its value.
func sameValue(a, b string) bool {
	left, err := knowledge.ParseSysctlNumbers(a)
	right, err2 := knowledge.ParseSysctlNumbers(b)
	if err != nil || err2 != nil {
		return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
	}
	n := min(len(left), len(right))
	return n > 0 && slices.Equal(left[:n], right[:n]) || len(left)+len(right) == 0
}

// lowers reports whether a number of value is below the default's.
func lowers(value, usual string) bool {
	numbers, _ := knowledge.ParseSysctlNumbers(value)
	defaults, _ := knowledge.ParseSysctlNumbers(usual)
	for i := range min(len(numbers), len(defaults)) {
		if numbers[i] < defaults[i] {
			return true
		}
	}
	return false
}

func isZero(value string) bool {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	return err == nil && n == 0
}
