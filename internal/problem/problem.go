// SPDX-License-Identifier: Apache-2.0

// Package problem defines the kinds of trouble that every layer reports: what is not
// supported, what needs a permission, wrong input with its place, and data that could
// not be read (a gap, which is not an error).
//
// The package does not print.
package problem

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// ErrNotSupported is matched by every [*UnsupportedError].
var ErrNotSupported = New("not supported here", "这里不支持")

// UnsupportedError says that this kernel or this system lacks a feature.
type UnsupportedError struct {
	Feature string // the missing feature, such as "sock_diag"
	Reason  string // why it is missing, in words for the user
	Hint    string // what to do about it; may be empty

	Zh     string // feature and reason as one sentence in Chinese; may be empty
	HintZh string // Hint in Chinese; may be empty
}

func (e *UnsupportedError) Error() string {
	return e.Feature + " is not supported here: " + e.Reason
}

// Chinese is the error in Chinese; names of features stay as they are.
func (e *UnsupportedError) Chinese() string {
	if e.Zh != "" {
		return e.Zh
	}
	return "这里不支持 " + e.Feature + "：" + e.Reason
}

// Is makes errors.Is(err, ErrNotSupported) true.
func (e *UnsupportedError) Is(target error) bool { return target == ErrNotSupported }

// PermissionError says that an operation was refused and what it needs.
type PermissionError struct {
	Op   string   // what was refused, such as "enter network namespace /run/netns/a"
	Need []string // capabilities by name, such as "CAP_SYS_ADMIN"; may be empty
	Err  error    // the system's own error
	Hint string   // the way out; may be empty

	OpZh   string // Op in Chinese; may be empty
	HintZh string // Hint in Chinese; may be empty
}

func (e *PermissionError) Error() string {
	if len(e.Need) == 0 {
		return fmt.Sprintf("%s: %v", visible.Text(e.Op), e.Err)
	}
	return fmt.Sprintf("%s: %v (needs %s)", visible.Text(e.Op), e.Err, strings.Join(e.Need, " and "))
}

// Chinese is the error in Chinese; the system's own words stay as they are.
func (e *PermissionError) Chinese() string {
	op, why := visible.Text(cmp.Or(e.OpZh, e.Op)), Wording(e.Err, true)
	if len(e.Need) == 0 {
		return op + "：" + why
	}
	return op + "：" + why + "（需要 " + strings.Join(e.Need, " 和 ") + "）"
}

func (e *PermissionError) Unwrap() error { return e.Err }

// SyntaxError says that input is wrong at a place.
type SyntaxError struct {
	Src        string // the whole input, on one line
	Start, End int    // byte offsets of the wrong part in Src; Start == End at the end of input
	Msg        string // what is wrong
	Hint       string // the way out; may be empty

	Zh     string // Msg in Chinese; may be empty
	HintZh string // Hint in Chinese; may be empty
}

func (e *SyntaxError) Error() string { return e.Msg }

// Chinese is the error in Chinese.
func (e *SyntaxError) Chinese() string { return cmp.Or(e.Zh, e.Msg) }

// Underlined returns the input, and a second line with carets under the wrong part,
// without a final newline. An invisible character, such as a line feed, is shown as
// an escape, with the carets below the escape.
func (e *SyntaxError) Underlined() string {
	before, wrong, after := visible.Text(e.Src[:e.Start]), visible.Text(e.Src[e.Start:e.End]), visible.Text(e.Src[e.End:])
	width := max(1, utf8.RuneCountInString(wrong))
	return before + wrong + after + "\n" + strings.Repeat(" ", utf8.RuneCountInString(before)) + strings.Repeat("^", width)
}

// InputError says that a whole input (a file, a pipe) cannot be used.
type InputError struct {
	Name string // the file, or "standard input"
	Msg  string // what is wrong with it
	Hint string // the way out; may be empty

	Zh     string // Msg in Chinese; may be empty
	HintZh string // Hint in Chinese; may be empty
}

func (e *InputError) Error() string { return visible.Text(e.Name) + ": " + e.Msg }

// Chinese is the error in Chinese.
func (e *InputError) Chinese() string { return visible.Text(e.Name) + "：" + cmp.Or(e.Zh, e.Msg) }

// UsageError says that a command was called wrongly.
type UsageError struct {
	Msg  string
	Hint string // the way out; may be empty

	Zh     string // Msg in Chinese; may be empty
	HintZh string // Hint in Chinese; may be empty
}

func (e *UsageError) Error() string { return e.Msg }

// Chinese is the error in Chinese.
func (e *UsageError) Chinese() string { return cmp.Or(e.Zh, e.Msg) }
