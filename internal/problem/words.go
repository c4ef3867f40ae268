// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Wording returns the text of an error in a language, "" for nil. An error supplies
// its Chinese text by a method Chinese() string, as all errors of this package do.
// Another error, such as one of the system, stays as it is, except that the errors it
// wraps are in Chinese.
func Wording(err error, chinese bool) string {
	switch {
	case err == nil:
		return ""
	case !chinese:
		return err.Error()
	}
	if speaks, ok := err.(interface{ Chinese() string }); ok {
		return speaks.Chinese()
	}
	var b strings.Builder
	rest := err.Error()
	for _, part := range parts(err) {
		before, after, found := strings.Cut(rest, part.Error())
		if found {
			b.WriteString(before + Wording(part, chinese))
			rest = after
		}
	}
	return b.String() + rest
}

// Lines returns the text of an error, with each joined error on a line of its own.
// Line feeds within an error come from texts of others, and do not start a line.
func Lines(err error, chinese bool) string {
	within := parts(err)
	texts := make([]string, len(within))
	for i, part := range within {
		texts[i] = Wording(part, chinese)
	}
	rest := Wording(err, chinese)
	joined := len(within) > 0 && rest == strings.Join(texts, "\n")
	var b strings.Builder
	for i, part := range within {
		before, after, found := strings.Cut(rest, texts[i])
		switch {
		case !found:
			continue
		case joined && i > 0:
			b.WriteString("\n")
		default:
			b.WriteString(visible.Text(before))
		}
		b.WriteString(Lines(part, chinese))
		rest = after
	}
	return b.String() + visible.Text(rest)
}

// parts returns the errors that an error wraps.
func parts(err error) []error {
	switch e := err.(type) { //nolint:errorlint // this code walks the tree itself
	case *said:
		return parts(e.error)
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return []error{inner}
		}
	}
	return nil
}

// Hint returns what to do about an error, or "".
func Hint(err error, chinese bool) string {
	var (
		usage       *UsageError
		syntax      *SyntaxError
		input       *InputError
		unsupported *UnsupportedError
		permission  *PermissionError
		hinter      interface{ Hint() string }
		hinterZh    interface{ HintChinese() string }
	)
	switch {
	case errors.As(err, &usage) && chinese && usage.HintZh != "":
		return usage.HintZh
	case errors.As(err, &usage):
		return usage.Hint
	case errors.As(err, &permission) && chinese && permission.HintZh != "":
		return permission.HintZh
	case errors.As(err, &permission):
		return permission.Hint
	case errors.As(err, &syntax) && chinese && syntax.HintZh != "":
		return syntax.HintZh
	case errors.As(err, &syntax):
		return syntax.Hint
	case errors.As(err, &input) && chinese && input.HintZh != "":
		return input.HintZh
	case errors.As(err, &input):
		return input.Hint
	case errors.As(err, &unsupported) && chinese && unsupported.HintZh != "":
		return unsupported.HintZh
	case errors.As(err, &unsupported):
		return unsupported.Hint
	case chinese && errors.As(err, &hinterZh):
		return hinterZh.HintChinese()
	case errors.As(err, &hinter):
		return hinter.Hint()
	default:
		return ""
	}
}

// DidYouMean returns a hint in both languages.
func DidYouMean(near ...string) (en, zh string) {
	return "did you mean " + strings.Join(near, " or ") + "?", "是不是 " + strings.Join(near, " 或 ") + "？"
}
