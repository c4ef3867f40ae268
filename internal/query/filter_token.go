// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// tokenKind is the shape of a token.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted // a quoted word, never a keyword
	tokenOpen
	tokenClose
	tokenComma
	tokenCompare // = != < > ~ and so on
	tokenAnd
	tokenOr
	tokenNot
)

// token is a piece of a filter; start and end are byte offsets.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// value reports whether the token can stand for a value.
func (t token) value() bool { return t.kind == tokenWord || t.kind == tokenQuoted }

// maxFilter bounds the length of a filter in bytes; ss takes 1024 bytes per line.
const maxFilter = 1 << 16

// specials end a word. ss separates only by blanks; this lexer reads all that ss
// reads, and needs no blanks.
const specials = " \t()=!<>&|,~\"'"

// plainWord reports whether word needs no quotes.
func plainWord(word string) bool {
	for _, r := range word {
		if !strconv.IsPrint(r) || r == utf8.RuneError || r == '\\' || strings.ContainsRune(specials, r) {
			return false
		}
	}
	return true
}

// oneLine replaces bytes that would break a line, one for one, so that offsets stay
// the same.
func oneLine(src string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\v' || r == '\f' {
			return ' '
		}
		return r
	}, src)
}

// lex cuts a filter into tokens; the last one is tokenEnd.
func lex(src string) ([]token, error) {
	if len(src) > maxFilter {
		head := oneLine(strings.ToValidUTF8(src[:64], "?"))
		return nil, &problem.SyntaxError{
			Src: head + "...", Start: len(head), End: len(head) + 3,
			Msg: "the filter is longer than " + strconv.Itoa(maxFilter) + " bytes", Zh: "过滤条件超过 " + strconv.Itoa(maxFilter) + " 字节",
		}
	}
	if !utf8.ValidString(src) {
		bad := oneLine(strings.ToValidUTF8(src, "?"))
		return nil, &problem.SyntaxError{Src: bad, Start: 0, End: len(bad), Msg: "the filter is not valid UTF-8", Zh: "过滤条件不是有效的 UTF-8"}
	}
	l := lexer{src: oneLine(src)}
	var tokens []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens, nil
		}
	}
}

type lexer struct {
	src string
	at  int
}

func (l *lexer) next() (token, error) {
	for l.at < len(l.src) && (l.src[l.at] == ' ' || l.src[l.at] == '\t') {
		l.at++
	}
	if l.at == len(l.src) {
		return token{kind: tokenEnd, start: l.at, end: l.at}, nil
	}
	// ss drops backslashes, so that text quoted twice for a shell still works: \(
	// sport = :22 \).
	if rest := l.src[l.at:]; len(rest) > 1 && rest[0] == '\\' && strings.ContainsRune("()!<>=&|", rune(rest[1])) {
		l.at++
	}
	if c := l.src[l.at]; c == '"' || c == '\'' {
		return l.quoted(c)
	}
	if kind, length := symbol(l.src[l.at:]); length > 0 {
		return l.take(kind, length), nil
	}
	return l.word()
}

func (l *lexer) take(kind tokenKind, length int) token {
	t := token{kind: kind, text: l.src[l.at : l.at+length], start: l.at, end: l.at + length}
	l.at += length
	return t
}

// symbol returns the symbol at the start of s; length 0 if there is none.
func symbol(s string) (kind tokenKind, length int) {
	if len(s) > 1 {
		switch s[:2] {
		case "==", "!=", "<=", ">=", "!~", "<>":
			return tokenCompare, 2
		case "&&":
			return tokenAnd, 2
		case "||":
			return tokenOr, 2
		}
	}
	switch s[0] {
	case '=', '<', '>', '~':
		return tokenCompare, 1
	case '&':
		return tokenAnd, 1
	case '|':
		return tokenOr, 1
	case '!':
		return tokenNot, 1
	case '(':
		return tokenOpen, 1
	case ')':
		return tokenClose, 1
	case ',':
		return tokenComma, 1
	default:
		return 0, 0
	}
}

// word reads up to the next special character. A backslash makes the next
// character part of the word.
func (l *lexer) word() (token, error) {
	start := l.at
	var b strings.Builder
	for l.at < len(l.src) && !strings.ContainsRune(specials, rune(l.src[l.at])) {
		if l.src[l.at] == '\\' {
			l.at++
			if l.at == len(l.src) {
				break
			}
		}
		b.WriteByte(l.src[l.at])
		l.at++
	}
	text := b.String()
	return token{kind: keyword(text), text: text, start: start, end: l.at}, nil
}

// keyword returns the kind of an unquoted word.
func keyword(word string) tokenKind {
	switch strings.ToLower(word) {
	case "and":
		return tokenAnd
	case "or":
		return tokenOr
	case "not":
		return tokenNot
	default:
		return tokenWord
	}
}

// quoted reads text in quotes: '...' as it stands, "..." with Go's escapes.
func (l *lexer) quoted(q byte) (token, error) {
	start := l.at
	end := start + 1
	for end < len(l.src) && l.src[end] != q {
		if q == '"' && l.src[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(l.src) {
		return token{}, &problem.SyntaxError{
			Src: l.src, Start: start, End: len(l.src), Msg: "the quotation does not end", Hint: "close it with " + string(q), Zh: "引号没有闭合", HintZh: "用 " + string(q) + " 闭合",
		}
	}
	l.at = end + 1
	text := l.src[start+1 : end]
	if q == '"' {
		plain, err := strconv.Unquote(l.src[start:l.at])
		if err != nil {
			return token{}, &problem.SyntaxError{
				Src: l.src, Start: start, End: l.at, Msg: "bad escape in quotation", Hint: `use '...' to take it as it stands`, Zh: "引号内的转义不对", HintZh: `用 '...' 可原样书写`,
			}
		}
		text = plain
	}
	return token{kind: tokenQuoted, text: text, start: start, end: l.at}, nil
}
