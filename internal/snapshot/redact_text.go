// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"fmt"
	"strconv"
	"strings"
)

// A style tells what kind of text is redacted.
type style struct {
	known   wordSet
	prose   bool // a sentence: numbers that stand alone are counts
	numbers bool // keep all numbers
}

// A secret is a name of a host or a person, in pieces, with its replacement. It is
// replaced even if its pieces are known words.
type secret struct {
	pieces []string
	to     string
}

// name replaces the unknown parts of a name that someone chose.
func (r *Redactor) name(s string) string { return r.replace(s, style{known: knownNames()}) }

// text replaces every word of a sentence that is not a known word.
func (r *Redactor) text(s string) string {
	return r.replace(s, style{known: knownWords(), prose: true})
}

// setting replaces the unknown parts of the value of a kernel parameter.
func (r *Redactor) setting(s string) string {
	return r.replace(s, style{known: knownNames(), numbers: true})
}

func (r *Redactor) replace(s string, in style) string {
	all := tokens(s)
	if !in.numbers {
		all = r.replaceAddresses(all)
	}
	all = r.replaceSecrets(all)
	all = r.replaceUUIDs(all)
	r.keepNumbers(all, in)
	var b strings.Builder
	for i, t := range all {
		switch {
		case t.done:
			b.WriteString(t.text)
		case !t.name:
			b.WriteString(separator(t.text))
		case !in.numbers && ofAddress(all, i):
			b.WriteString(r.substitute(t.text))
		case !t.coded && (in.known[t.plain] || in.prose && in.known[strings.TrimSuffix(t.plain, "s")]):
			b.WriteString(t.text)
		default:
			b.WriteString(r.substitute(t.text))
		}
	}
	return b.String()
}

// ofAddress reports whether a word may be a piece of an address: it is also a hex
// number, and stands beside another such word or beside a colon. A truncated address,
// as in the 15 bytes of a process's name, no longer parses as an address, and "dead"
// may be two bytes of it.
func ofAddress(all []token, i int) bool {
	if !isHex(all[i].plain) {
		return false
	}
	for _, sep := range [...]string{before(all, i), after(all, i)} {
		if strings.Contains(sep, ":") && !strings.Contains(sep, " ") {
			return true
		}
	}
	for _, at := range [...]int{i - 2, i + 2} {
		if at < 0 || at >= len(all) || !all[at].numberish() && !all[at].numeric() {
			continue
		}
		if sep := all[(at+i)/2].text; !strings.ContainsAny(sep, " /") {
			return true
		}
	}
	return false
}

// substitute returns the replacement of a name, the same everywhere in the file. A
// container id of 64 digits has the same replacement as its first twelve digits.
func (r *Redactor) substitute(name string) string {
	if len(name) == 64 && isHex(name) {
		name = name[:12]
	}
	to, ok := r.names[name]
	if !ok {
		to = "name" + strconv.Itoa(len(r.names)+1)
		r.names[name] = to
	}
	return to
}

// hide registers a name that is to be replaced everywhere, whole or in parts.
func (r *Redactor) hide(name, to string) {
	var pieces []string
	for _, t := range tokens(name) {
		if t.name {
			pieces = append(pieces, t.plain)
		}
	}
	if len(pieces) > 0 {
		r.secrets = append(r.secrets, secret{pieces, to})
	}
}

func (r *Redactor) replaceSecrets(all []token) []token {
	for i := 0; i < len(all); i++ {
		for _, s := range r.secrets {
			end := i + 2*len(s.pieces) - 1
			if !s.at(all, i) {
				continue
			}
			all[i].text, all[i].done = s.to, true
			all = append(all[:i+1], all[end:]...)
			break
		}
	}
	return all
}

// at reports whether a secret stands at name i, with any separators between its
// pieces.
func (s secret) at(all []token, i int) bool {
	for n, piece := range s.pieces {
		at := i + 2*n
		if at >= len(all) || !all[at].name || all[at].done || all[at].plain != piece {
			return false
		}
	}
	return true
}

// replaceUUIDs replaces each UUID by one name. A UUID may have dashes or, as in the
// slices of pods, "_" or an escape.
func (r *Redactor) replaceUUIDs(all []token) []token {
	for i := 0; i+9 <= len(all); i++ {
		id, ok := uuid(all[i : i+9])
		if !ok {
			continue
		}
		prefix := strings.TrimSuffix(all[i].text, all[i].text[len(all[i].text)-8:])
		all[i].text, all[i].done = prefix+r.substitute(id), true
		all = append(all[:i+1], all[i+9:]...)
	}
	return all
}

// uuid returns the UUID that nine tokens form, with dashes. The first token may begin
// with "pod".
func uuid(all []token) (string, bool) {
	sizes := [...]int{8, 4, 4, 4, 12}
	var parts [len(sizes)]string
	for n, size := range sizes {
		t := all[2*n]
		text := t.text
		if n == 0 {
			text = strings.TrimPrefix(text, "pod")
		}
		if t.done || len(text) != size || !isHex(text) || n > 0 && all[2*n-1].text != all[1].text {
			return "", false
		}
		parts[n] = strings.ToLower(text)
	}
	return strings.Join(parts[:], "-"), true
}

// keepNumbers marks the numbers that reveal nothing: a few small ones that stand
// alone, numbers of users and sessions in names of units, numbers of namespaces, and
// counts in sentences. Several numbers beside each other may be an address.
func (r *Redactor) keepNumbers(all []token, in style) {
	const most = 2
	var small []int // numbers that stay if they are few
	for i := range all {
		t := &all[i]
		if !t.name || t.done {
			continue
		}
		switch {
		case !isDigits(t.text):
			if r.numbered(*t, in) && (in.numbers || alone(all, i)) {
				small = append(small, i)
			}
		case in.numbers, ofUnit(all, i), isNamespace(t.text), in.prose && keepCount(all, i):
			t.done = true
		case len(t.text) <= 2 && alone(all, i):
			small = append(small, i)
		}
	}
	if len(small) > most && !in.numbers {
		return
	}
	for _, i := range small {
		all[i].done = true
	}
}

// numbered reports whether a name is a known word with a number of one or two digits:
// eth0, fc41.
func (r *Redactor) numbered(t token, in style) bool {
	base := strings.TrimRight(t.plain, "0123456789")
	digits := len(t.plain) - len(base)
	if t.coded || digits == 0 || digits > 2 || len(base) < 2 || !in.known[base] || in.known[t.plain] {
		return false
	}
	for _, s := range r.secrets {
		if len(s.pieces) == 1 && s.pieces[0] == base {
			return false
		}
	}
	return true
}

// alone reports whether no other number stands beside name i. If a full stop
// separates them, even a number that was kept or replaced counts.
func alone(all []token, i int) bool {
	for _, t := range near(all, i) {
		if t.numberish() && !t.done {
			return false
		}
	}
	for _, t := range dotted(all, i) {
		if t.numeric() {
			return false
		}
	}
	return true
}

// ofUnit reports whether a number belongs to a user or a session in the name of a
// unit: user@1000.service.
func ofUnit(all []token, i int) bool {
	if i < 2 || len(all[i].text) > 6 {
		return false
	}
	switch all[i-2].text + all[i-1].text {
	case "user@", "user-", "session-", "dir@":
	default:
		return false
	}
	if i+2 >= len(all) {
		return i+1 == len(all)
	}
	end := all[i+2].text
	return all[i+1].text == "." && (end == "service" || end == "slice" || end == "scope")
}

// isNamespace reports whether a number is that of a namespace (fs/proc/generic.c
// PROC_DYNAMIC_FIRST); read as an address, no host has it.
func isNamespace(s string) bool {
	const first, many = 0xf0000000, 1 << 20
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && len(s) == 10 && n >= first-16 && n < first+many
}

// keepCount reports whether a number in a sentence is a count: blanks are around it
// and no number is beside it. With at most six digits it cannot be an address, even
// in hex.
func keepCount(all []token, i int) bool {
	for _, t := range near(all, i) {
		if t.numeric() {
			return false
		}
	}
	lead, tail := before(all, i), after(all, i)
	open := lead == "" || strings.HasSuffix(lead, " ") || strings.HasSuffix(lead, "(")
	end := tail == "" || tail[0] == ' ' || len(tail) > 1 && strings.ContainsRune(".,;:)", rune(tail[0]))
	t := &all[i]
	if !open || !end || len(t.text) > 1 && t.text[0] == '0' {
		return false
	}
	if len(t.text) > 6 {
		t.text = "over 999999"
	}
	return true
}

// user returns the replacement of a user. Numbers stay, because they identify nobody;
// root stays, because every host has it.
func (r *Redactor) user(name string) string {
	if _, err := strconv.ParseUint(name, 10, 32); err == nil || name == "" || name == "root" {
		return name
	}
	to, ok := r.users[name]
	if !ok {
		if to, ok = r.names[name]; !ok {
			to = fmt.Sprintf("user-%d", len(r.users)+1)
		}
		r.users[name], r.names[name] = to, to
	}
	return to
}
