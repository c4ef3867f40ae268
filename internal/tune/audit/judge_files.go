// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// syntax adds what is wrong with the form of a line.
func (j *judge) syntax(l *Line, d Defect) {
	message, do := defectText(l, d)
	f := j.say(Syntax, l, l.Key, message, do)
	if d == CommentInValue && isNumber(l.Value) {
		f.Severity = diagnose.Notice // the kernel reads the number and ignores the rest
	}
	if d == NoAssignment || d == NoValue || d == BlankInKey {
		j.bad[l] = true
	}
}

func isNumber(value string) bool {
	before, _, _ := strings.Cut(value, "#")
	_, err := knowledge.ParseSysctlNumbers(before)
	return err == nil && strings.TrimRight(before, blanks) != before
}

// unknown judges a key that is not in the catalogue: it is right if the host or the
// kernel has it.
func (j *judge) unknown(l *Line) {
	if slices.Contains(l.Defects, BlankInKey) || slices.Contains(l.Defects, MissingPath) {
		return
	}
	if j.Host != nil {
		if _, exists, _ := j.Host.Value(l.Key); exists {
			return
		}
	}
	if _, known := slices.BinarySearch(j.names, l.Key); known {
		if j.Host != nil {
			j.say(Unknown, l, l.Key, absentText(), knowledge.Text{}).Severity = diagnose.Notice
		}
		return
	}
	switch near := j.nearest(l.Key); {
	case near != "":
		j.say(Unknown, l, l.Key, noSuchText(), didYouMean(near))
	case j.Host != nil:
		f := j.say(Unknown, l, l.Key, moduleText(), knowledge.Text{})
		if l.IgnoreError {
			f.Severity = diagnose.Notice // the author expects that the key may be missing
		}
	}
}

// nearest returns the key that a mistyped one probably means, or "": it allows at
// most two slips, and one for each six letters of the last word.
func (j *judge) nearest(key string) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	return tcp.Nearest(key, slices.Values(j.names), min(2, len(last)/6))
}

// duplicate tells which line wins if a key is set several times. Within one file that
// is an oversight; one file overriding another is how the directories are meant to be
// used.
func (j *judge) duplicate(l *Line) {
	winner := j.deciding()[l.Key]
	if winner == nil || winner == l || l.Template && winner.Template || j.systemd[l.Key] != j.procps[l.Key] && j.procps[l.Key] == l {
		return
	}
	f := j.say(Duplicate, l, l.Key, winsText(winner), knowledge.Text{En: "Keep one of them.", Zh: "只保留一行。"})
	if winner.File != l.File || sameValue(winner.Value, l.Value) {
		f.Severity = diagnose.Notice
	}
}

// differences adds the keys on which the two programs disagree.
func (j *judge) differences() {
	if j.Found.Boot == Procps {
		return // this machine has no systemd-sysctl
	}
	unread := map[string]bool{}
	for _, file := range j.Found.Procps {
		if !slices.Contains(j.Found.Systemd, file) {
			j.notRead(file)
			unread[file.Path] = true
		}
	}
	keys := map[string]bool{}
	for key := range j.systemd {
		keys[key] = true
	}
	for key := range j.procps {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		a, b := j.systemd[key], j.procps[key]
		if a == b || a != nil && b != nil && sameValue(a.Value, b.Value) || b != nil && unread[b.File] && a == nil {
			continue
		}
		at := b
		if at == nil {
			at = a
		}
		f := j.say(Differs, at, key, differsText(a, b), knowledge.Text{})
		f.Key = key
	}
}

// notRead adds, once per file, that systemd-sysctl does not read it.
func (j *judge) notRead(file *File) {
	i := slices.IndexFunc(file.Lines, (*Line).Assigns)
	if i >= 0 {
		l := file.Lines[i]
		message, do := notReadText(file.Path)
		f := j.say(Differs, l, "", message, do)
		f.Value, f.Text = "", ""
	}
}

// drift compares the present values of the host with what the files ask for.
func (j *judge) drift() {
	if j.Host == nil {
		return
	}
	decided := j.deciding()
	for _, key := range slices.Sorted(maps.Keys(decided)) {
		l := decided[key]
		now, _, readable := j.Host.Value(key)
		if !readable || j.bad[l] || slices.Contains(l.Defects, NoValue) {
			continue // a bad value should not be applied
		}
		if !sameValue(j.read(l, key), now) {
			j.say(Drift, l, key, driftText(now), driftDo(l.File))
		}
	}
}

// read returns the part of a line's value that the kernel reads.
func (j *judge) read(l *Line, key string) string {
	if s, ok := j.catalogue[key]; ok {
		return s.Kernel.Read(l.Value)
	}
	if slices.Contains(l.Defects, CommentInValue) && isNumber(l.Value) {
		value, _, _ := strings.Cut(l.Value, "#")
		return value
	}
	return l.Value
}

// scope adds what does not apply in containers or cannot be set in one.
func (j *judge) scope() {
	perNetns := 0
	var first *Line
	for _, file := range j.Found.Files {
		for _, l := range file.Lines {
			s, ok := j.catalogue[l.Key]
			if !ok || !l.Assigns() || s.Status != knowledge.SysctlLive {
				continue
			}
			switch {
			case j.Container && s.Scope != knowledge.PerNetns:
				j.about(Scope, l, &s, inContainerText(s.Scope), knowledge.Text{En: "Set it on the host.", Zh: "应在主机上设置。"})
			case s.Scope == knowledge.PerNetns && perNetns == 0:
				first = l
				fallthrough
			case s.Scope == knowledge.PerNetns:
				perNetns++
			}
		}
	}
	if first != nil && !j.Container && j.Host != nil && j.Host.Namespaces > 0 {
		f := j.say(Scope, first, "", containersText(perNetns, j.Host.Namespaces), knowledge.Text{En: "Set them in the containers too, if they are needed there.", Zh: "容器里如果也需要，要在容器中另行设置。"})
		f.Severity, f.Value, f.Text = diagnose.Notice, "", ""
	}
}
