// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

// simplifiedCharacters is read when something is searched for first, see its head.
//
//go:embed search_traditional.txt
var simplifiedCharacters string

// simplifiedOf returns the simplified character of each traditional one.
func simplifiedOf() map[rune]rune {
	all := map[rune]rune{}
	for line := range strings.Lines(simplifiedCharacters) {
		if line[0] == '#' {
			continue
		}
		for pair := range strings.FieldsSeq(line) {
			traditional, size := utf8.DecodeRuneInString(pair)
			all[traditional] = firstRune(pair[size:])
		}
	}
	return all
}

// plain is what is searched for without what differs from one line of a log to the
// next: addresses, times, process ids, paths and places in a source. The number of an
// error becomes its name, and traditional characters become simplified ones.
func (l *lexicon) plain(words string) string {
	words = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return r
		}
		if simplified, ok := l.simplified[r]; ok {
			return simplified
		}
		return r
	}, words)
	var kept []string
	before := ""
	for field := range strings.FieldsSeq(words) {
		number, after := errorNumber(before, field)
		before = field
		switch {
		case number != "":
			kept = append(kept, number, after)
		case !passing(field):
			kept = append(kept, field)
		}
	}
	return strings.Join(kept, " ")
}

// errorNumber is the name of the error whose number a field is, and what follows the
// number in it: "111" after "errno", "(111:" or "(111)" in a line of nginx or MySQL.
func errorNumber(before, field string) (name, after string) {
	if !strings.ContainsAny(field, "0123456789") {
		return "", ""
	}
	opened, bracket := strings.CutPrefix(field, "(")
	digits := opened[:len(opened)-len(strings.TrimLeft(opened, "0123456789"))]
	after = opened[len(digits):]
	said := strings.ToLower(strings.Trim(before, "[(:=,"))
	switch {
	case bracket && after != "" && strings.ContainsRune(":)", rune(after[0])):
	case said == "errno" || said == "error" || said == "err":
	case said == "code" && len(digits) > 1: // "exit code 1" is something else
	default:
		digits = ""
		if value, ok := strings.CutPrefix(strings.ToLower(strings.Trim(field, "()[],.;")), "errno="); ok {
			digits, after = value, ""
		}
	}
	return errorName(digits), after
}

// errorName is what the kernel calls an error of those that sockets have, by its number on
// Linux, or on macOS or Windows, whose numbers no error of sockets has on Linux.
func errorName(number string) string {
	if name := errorNameElsewhere(number); name != "" {
		return name
	}
	switch number {
	case "1":
		return "EPERM"
	case "4":
		return "EINTR"
	case "9":
		return "EBADF"
	case "11":
		return "EAGAIN"
	case "13":
		return "EACCES"
	case "23":
		return "ENFILE"
	case "24":
		return "EMFILE"
	case "32":
		return "EPIPE"
	case "98":
		return "EADDRINUSE"
	case "99":
		return "EADDRNOTAVAIL"
	case "101":
		return "ENETUNREACH"
	case "103":
		return "ECONNABORTED"
	case "104":
		return "ECONNRESET"
	case "105":
		return "ENOBUFS"
	case "107":
		return "ENOTCONN"
	case "110":
		return "ETIMEDOUT"
	case "111":
		return "ECONNREFUSED"
	case "113":
		return "EHOSTUNREACH"
	case "115":
		return "EINPROGRESS"
	default:
		return ""
	}
}

// errorNameElsewhere is that of a number of macOS or Windows.
func errorNameElsewhere(number string) string {
	switch number {
	case "10004":
		return "EINTR"
	case "10013":
		return "EACCES"
	case "10024":
		return "EMFILE"
	case "35", "10035":
		return "EAGAIN"
	case "36", "10036":
		return "EINPROGRESS"
	case "48", "10048":
		return "EADDRINUSE"
	case "49", "10049":
		return "EADDRNOTAVAIL"
	case "51", "10051":
		return "ENETUNREACH"
	case "53", "10053":
		return "ECONNABORTED"
	case "54", "10054":
		return "ECONNRESET"
	case "55", "10055":
		return "ENOBUFS"
	case "57", "10057":
		return "ENOTCONN"
	case "60", "10060":
		return "ETIMEDOUT"
	case "61", "10061":
		return "ECONNREFUSED"
	case "65", "10065":
		return "EHOSTUNREACH"
	default:
		return ""
	}
}

// passing reports a field that says nothing about what happened.
func passing(field string) bool {
	inner := strings.Trim(field, "()[]{}<>,.;:'\"*#")
	if inner == "" || strings.HasPrefix(inner, "/proc/") || strings.HasPrefix(inner, "/etc/") {
		return false
	}
	if strings.Contains(inner, "://") || strings.HasPrefix(inner, "/") && strings.Count(inner, "/") > 1 {
		return true
	}
	return placeInSource(inner) || numbers(inner)
}

// numbers reports an address, a time, a date: digits, hexadecimal ones too, that signs
// stand between.
func numbers(field string) bool {
	digits, signs := 0, 0
	for _, r := range strings.ToLower(field) {
		switch {
		case unicode.IsDigit(r):
			digits++
		case strings.ContainsRune(".:/#->[]T", r):
			signs++
		case r > 'f' || r < 'a':
			return false
		}
	}
	return digits > 0 && signs > 0
}

// placeInSource reports the name of a file of source code with a line of it.
func placeInSource(field string) bool {
	if !strings.Contains(field, ":") {
		return false
	}
	for _, language := range []string{".js:", ".go:", ".java:", ".py:", ".c:", ".cc:", ".cpp:", ".rs:", ".rb:", ".php:"} {
		if _, line, ok := strings.Cut(field, language); ok && line != "" && unicode.IsDigit(firstRune(line)) {
			return true
		}
	}
	return false
}
