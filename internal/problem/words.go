// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Wording is what an error says, "" of nil. An error has its Chinese in a method
// Chinese() string, as all of this package have. What has none, such as an error of the
// system, reads as it is, with what it wraps in Chinese.
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

// Lines is what is said of an error, each error that was joined to another one
// on a line of its own. Another line feed comes from what others wrote, and makes
// no line.
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

// parts are the errors that an error wraps.
func parts(err error) []error {
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
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
